"""GraphQL APIs as moto plays them, and as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

TYPE = "AWS::AppSync::GraphQLApi"
ROLE = "arn:aws:iam::123456789012:role/logs"


@pytest.mark.usefixtures("moto")
def test_api_has_the_names_of_templates_and_its_keys_are_not_read(scan: Scan) -> None:
    client = boto3.client("appsync", region_name="us-east-1")
    made = client.create_graphql_api(
        name="shop",
        authenticationType="AWS_IAM",
        additionalAuthenticationProviders=[{"authenticationType": "API_KEY"}],
        logConfig={"fieldLogLevel": "ERROR", "cloudWatchLogsRoleArn": ROLE},
        xrayEnabled=True,
        tags={"team": "red"},
    )["graphqlApi"]
    key = client.create_api_key(apiId=made["apiId"])["apiKey"]["id"]
    found = scan(Boto(), services=["appsync"], regions=["us-east-1"]).one(TYPE)
    p = found.properties
    assert (found.id, found.name, found.tags, found.unread) == (made["arn"], "shop", {"team": "red"}, {})
    assert p["AuthenticationType"] == "AWS_IAM"
    assert p["AdditionalAuthenticationProviders"] == [{"AuthenticationType": "API_KEY"}]
    assert (p["LogConfig"]["FieldLogLevel"], p["LogConfig"]["CloudWatchLogsRoleArn"]) == ("ERROR", ROLE)
    assert p["XrayEnabled"] is True
    assert key not in repr(found)


def test_api_without_logs_keeps_none(replay: Replay, scan: Scan) -> None:
    one = {"name": "shop", "arn": "arn:aws:appsync:us-east-1:1:apis/a", "authenticationType": "API_KEY"}
    replay.record("appsync", "ListGraphqlApis", {"graphqlApis": [one]})
    p = scan(replay, services=["appsync"]).one(TYPE).properties
    assert (p["LogConfig"]["FieldLogLevel"], p["AdditionalAuthenticationProviders"]) == ("NONE", [])


def test_denied_apis_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("appsync", "ListGraphqlApis", refused("AccessDeniedException"))
    assert scan(replay, services=["appsync"]).row("appsync:ListGraphqlApis", Outcome.DENIED).listing
