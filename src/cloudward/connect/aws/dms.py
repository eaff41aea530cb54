"""Database Migration Service: the machines that copy databases, and both ends of the way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Fact, Nothing, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "dms",
    scope="regional",
    quota=8,  # the page has a bucket of 200 requests that fills by 8 a second
    source="https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Limits.html",
    title="Database Migration Service",
)


@collects(
    "AWS::DMS::ReplicationInstance",
    id="ReplicationInstanceArn",
    calls=(
        Call("DescribeReplicationInstances", listing=True),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceArn": "ReplicationInstanceArn"},
            extra=True,
            gone=("ResourceNotFoundFault",),
        ),
    ),
    fields={
        **same("ReplicationInstanceIdentifier!", "ReplicationInstanceClass", "EngineVersion", "MultiAZ"),
        **same("PubliclyAccessible", "AutoMinorVersionUpgrade", "KmsKeyId", "AllocatedStorage"),
        "VpcSecurityGroupIds": Using(
            lambda groups: [group["VpcSecurityGroupId"] for group in groups or ()], "VpcSecurityGroups"
        ),
        "ReplicationSubnetGroupIdentifier": "ReplicationSubnetGroup.ReplicationSubnetGroupIdentifier",
        "Runtime.Status": "ReplicationInstanceStatus",
        "Runtime.InstanceCreateTime": "InstanceCreateTime",
    },
    name="ReplicationInstanceIdentifier",
    tags="Tagging.TagList!",
    generation="InstanceCreateTime",
)
def instances(dms: Client) -> Iterable[Document]:
    """Machines that copy databases."""
    return dms.each("DescribeReplicationInstances", "ReplicationInstances")


@collects(
    "AWS::DMS::Endpoint",
    id="EndpointArn",
    calls=(
        Call("DescribeEndpoints", listing=True),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceArn": "EndpointArn"},
            extra=True,
            gone=("ResourceNotFoundFault",),
        ),
    ),
    fields={
        **same("EndpointIdentifier!", "EndpointType", "EngineName", "SslMode", "KmsKeyId", "ServerName"),
        **same("Port", "DatabaseName", "CertificateArn"),
        "NeptuneSettings.IamAuthEnabled": "NeptuneSettings.IamAuthEnabled",
        "MongoDbSettings.AuthType": "MongoDbSettings.AuthType",
        "RedisSettings.SslSecurityProtocol": "RedisSettings.SslSecurityProtocol",
        "Runtime.Status": "Status",
    },
    name="EndpointIdentifier",
    tags="Tagging.TagList!",
)
def endpoints(dms: Client) -> Iterable[Document]:
    """Where data comes from and goes to; their passwords are not read."""
    return dms.each("DescribeEndpoints", "Endpoints")


def _logging(key: str) -> Any:
    """That key of the part of a task's settings that is about its log; a task without settings has none."""
    return lambda settings: (json.loads(settings).get("Logging") or {}).get(key) if settings else None


@collects(
    "AWS::DMS::ReplicationTask",
    id="ReplicationTaskArn",
    calls=(
        Call(
            "DescribeReplicationTasks",
            listing=True,
            unless=Fact(
                Nothing("DescribeReplicationInstances"),
                "an instance cannot be deleted before its tasks",
                "https://docs.aws.amazon.com/dms/latest/APIReference/API_DeleteReplicationInstance.html",
            ),
        ),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceArn": "ReplicationTaskArn"},
            extra=True,
            gone=("ResourceNotFoundFault",),
        ),
    ),
    fields={
        **same("ReplicationTaskIdentifier!", "MigrationType", "SourceEndpointArn", "TargetEndpointArn"),
        "ReplicationInstanceArn": "ReplicationInstanceArn",
        "ReplicationTaskSettings.Logging.EnableLogging": Using(
            _logging("EnableLogging"), "ReplicationTaskSettings"
        ),
        "ReplicationTaskSettings.Logging.LogComponents": Using(
            _logging("LogComponents"), "ReplicationTaskSettings"
        ),
        "Runtime.Status": "Status",
    },
    name="ReplicationTaskIdentifier",
    tags="Tagging.TagList!",
    generation="ReplicationTaskCreationDate",
)
def tasks(dms: Client) -> Iterable[Document]:
    """What is copied, and what is written down of it."""
    return dms.each("DescribeReplicationTasks", "ReplicationTasks")
