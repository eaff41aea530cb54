"""AppSync: GraphQL APIs, how they let people in and what they log."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, collects
from cloudward.model import Document

SERVICE = Service(
    "appsync",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/general/latest/gr/appsync.html",
    title="AWS AppSync",
)


@collects(
    "AWS::AppSync::GraphQLApi",
    id="arn",
    calls=(Call("ListGraphqlApis", listing=True, params={"maxResults": 25}),),
    fields={
        "Name": "name!",
        "ApiType": "apiType",
        "AuthenticationType": "authenticationType!",
        "AdditionalAuthenticationProviders": Items(
            "additionalAuthenticationProviders", {"AuthenticationType": "authenticationType!"}
        ),
        "LogConfig.FieldLogLevel": "logConfig.fieldLogLevel",
        "LogConfig.CloudWatchLogsRoleArn": "logConfig.cloudWatchLogsRoleArn",
        "LogConfig.ExcludeVerboseContent": "logConfig.excludeVerboseContent",
        "XrayEnabled": "xrayEnabled",
        "Visibility": "visibility",
        "IntrospectionConfig": "introspectionConfig",
        "Runtime.ApiId": "apiId",
        "Runtime.WafWebAclArn": "wafWebAclArn",
    },
    name="name",
    tags="tags",
)
def apis(appsync: Client) -> Iterable[Document]:
    """GraphQL APIs; their keys are not read."""
    return appsync.each("ListGraphqlApis", "graphqlApis")
