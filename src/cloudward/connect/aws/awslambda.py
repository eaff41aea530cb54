"""Functions: who may call them, by which doors, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, details, same
from cloudward.model import Document

SERVICE = Service(
    "lambda",
    scope="regional",
    quota=15,
    source="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests",
    title="AWS Lambda",
)


def _arns(layers: Sequence[Mapping[str, Any]] | None) -> list[str]:
    return [layer["Arn"] for layer in layers or ()]


@collects(
    "AWS::Lambda::Function",
    id="FunctionArn",
    calls=(
        Call("ListFunctions", listing=True),
        *details(
            Call(
                "GetPolicy",
                into="Resource",
                extra=True,
                absent={"ResourceNotFoundException": {"Policy": None}},
            ),
            Call("ListFunctionUrlConfigs", into="Url", extra=True, gone=("ResourceNotFoundException",)),
            by={"FunctionName": "FunctionName"},
        ),
    ),
    fields={
        **same("FunctionName!", "Description", "Runtime", "PackageType", "Handler", "Role", "Architectures"),
        **same("MemorySize", "Timeout"),
        "EphemeralStorage.Size": "EphemeralStorage.Size",
        "KmsKeyArn": "KMSKeyArn",
        "Environment.Variables": "Environment.Variables",
        "DeadLetterConfig.TargetArn": "DeadLetterConfig.TargetArn",
        "TracingConfig.Mode": "TracingConfig.Mode",
        **same("SubnetIds", "SecurityGroupIds", of="VpcConfig", into="VpcConfig"),
        "Layers": Using(_arns, "Layers"),
        "SnapStart.ApplyOn": "SnapStart.ApplyOn",
        **same("LogGroup", "LogFormat", of="LoggingConfig", into="LoggingConfig"),
        "Policy": "Resource.Policy",
        "Urls": Items(
            "Url.FunctionUrlConfigs",
            {
                **same("FunctionUrl", "FunctionArn", "AuthType", "InvokeMode"),
                **same("AllowCredentials", "AllowOrigins", "AllowMethods", of="Cors", into="Cors"),
                **same("AllowHeaders", "ExposeHeaders", "MaxAge", of="Cors", into="Cors"),
            },
        ),
    },
    name="FunctionName",
)
def functions(awslambda: Client) -> Iterable[Document]:
    """Functions; versions and aliases count as the function."""
    return awslambda.each("ListFunctions", "Functions")
