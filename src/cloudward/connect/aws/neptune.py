"""Neptune: clusters of graph databases, and who may restore their snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.dbsnapshots import CLUSTER_CALLS, CLUSTER_FIELDS
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "neptune",
    scope="regional",
    prefix="rds",
    shares="rds",
    quota=12,
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-api-throttling.html",
    title="Amazon Neptune",
)

_OTHERS = ("aurora", "docdb", "mysql", "postgres")
"""Engines of other services that answer through this API."""


def _own(things: Iterable[Mapping[str, Any]]) -> Iterator[Document]:
    return (thing for thing in things if not str(thing.get("Engine", "")).startswith(_OTHERS))


def _subnets(subnets: Sequence[Mapping[str, Any]]) -> list[str]:
    return [subnet["SubnetIdentifier"] for subnet in subnets]


@collects(
    "AWS::Neptune::DBCluster",
    id="arn:{partition}:rds:{region}:{account}:cluster:{DBClusterIdentifier}",
    calls=(
        Call("DescribeDBClusters", listing=True, once=True, service="rds"),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceName": "DBClusterArn"},
            extra=True,
            gone=("DBClusterNotFoundFault",),
        ),
        Call("DescribeDBSubnetGroups", into="Network", extra=True),
    ),
    fields={
        **same("DBClusterIdentifier!", "EngineVersion", "StorageEncrypted", "KmsKeyId", "StorageType"),
        **same("BackupRetentionPeriod", "DeletionProtection", "CopyTagsToSnapshot", "AvailabilityZones"),
        "IamAuthEnabled": "IAMDatabaseAuthenticationEnabled",
        "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "DBClusterParameterGroupName": "DBClusterParameterGroup",
        "DBSubnetGroupName": "DBSubnetGroup",
        "DBPort": "Port",
        "VpcSecurityGroupIds": Using(
            lambda groups: [group["VpcSecurityGroupId"] for group in groups or ()], "VpcSecurityGroups"
        ),
        **same("Status", "MultiAZ", "ClusterCreateTime", into="Runtime"),
        "Runtime.VpcId": "Network.VpcId!",
        "Runtime.SubnetIds": Using(_subnets, "Network.Subnets!"),
    },
    tags="Tagging.TagList!",
    generation="ClusterCreateTime",
)
def clusters(neptune: Client) -> Iterator[Document]:
    """Clusters of graph databases; one list tells the networks of all subnet groups."""
    networks = neptune.grouped("DescribeDBSubnetGroups", "DBSubnetGroups", "DBSubnetGroupName")
    for cluster in _own(neptune.each("DescribeDBClusters", "DBClusters")):
        found = networks[cluster.get("DBSubnetGroup")]
        yield {**cluster, "Network": found and found[0]}


@collects(
    "AWS::Neptune::DBClusterSnapshot",
    id="arn:{partition}:rds:{region}:{account}:cluster-snapshot:{DBClusterSnapshotIdentifier}",
    calls=CLUSTER_CALLS,
    fields=CLUSTER_FIELDS,
    generation="SnapshotCreateTime",
)
def snapshots(neptune: Client) -> Iterable[Document]:
    """The account's own snapshots of graph databases."""
    return _own(neptune.each("DescribeDBClusterSnapshots", "DBClusterSnapshots"))
