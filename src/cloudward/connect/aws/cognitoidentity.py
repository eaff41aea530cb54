"""Cognito: identity pools, which give an application's users credentials of AWS."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "cognito-identity",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html",
    title="Amazon Cognito identity pools",
)


@collects(
    "AWS::Cognito::IdentityPool",
    id="arn:{partition}:cognito-identity:{region}:{account}:identitypool/{IdentityPoolId}",
    calls=(
        Call("ListIdentityPools", listing=True, params={"MaxResults": 60}),
        Call(
            "DescribeIdentityPool",
            into="Pool",
            by={"IdentityPoolId": "IdentityPoolId"},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "IdentityPoolName": "IdentityPoolName!",
        "AllowUnauthenticatedIdentities": "Pool.AllowUnauthenticatedIdentities!",
        "AllowClassicFlow": "Pool.AllowClassicFlow",
        "CognitoIdentityProviders": Items(
            "Pool.CognitoIdentityProviders", same("ProviderName", "ServerSideTokenCheck")
        ),
        **same("OpenIdConnectProviderARNs", "SamlProviderARNs", of="Pool"),
        "Runtime.IdentityPoolId": "IdentityPoolId",
    },
    name="IdentityPoolName",
    tags="Pool.IdentityPoolTags",
)
def pools(cognito: Client) -> Iterable[Document]:
    """Identity pools."""
    return cognito.each("ListIdentityPools", "IdentityPools")
