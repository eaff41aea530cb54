"""Search domains as moto plays them, and as recorded."""

from __future__ import annotations

from typing import Any

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:search"
TYPE = "AWS::OpenSearchService::Domain"


def names(*all: str) -> dict[str, Any]:
    return {"DomainNames": [{"DomainName": name} for name in all]}


def domain(name: str, **settings: Any) -> dict[str, Any]:
    return {"DomainName": name, "ARN": f"arn:aws:es:us-east-1:123456789012:domain/{name}", **settings}


def test_domain_has_the_names_of_templates(moto: None, scan: Scan) -> None:
    client = boto3.client("opensearch")
    client.create_domain(
        DomainName="logs",
        EncryptionAtRestOptions={"Enabled": True},
        NodeToNodeEncryptionOptions={"Enabled": True},
        DomainEndpointOptions={"EnforceHTTPS": True},
        LogPublishingOptions={"AUDIT_LOGS": {"CloudWatchLogsLogGroupArn": GROUP, "Enabled": True}},
        TagList=[{"Key": "team", "Value": "red"}],
    )
    found = scan(Boto(), services=["opensearch"], regions=["us-east-1"]).one(TYPE)
    assert (found.name, found.tags, found.unread) == ("logs", {"team": "red"}, {})
    p = found.properties
    assert p["EncryptionAtRestOptions"]["Enabled"] is True
    assert p["NodeToNodeEncryptionOptions"]["Enabled"] is True
    assert p["DomainEndpointOptions"]["EnforceHTTPS"] is True
    assert p["LogPublishingOptions"]["AUDIT_LOGS"]["Enabled"] is True
    assert p["VPCOptions"]["SubnetIds"] == []


def test_domains_are_described_five_at_a_time(replay: Replay, scan: Scan) -> None:
    replay.record("opensearch", "ListDomainNames", names(*"abcdefg"))
    replay.record("opensearch", "DescribeDomains", {"DomainStatusList": [domain(name) for name in "abcde"]})
    replay.record("opensearch", "DescribeDomains", {"DomainStatusList": [domain("f"), domain("g")]})
    found = scan(replay, services=["opensearch"])
    assert "".join(sorted(one.name for one in found.of(TYPE))) == "abcdefg"
    asked = [params for _, _, operation, params in replay.requests if operation == "DescribeDomains"]
    assert [len(params["DomainNames"]) for params in asked] == [5, 2]


def test_list_is_not_complete_when_the_domains_are_not_described(replay: Replay, scan: Scan) -> None:
    replay.record("opensearch", "ListDomainNames", names("a"))
    replay.record("opensearch", "DescribeDomains", refused("AccessDeniedException", status=403))
    found = scan(replay, services=["opensearch"])
    assert found.of(TYPE) == []
    assert found.row("es:DescribeDomains", Outcome.DENIED).listing


def test_network_and_updates_are_told(replay: Replay, scan: Scan) -> None:
    one = domain(
        "a",
        VPCOptions={"VPCId": "vpc-1", "SubnetIds": ["subnet-1"]},
        ServiceSoftwareOptions={"UpdateAvailable": True},
    )
    replay.record("opensearch", "ListDomainNames", names("a"))
    replay.record("opensearch", "DescribeDomains", {"DomainStatusList": [one]})
    p = scan(replay, services=["opensearch"]).one(TYPE).properties
    assert p["VPCOptions"]["SubnetIds"] == ["subnet-1"]
    assert p["Runtime"]["ServiceSoftwareOptions"]["UpdateAvailable"] is True
