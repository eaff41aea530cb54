"""Stages of REST APIs as moto plays them, and as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

STAGE = "AWS::ApiGateway::Stage"


@pytest.mark.usefixtures("moto")
def test_api_is_a_resource(scan: Scan) -> None:
    made = boto3.client("apigateway", region_name="us-east-1").create_rest_api(
        name="shop", tags={"team": "red"}
    )
    found = scan(Boto(), services=["apigateway"], regions=["us-east-1"]).one("AWS::ApiGateway::RestApi")
    assert (found.id, found.tags) == (
        f"arn:aws:apigateway:us-east-1::/restapis/{made['id']}",
        {"team": "red"},
    )


@pytest.fixture
def one(replay: Replay) -> Replay:
    settings = {
        "*/*": {"loggingLevel": "ERROR", "cachingEnabled": True},
        "~1pay~1card/POST": {"loggingLevel": "OFF"},
    }
    stage = {"stageName": "prod", "methodSettings": settings, "variables": {"key": "canary"}}
    replay.record("apigateway", "GetRestApis", {"items": [{"id": "a", "name": "shop"}]})
    return replay.record("apigateway", "GetStages", {"item": [stage]})


def test_settings_of_methods_have_the_form_of_templates(one: Replay, scan: Scan) -> None:
    stage = scan(one, services=["apigateway"]).one(STAGE)
    assert stage.id == "arn:aws:apigateway:us-east-1::/restapis/a/stages/prod"
    found = {
        (each["ResourcePath"], each["HttpMethod"]): each["LoggingLevel"]
        for each in stage.properties["MethodSettings"]
    }
    assert found == {("/*", "*"): "ERROR", ("/pay/card", "POST"): "OFF"}
    assert stage.properties["Runtime"]["WebAclArn"] is None


def test_policy_is_read_as_aws_escapes_it(replay: Replay, scan: Scan) -> None:
    policy = '{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":[]}'
    replay.record("apigateway", "GetRestApis", {"items": [{"id": "a", "name": "shop", "policy": policy}]})
    api = scan(replay, services=["apigateway"]).one("AWS::ApiGateway::RestApi")
    assert api.properties["Policy"] == {"Version": "2012-10-17", "Statement": []}


def test_variables_are_sealed_and_the_list_of_apis_is_asked_for_once(one: Replay, scan: Scan) -> None:
    found = scan(one, services=["apigateway"])
    assert "canary" not in repr(found.one(STAGE))
    assert one.count()["GetRestApis"] == 1


def test_denied_stages_make_the_list_incomplete(replay: Replay, scan: Scan) -> None:
    replay.record("apigateway", "GetRestApis", {"items": [{"id": "a", "name": "shop"}]})
    replay.record("apigateway", "GetStages", refused("AccessDeniedException", "no", 403))
    found = scan(replay, services=["apigateway"])
    assert found.row("apigateway:GET", Outcome.DENIED, STAGE).listing
