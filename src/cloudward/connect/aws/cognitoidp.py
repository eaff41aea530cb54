"""Cognito: user pools, in which an application's users sign in, and the apps that ask them."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "cognito-idp",
    scope="regional",
    quota=15,
    source="https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html",
    title="Amazon Cognito user pools",
)

POOLS = Call("ListUserPools", listing=True, params={"MaxResults": 60}, once=True)
_POOL = "Pool.UserPool!"
_RISK = "Risk.RiskConfiguration!"


@collects(
    "AWS::Cognito::UserPool",
    id="Arn",
    calls=(
        POOLS,
        Call("DescribeUserPool", into="Pool", by={"UserPoolId": "Id"}, gone=("ResourceNotFoundException",)),
        Call(
            "DescribeRiskConfiguration",
            into="Risk",
            by={"UserPoolId": "Id"},
            extra=True,
            absent={"UserPoolAddOnNotEnabledException": {"RiskConfiguration": None}},
            gone=("ResourceNotFoundException",),
        ),
        Call(
            "GetWebACLForResource",
            into="Firewall",
            service="wafv2",
            by={"ResourceArn": "Arn"},
            extra=True,
        ),
    ),
    fields={
        "UserPoolName": "Name!",
        **same("MfaConfiguration", "DeletionProtection", "UserPoolTier", of=_POOL),
        **same("UsernameAttributes", "AliasAttributes", "AutoVerifiedAttributes", of=_POOL),
        "AdminCreateUserConfig.AllowAdminCreateUserOnly": (
            f"{_POOL}.AdminCreateUserConfig.AllowAdminCreateUserOnly"
        ),
        "AccountRecoverySetting.RecoveryMechanisms": Items(
            f"{_POOL}.AccountRecoverySetting.RecoveryMechanisms", same("Name!", "Priority")
        ),
        **same(
            "MinimumLength", "RequireLowercase", "RequireUppercase", "RequireNumbers", "RequireSymbols",
            "PasswordHistorySize", "TemporaryPasswordValidityDays",
            of=f"{_POOL}.Policies.PasswordPolicy", into="Policies.PasswordPolicy",
        ),
        "Policies.SignInPolicy.AllowedFirstAuthFactors": (
            f"{_POOL}.Policies.SignInPolicy.AllowedFirstAuthFactors"
        ),
        **same(
            "AdvancedSecurityMode", "AdvancedSecurityAdditionalFlows.CustomAuthMode",
            of=f"{_POOL}.UserPoolAddOns", into="UserPoolAddOns",
        ),
        **same(
            "EventFilter", "Actions.EventAction",
            of=f"{_RISK}.CompromisedCredentialsRiskConfiguration",
            into="RiskConfiguration.CompromisedCredentialsRiskConfiguration",
        ),
        **same(
            "LowAction.EventAction", "MediumAction.EventAction", "HighAction.EventAction",
            of=f"{_RISK}.AccountTakeoverRiskConfiguration.Actions",
            into="RiskConfiguration.AccountTakeoverRiskConfiguration.Actions",
        ),
        "Runtime.Id": "Id",
        "Runtime.WebAclArn": "Firewall.WebACL.ARN",
        "Runtime.EstimatedNumberOfUsers": f"{_POOL}.EstimatedNumberOfUsers",
        "Runtime.CreationDate": "CreationDate",
    },
    name="Name",
    tags=f"{_POOL}.UserPoolTags",
    generation="CreationDate",
)  # fmt: skip
def pools(cognito: Client) -> Iterable[Document]:
    """User pools."""
    arn = f"arn:{cognito.partition}:cognito-idp:{cognito.region}:{cognito.account}:userpool/"
    for pool in cognito.each("ListUserPools", "UserPools"):
        yield {**pool, "Arn": f"{arn}{pool['Id']}"}


@collects(
    "AWS::Cognito::UserPoolClient",
    id="arn:{partition}:cognito-idp:{region}:{account}:userpool/{UserPoolId}/client/{ClientId}",
    calls=(
        POOLS,
        Call("ListUserPoolClients", listing=True, params={"MaxResults": 60}),
        Call(
            "DescribeUserPoolClient",
            into="Answer",
            by={"UserPoolId": "UserPoolId", "ClientId": "ClientId"},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        **same("UserPoolId!", "ClientName"),
        **same(
            "PreventUserExistenceErrors", "EnableTokenRevocation", "ExplicitAuthFlows", "AllowedOAuthFlows",
            "AllowedOAuthScopes", "AllowedOAuthFlowsUserPoolClient", "CallbackURLs", "LogoutURLs",
            "SupportedIdentityProviders", "RefreshTokenValidity", "AccessTokenValidity", "IdTokenValidity",
            of="Answer.UserPoolClient!",
        ),
        "Runtime.ClientId": "ClientId",
        "Runtime.CreationDate": "Answer.UserPoolClient!.CreationDate",
    },
    name="ClientName",
)  # fmt: skip
def clients(cognito: Client) -> Iterable[Document]:
    """Apps that sign users of a pool in; their secrets are not kept."""
    for pool in cognito.each("ListUserPools", "UserPools"):
        yield from cognito.each("ListUserPoolClients", "UserPoolClients", UserPoolId=pool["Id"])
