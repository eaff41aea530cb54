"""AWS Glue's Data Catalog: databases, connections to data, its keys, and who may read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Using, collects, same
from cloudward.connect.aws.glue import MANY, TAGS, with_arn
from cloudward.connect.aws.glue import SERVICE as SERVICE
from cloudward.model import Document


def _enforces_tls(properties: Mapping[str, str] | None) -> bool:
    return (properties or {}).get("JDBC_ENFORCE_SSL", "").lower() == "true"


@collects(
    "AWS::Glue::Database",
    id="Arn",
    calls=(Call("GetDatabases", listing=True, params={"MaxResults": 100}),),
    fields={
        "CatalogId": "CatalogId",
        **same("Name!", "Description", "LocationUri", into="DatabaseInput"),
        "DatabaseInput.TargetDatabase.CatalogId": "TargetDatabase.CatalogId",
        "DatabaseInput.TargetDatabase.DatabaseName": "TargetDatabase.DatabaseName",
        "Runtime.CreateTime": "CreateTime",
    },
    name="Name",
    generation="CreateTime",
)
def databases(glue: Client) -> Iterable[Document]:
    """Databases of the account's Data Catalog."""
    return with_arn(glue, "database", glue.each("GetDatabases", "DatabaseList"), "Name")


@collects(
    "AWS::Glue::Connection",
    id="Arn",
    calls=(Call("GetConnections", listing=True, params={"HidePassword": True, **MANY}), TAGS),
    fields={
        **same("Name!", "Description", "ConnectionType!", "ConnectionProperties", into="ConnectionInput"),
        **same(
            "SubnetId",
            "SecurityGroupIdList",
            of="PhysicalConnectionRequirements",
            into="ConnectionInput.PhysicalConnectionRequirements",
        ),
        **same(
            "AuthenticationType",
            "SecretArn",
            of="AuthenticationConfiguration",
            into="ConnectionInput.AuthenticationConfiguration",
        ),
        "Runtime.EnforcesTls": Using(_enforces_tls, "ConnectionProperties"),
        "Runtime.CreationTime": "CreationTime",
    },
    name="Name",
    tags="Tagging.Tags!",
    generation="CreationTime",
)
def connections(glue: Client) -> Iterable[Document]:
    """Connections to databases and other stores; their passwords are not asked for."""
    return with_arn(glue, "connection", glue.each("GetConnections", "ConnectionList"), "Name")


@collects(
    "AWS::Glue::DataCatalogEncryptionSettings",
    calls=(Call("GetDataCatalogEncryptionSettings", into="Answer", listing=True),),
    fields={
        **same(
            "EncryptionAtRest.CatalogEncryptionMode",
            "EncryptionAtRest.SseAwsKmsKeyId",
            "ConnectionPasswordEncryption.ReturnConnectionPasswordEncrypted",
            of="Answer.DataCatalogEncryptionSettings!",
            into="DataCatalogEncryptionSettings",
        ),
        "DataCatalogEncryptionSettings.ConnectionPasswordEncryption.KmsKeyId": (
            "Answer.DataCatalogEncryptionSettings!.ConnectionPasswordEncryption.AwsKmsKeyId"
        ),
    },
)
def encryption(glue: Client) -> Iterable[Document]:
    """How the Data Catalog of a region is encrypted."""
    yield {"Answer": glue.call("GetDataCatalogEncryptionSettings")}


@collects(
    "AWS::Glue::ResourcePolicy",
    calls=(
        Call(
            "GetResourcePolicy",
            into="Answer",
            listing=True,
            absent={"EntityNotFoundException": {"PolicyInJson": None}},
        ),
    ),
    fields={"PolicyInJson": "Answer.PolicyInJson!"},
)
def resource_policy(glue: Client) -> Iterable[Document]:
    """Who may use the Data Catalog of a region."""
    yield {"Answer": glue.call("GetResourcePolicy")}
