"""User pools and their apps as moto plays them, and as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Faulty, Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

POOL = "AWS::Cognito::UserPool"
CLIENT = "AWS::Cognito::UserPoolClient"
RISK = {
    "CompromisedCredentialsRiskConfiguration": {
        "EventFilter": ["SIGN_IN"],
        "Actions": {"EventAction": "BLOCK"},
    },
    "AccountTakeoverRiskConfiguration": {"Actions": {"HighAction": {"EventAction": "BLOCK", "Notify": True}}},
}


@pytest.mark.usefixtures("moto")
def test_pool_and_its_apps_have_the_names_of_templates(scan: Scan) -> None:
    client = boto3.client("cognito-idp", region_name="us-east-1")
    strong = {"MinimumLength": 14, "RequireLowercase": True, "RequireUppercase": True}
    pool = client.create_user_pool(
        PoolName="shop",
        Policies={"PasswordPolicy": {**strong, "RequireNumbers": True, "RequireSymbols": False}},
        MfaConfiguration="OPTIONAL",
        DeletionProtection="ACTIVE",
        UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"},
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        UserPoolTags={"team": "red"},
    )["UserPool"]
    app = client.create_user_pool_client(
        UserPoolId=pool["Id"],
        ClientName="web",
        GenerateSecret=True,
        PreventUserExistenceErrors="ENABLED",
        EnableTokenRevocation=True,
    )["UserPoolClient"]
    aws = Faulty(Boto())  # moto has no such call
    aws.record("cognito-idp", "DescribeRiskConfiguration", {"RiskConfiguration": RISK}, forever=True)
    found = scan(aws, services=["cognito-idp"], regions=["us-east-1"])
    one = found.one(POOL)
    p = one.properties
    assert (one.id, one.name, one.tags, one.unread) == (pool["Arn"], "shop", {"team": "red"}, {})
    assert (p["MfaConfiguration"], p["DeletionProtection"]) == ("OPTIONAL", "ACTIVE")
    password = p["Policies"]["PasswordPolicy"]
    assert (password["MinimumLength"], password["RequireUppercase"], password["RequireSymbols"]) == (
        14,
        True,
        False,
    )
    assert p["UserPoolAddOns"]["AdvancedSecurityMode"] == "ENFORCED"
    assert p["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    risk = p["RiskConfiguration"]
    assert risk["CompromisedCredentialsRiskConfiguration"]["Actions"]["EventAction"] == "BLOCK"
    takeover = risk["AccountTakeoverRiskConfiguration"]["Actions"]
    assert (takeover["HighAction"]["EventAction"], takeover["LowAction"]["EventAction"]) == ("BLOCK", None)
    assert p["Runtime"]["WebAclArn"] is None
    web = found.one(CLIENT)
    assert (web.name, web.properties["UserPoolId"], web.unread) == ("web", pool["Id"], {})
    assert web.properties["PreventUserExistenceErrors"] == "ENABLED"
    assert web.properties["EnableTokenRevocation"] is True
    assert app["ClientSecret"] not in repr(web)


def one_pool(replay: Replay) -> None:
    replay.record("cognito-idp", "ListUserPools", {"UserPools": [{"Id": "us-east-1_1", "Name": "shop"}]})
    replay.record("cognito-idp", "DescribeUserPool", {"UserPool": {"Id": "us-east-1_1", "Policies": {}}})
    replay.record("wafv2", "GetWebACLForResource", {})
    replay.record("cognito-idp", "ListUserPoolClients", {"UserPoolClients": []})


def test_pool_without_threat_protection_blocks_nothing(replay: Replay, scan: Scan) -> None:
    one_pool(replay)
    replay.record(
        "cognito-idp", "DescribeRiskConfiguration", refused("UserPoolAddOnNotEnabledException", status=400)
    )
    pool = scan(replay, services=["cognito-idp"]).one(POOL)
    risk = pool.properties["RiskConfiguration"]
    assert pool.unread == {}
    assert risk["CompromisedCredentialsRiskConfiguration"] == {
        "EventFilter": [],
        "Actions": {"EventAction": None},
    }
    assert pool.properties["UserPoolAddOns"]["AdvancedSecurityMode"] == "OFF"
    assert (pool.properties["MfaConfiguration"], pool.properties["DeletionProtection"]) == ("OFF", "INACTIVE")


def test_denied_risks_are_unread_not_none(replay: Replay, scan: Scan) -> None:
    one_pool(replay)
    replay.record("cognito-idp", "DescribeRiskConfiguration", refused("AccessDeniedException", status=400))
    unread = scan(replay, services=["cognito-idp"]).one(POOL).unread
    path = "RiskConfiguration.CompromisedCredentialsRiskConfiguration.Actions.EventAction"
    assert unread[path].call == "cognito-idp:DescribeRiskConfiguration"


def test_pools_are_listed_once_for_both(replay: Replay, scan: Scan) -> None:
    one_pool(replay)
    replay.record("cognito-idp", "DescribeRiskConfiguration", {"RiskConfiguration": {}})
    scan(replay, services=["cognito-idp"])
    assert replay.count()["ListUserPools"] == 1


def test_app_of_old_revokes_nothing(replay: Replay, scan: Scan) -> None:
    pools = {"UserPools": [{"Id": "us-east-1_1", "Name": "shop"}]}
    app = {"ClientId": "1", "ClientName": "web", "UserPoolId": "us-east-1_1"}
    replay.record("cognito-idp", "ListUserPools", pools)
    replay.record("cognito-idp", "ListUserPoolClients", {"UserPoolClients": [app]})
    replay.record(
        "cognito-idp", "DescribeUserPoolClient", {"UserPoolClient": {**app, "ClientSecret": "canary"}}
    )
    found = scan(replay, services=["cognito-idp"]).one(CLIENT)
    p = found.properties
    assert (p["EnableTokenRevocation"], p["PreventUserExistenceErrors"]) == (False, "LEGACY")
    assert "canary" not in repr(found)
