"""Database Migration Service: the machines that copy databases, and both ends of the way."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
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
        "Runtime.Status": "Status",
    },
    name="EndpointIdentifier",
    tags="Tagging.TagList!",
)
def endpoints(dms: Client) -> Iterable[Document]:
    """Where data comes from and goes to; their passwords are not read."""
    return dms.each("DescribeEndpoints", "Endpoints")
