"""Identity pools as moto plays them, and as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

TYPE = "AWS::Cognito::IdentityPool"
ID = "us-east-1:6a1f2b3c-0000-4000-8000-000000000000"


@pytest.mark.usefixtures("moto")
def test_pool_says_whether_it_lets_guests_in(scan: Scan) -> None:
    client = boto3.client("cognito-identity", region_name="us-east-1")
    for name, guests in (("open", True), ("closed", False)):
        client.create_identity_pool(IdentityPoolName=name, AllowUnauthenticatedIdentities=guests)
    found = scan(Boto(), services=["cognito-identity"], regions=["us-east-1"])
    allowed = {one.name: one.properties["AllowUnauthenticatedIdentities"] for one in found.of(TYPE)}
    assert allowed == {"open": True, "closed": False}
    assert found.one(TYPE, "open").unread == {}


def test_pool_has_tags_and_an_arn(replay: Replay, scan: Scan) -> None:
    listed = {"IdentityPoolId": ID, "IdentityPoolName": "shop"}
    replay.record("cognito-identity", "ListIdentityPools", {"IdentityPools": [listed]})
    pool = {**listed, "AllowUnauthenticatedIdentities": False, "IdentityPoolTags": {"team": "red"}}
    replay.record("cognito-identity", "DescribeIdentityPool", pool)
    found = scan(replay, services=["cognito-identity"]).one(TYPE)
    arn = f"arn:aws:cognito-identity:us-east-1:123456789012:identitypool/{ID}"
    assert (found.id, found.name, found.tags) == (arn, "shop", {"team": "red"})


def test_denied_pool_does_not_say_whether_it_lets_guests_in(replay: Replay, scan: Scan) -> None:
    listed = {"IdentityPoolId": ID, "IdentityPoolName": "shop"}
    replay.record("cognito-identity", "ListIdentityPools", {"IdentityPools": [listed]})
    replay.record("cognito-identity", "DescribeIdentityPool", refused("NotAuthorizedException", status=400))
    found = scan(replay, services=["cognito-identity"]).one(TYPE)
    assert found.unread["AllowUnauthenticatedIdentities"].call == "cognito-identity:DescribeIdentityPool"
