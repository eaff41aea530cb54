"""HTTP and WebSocket APIs of API Gateway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "apigatewayv2",
    prefix="apigateway",
    scope="regional",
    title="Amazon API Gateway (HTTP and WebSocket)",
    quota=10,
    burst=40,
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
)

GET = "apigateway:GET"
"""Every read is this one permission."""
APIS = Call("GetApis", listing=True, once=True, action=GET, params={"MaxResults": "500"})


@collects(
    "AWS::ApiGatewayV2::Api",
    id="arn:{partition}:apigateway:{region}::/apis/{ApiId}",
    calls=(APIS,),
    fields={
        **same("Name!", "ProtocolType!", "Description", "DisableExecuteApiEndpoint", "CorsConfiguration"),
        **same("ApiId!", "ApiEndpoint", "CreatedDate", into="Runtime"),
    },
    name="Name",
    tags="Tags",
    generation="CreatedDate",
)
def apis(apigatewayv2: Client) -> Iterable[Document]:
    """HTTP and WebSocket APIs."""
    return apigatewayv2.each("GetApis", "Items")


@collects(
    "AWS::ApiGatewayV2::Stage",
    id="arn:{partition}:apigateway:{region}::/apis/{ApiId}/stages/{StageName}",
    calls=(APIS, Call("GetStages", listing=True, action=GET, params={"MaxResults": "500"})),
    fields={
        **same("StageName!", "ApiId!", "AutoDeploy", "ClientCertificateId", "StageVariables"),
        **same("DestinationArn", "Format", of="AccessLogSettings", into="AccessLogSettings"),
        **same(
            "LoggingLevel", "DataTraceEnabled", of="DefaultRouteSettings", into="DefaultRouteSettings"
        ),
        **same("ProtocolType!", "CreatedDate", into="Runtime"),
    },
    name="StageName",
    tags="Tags",
    generation="CreatedDate",
)  # fmt: skip
def stages(apigatewayv2: Client) -> Iterator[Document]:
    """What of an API is in use."""
    for api in apigatewayv2.each("GetApis", "Items"):
        for stage in apigatewayv2.each("GetStages", "Items", ApiId=api["ApiId"]):
            yield {**stage, **_of(api)}


def _of(api: Document) -> Document:
    return {"ApiId": api["ApiId"], "ProtocolType": api["ProtocolType"]}


@collects(
    "AWS::ApiGatewayV2::Route",
    id="arn:{partition}:apigateway:{region}::/apis/{ApiId}/routes/{RouteId}",
    calls=(APIS, Call("GetRoutes", listing=True, action=GET, params={"MaxResults": "500"})),
    fields={
        **same("RouteKey!", "ApiId!", "AuthorizationType", "AuthorizerId", "ApiKeyRequired", "Target"),
        **same("RouteId!", "ProtocolType!", into="Runtime"),
    },
    name="RouteKey",
)
def routes(apigatewayv2: Client) -> Iterator[Document]:
    """Which requests an API takes, and from whom."""
    for api in apigatewayv2.each("GetApis", "Items"):
        for route in apigatewayv2.each("GetRoutes", "Items", ApiId=api["ApiId"]):
            yield {**route, **_of(api)}


@collects(
    "AWS::ApiGatewayV2::Integration",
    id="arn:{partition}:apigateway:{region}::/apis/{ApiId}/integrations/{IntegrationId}",
    calls=(APIS, Call("GetIntegrations", listing=True, action=GET, params={"MaxResults": "500"})),
    fields={
        **same("ApiId!", "IntegrationType", "ConnectionType", "ConnectionId", "IntegrationUri"),
        "TlsConfig.ServerNameToVerify": "TlsConfig.ServerNameToVerify",
        "Runtime.Tls": Using(lambda tls: tls is not None, "TlsConfig"),
        **same("IntegrationId!", "ProtocolType!", into="Runtime"),
    },
    name="IntegrationId",
)
def integrations(apigatewayv2: Client) -> Iterator[Document]:
    """Where an API sends its requests."""
    for api in apigatewayv2.each("GetApis", "Items"):
        for integration in apigatewayv2.each("GetIntegrations", "Items", ApiId=api["ApiId"]):
            yield {**integration, **_of(api)}
