"""REST APIs of API Gateway."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "apigateway",
    scope="regional",
    title="Amazon API Gateway (REST)",
    quota=10,
    burst=40,
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
)

GET = "apigateway:GET"
"""Every read is this one permission."""


def _policy(text: str | None) -> str | None:
    """AWS writes this JSON as it would stand within a JSON text: with a backslash before each quote."""
    return str(json.loads(f'"{text}"')) if text and text.startswith('{\\"') else text


def _method_settings(settings: Mapping[str, Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """The API has a map by `path/METHOD` with `~1` for a slash, templates a list."""
    return [_method_setting(key, each) for key, each in (settings or {}).items()]


def _method_setting(key: str, setting: Mapping[str, Any]) -> dict[str, Any]:
    path, _, method = key.rpartition("/")
    return {
        "ResourcePath": "/*" if path == "*" else "/" + path.replace("~1", "/").lstrip("/"),
        "HttpMethod": method,
        "LoggingLevel": setting.get("loggingLevel"),
        "DataTraceEnabled": setting.get("dataTraceEnabled"),
        "MetricsEnabled": setting.get("metricsEnabled"),
        "CachingEnabled": setting.get("cachingEnabled"),
        "CacheDataEncrypted": setting.get("cacheDataEncrypted"),
    }


@collects(
    "AWS::ApiGateway::RestApi",
    id="arn:{partition}:apigateway:{region}::/restapis/{id}",
    calls=(Call("GetRestApis", listing=True, once=True, action=GET, params={"limit": 500}),),
    fields={
        "Name": "name!",
        "Description": "description",
        "EndpointConfiguration.Types": "endpointConfiguration.types",
        "Policy": Using(_policy, "policy"),
        "DisableExecuteApiEndpoint": "disableExecuteApiEndpoint",
        "Runtime.Id": "id!",
        "Runtime.CreatedDate": "createdDate",
    },
    name="name",
    tags="tags",
    generation="createdDate",
)
def rest_apis(apigateway: Client) -> Iterable[Document]:
    """REST APIs."""
    return apigateway.each("GetRestApis", "items")


@collects(
    "AWS::ApiGateway::Stage",
    id="arn:{partition}:apigateway:{region}::/restapis/{RestApiId}/stages/{stageName}",
    calls=(
        Call("GetRestApis", listing=True, once=True, action=GET, params={"limit": 500}),
        Call("GetStages", listing=True, action=GET),
    ),
    fields={
        "StageName": "stageName!",
        **same("RestApiId!"),
        "ClientCertificateId": "clientCertificateId",
        "TracingEnabled": "tracingEnabled",
        "CacheClusterEnabled": "cacheClusterEnabled",
        "MethodSettings": Using(_method_settings, "methodSettings"),
        "AccessLogSetting.DestinationArn": "accessLogSettings.destinationArn",
        "Variables": "variables",
        "Runtime.WebAclArn": "webAclArn",
        "Runtime.CreatedDate": "createdDate",
        "Runtime.LastUpdatedDate": "lastUpdatedDate",
    },
    name="stageName",
    tags="tags",
    generation="createdDate",
)
def stages(apigateway: Client) -> Iterator[Document]:
    """What of a REST API is in use."""
    for api in apigateway.each("GetRestApis", "items"):
        for stage in apigateway.each("GetStages", "item", restApiId=api["id"]):
            yield {**stage, "RestApiId": api["id"]}
