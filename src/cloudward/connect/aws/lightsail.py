"""Lightsail: machines, databases and addresses for a fixed price."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects
from cloudward.model import Document

SERVICE = Service(
    "lightsail",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/general/latest/gr/lightsail.html",
    title="Amazon Lightsail",
)


@collects(
    "AWS::Lightsail::Instance",
    id="arn",
    calls=(Call("GetInstances", listing=True),),
    fields={
        "InstanceName": "name!",
        "BlueprintId": "blueprintId",
        "BundleId": "bundleId",
        "AddOns": Items("addOns", {"AddOnType": "name", "Status": "status"}),
        "Networking.Ports": Items(
            "networking.ports",
            {
                "FromPort": "fromPort",
                "ToPort": "toPort",
                "Protocol": "protocol",
                "AccessType": Using(lambda access: access.capitalize() if access else None, "accessType"),
                "Cidrs": "cidrs",
                "Ipv6Cidrs": "ipv6Cidrs",
            },
        ),
        "MetadataOptions.HttpTokens": "metadataOptions.httpTokens",
        "Runtime.PublicIpAddress": "publicIpAddress",
        "Runtime.Ipv6Addresses": "ipv6Addresses",
        "Runtime.State": "state.name",
        "Runtime.CreatedAt": "createdAt",
    },
    name="name",
    tags="tags",
    generation="createdAt",
)
def instances(lightsail: Client) -> Iterable[Document]:
    """Machines, with the doors in their firewall."""
    return lightsail.each("GetInstances", "instances")


@collects(
    "AWS::Lightsail::Database",
    id="arn",
    calls=(Call("GetRelationalDatabases", listing=True),),
    fields={
        "RelationalDatabaseName": "name!",
        "RelationalDatabaseBlueprintId": "relationalDatabaseBlueprintId",
        "RelationalDatabaseBundleId": "relationalDatabaseBundleId",
        "MasterDatabaseName": "masterDatabaseName",
        "MasterUsername": "masterUsername",
        "PubliclyAccessible": "publiclyAccessible",
        "BackupRetention": "backupRetentionEnabled",
        "Runtime.Engine": "engine",
        "Runtime.EngineVersion": "engineVersion",
        "Runtime.State": "state",
        "Runtime.CreatedAt": "createdAt",
    },
    name="name",
    tags="tags",
    generation="createdAt",
)
def databases(lightsail: Client) -> Iterable[Document]:
    """Databases; a new password that waits to be set is not read."""
    return lightsail.each("GetRelationalDatabases", "relationalDatabases")


@collects(
    "AWS::Lightsail::StaticIp",
    id="arn",
    calls=(Call("GetStaticIps", listing=True),),
    fields={
        "StaticIpName": "name!",
        "AttachedTo": "attachedTo",
        "Runtime.IpAddress": "ipAddress",
        "Runtime.IsAttached": "isAttached",
    },
    name="name",
)
def static_ips(lightsail: Client) -> Iterable[Document]:
    """Addresses that stay."""
    return lightsail.each("GetStaticIps", "staticIps")
