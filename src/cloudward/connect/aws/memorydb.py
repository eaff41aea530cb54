"""MemoryDB: databases that live in memory."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "memorydb",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/memorydb/latest/devguide/quotas-limits.html",
    title="Amazon MemoryDB",
)


@collects(
    "AWS::MemoryDB::Cluster",
    id="ARN",
    calls=(
        Call("DescribeClusters", listing=True, params={"MaxResults": 100}),
        Call(
            "ListTags",
            into="Tagging",
            by={"ResourceArn": "ARN"},
            extra=True,
            gone=("ClusterNotFoundFault",),
        ),
    ),
    fields={
        "ClusterName": "Name!",
        **same("ACLName", "TLSEnabled", "KmsKeyId", "AutoMinorVersionUpgrade", "SnapshotRetentionLimit"),
        **same("Engine", "EngineVersion", "NodeType", "ParameterGroupName", "SubnetGroupName"),
        "SecurityGroupIds": Using(
            lambda groups: [group["SecurityGroupId"] for group in groups or ()], "SecurityGroups"
        ),
        "Port": "ClusterEndpoint.Port",
        **same("Status", "AvailabilityMode", "EnginePatchVersion", into="Runtime"),
    },
    name="Name",
    tags="Tagging.TagList!",
)
def clusters(memorydb: Client) -> Iterable[Document]:
    """Clusters of databases in memory."""
    return memorydb.each("DescribeClusters", "Clusters")
