"""Runtimes, gateways and browsers of agents, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Reason

from .conftest import Scan

SERVICE = "bedrock-agentcore-control"
ARN = "arn:aws:bedrock-agentcore:us-east-1:123456789012"


def test_runtime_tells_its_network_and_no_environment(replay: Replay, scan: Scan) -> None:
    one = {"agentRuntimeArn": f"{ARN}:runtime/r-1", "agentRuntimeId": "r-1", "agentRuntimeName": "shop"}
    network = {"networkMode": "PUBLIC"}
    whole = {**one, "networkConfiguration": network, "environmentVariables": {"KEY": "canary"}}
    replay.record(SERVICE, "ListAgentRuntimes", {"agentRuntimes": [one]})
    replay.record(SERVICE, "GetAgentRuntime", whole)
    found = scan(replay, services=[SERVICE]).one("AWS::BedrockAgentCore::Runtime")
    assert (found.name, found.properties["NetworkConfiguration"]) == ("shop", {"NetworkMode": "PUBLIC"})
    assert "canary" not in repr(found)


def test_gateway_tells_whom_it_lets_in(replay: Replay, scan: Scan) -> None:
    replay.record(
        SERVICE, "ListGateways", {"items": [{"gatewayId": "g-1", "name": "tools", "authorizerType": "NONE"}]}
    )
    found = scan(replay, services=[SERVICE]).one("AWS::BedrockAgentCore::Gateway")
    assert (found.id, found.properties["AuthorizerType"]) == (f"{ARN}:gateway/g-1", "NONE")


def test_only_browsers_of_ones_own_are_asked_for(replay: Replay, scan: Scan) -> None:
    one = {"browserId": "b-1", "browserArn": f"{ARN}:browser-custom/b-1", "name": "web"}
    replay.record(SERVICE, "ListBrowsers", {"browserSummaries": [one]}, type="CUSTOM")
    replay.record(SERVICE, "GetBrowser", {**one, "networkConfiguration": {"networkMode": "VPC"}})
    p = scan(replay, services=[SERVICE]).one("AWS::BedrockAgentCore::BrowserCustom").properties
    assert (p["NetworkConfiguration"]["NetworkMode"], p["RecordingConfig"]["Enabled"]) == ("VPC", False)


def test_browser_that_is_not_shown_leaves_its_network_open(replay: Replay, scan: Scan) -> None:
    one = {"browserId": "b-1", "browserArn": f"{ARN}:browser-custom/b-1", "name": "web"}
    replay.record(SERVICE, "ListBrowsers", {"browserSummaries": [one]})
    replay.record(SERVICE, "GetBrowser", refused("AccessDeniedException", status=403))
    browser = scan(replay, services=[SERVICE]).one("AWS::BedrockAgentCore::BrowserCustom")
    assert browser.unread["NetworkConfiguration.NetworkMode"].reason is Reason.DENIED
