"""HTTP and WebSocket APIs as moto plays them, and faults as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

STAGE, ROUTE = "AWS::ApiGatewayV2::Stage", "AWS::ApiGatewayV2::Route"


@pytest.mark.usefixtures("moto")
def test_stages_and_routes_know_their_api(scan: Scan) -> None:
    client = boto3.client("apigatewayv2", region_name="us-east-1")
    id = client.create_api(Name="shop", ProtocolType="HTTP", Tags={"team": "red"})["ApiId"]
    logs = {"DestinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:api", "Format": "f"}
    client.create_stage(ApiId=id, StageName="prod", AccessLogSettings=logs, StageVariables={"k": "canary"})
    client.create_route(ApiId=id, RouteKey="GET /pay", AuthorizationType="NONE")
    found = scan(Boto(), services=["apigatewayv2"], regions=["us-east-1"])
    assert found.one("AWS::ApiGatewayV2::Api").tags == {"team": "red"}
    stage, route = found.one(STAGE), found.one(ROUTE)
    assert stage.id == f"arn:aws:apigateway:us-east-1::/apis/{id}/stages/prod"
    assert stage.properties["AccessLogSettings"] == logs
    assert stage.properties["Runtime"]["ProtocolType"] == "HTTP"
    assert (route.properties["RouteKey"], route.properties["AuthorizationType"]) == ("GET /pay", "NONE")
    assert "canary" not in repr(stage)


def test_denied_routes_make_their_list_incomplete(replay: Replay, scan: Scan) -> None:
    api = {"ApiId": "a", "Name": "chat", "ProtocolType": "WEBSOCKET"}
    replay.record("apigatewayv2", "GetApis", {"Items": [api]})
    replay.record("apigatewayv2", "GetStages", {"Items": [{"StageName": "prod"}]})
    replay.record("apigatewayv2", "GetRoutes", refused("AccessDeniedException", "no", 403))
    found = scan(replay, services=["apigatewayv2"])
    assert found.row("apigateway:GET", Outcome.DENIED, ROUTE).listing
    stage = found.one(STAGE)
    assert stage.properties["DefaultRouteSettings"]["LoggingLevel"] == "OFF"
    assert replay.count()["GetApis"] == 1


def test_empty_tls_configuration_is_one(replay: Replay, scan: Scan) -> None:
    api = {"ApiId": "a1", "Name": "shop", "ProtocolType": "HTTP"}
    private = {"IntegrationType": "HTTP_PROXY", "ConnectionType": "VPC_LINK"}
    items = [{"IntegrationId": "i1", **private, "TlsConfig": {}}, {"IntegrationId": "i2", **private}]
    replay.record("apigatewayv2", "GetApis", {"Items": [api]}, forever=True)
    replay.record("apigatewayv2", "GetIntegrations", {"Items": items})
    found = scan(replay, services=["apigatewayv2"])
    tls = {
        each.name: each.properties["Runtime"]["Tls"] for each in found.of("AWS::ApiGatewayV2::Integration")
    }
    assert tls == {"i1": True, "i2": False}
