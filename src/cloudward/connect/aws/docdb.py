"""DocumentDB: clusters, and who may restore their snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.dbsnapshots import CLUSTER_CALLS, CLUSTER_FIELDS
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "docdb",
    scope="regional",
    prefix="rds",
    shares="rds",
    quota=12,
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-api-throttling.html",
    title="Amazon DocumentDB",
)

_OTHERS = ("aurora", "mysql", "neptune", "postgres")
"""Engines of other services that answer through this API."""


def _own(things: Iterable[Mapping[str, Any]]) -> Iterator[Document]:
    return (thing for thing in things if not str(thing.get("Engine", "")).startswith(_OTHERS))


@collects(
    "AWS::DocDB::DBCluster",
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
    ),
    fields={
        **same("DBClusterIdentifier!", "EngineVersion", "MasterUsername", "StorageEncrypted", "KmsKeyId"),
        **same("BackupRetentionPeriod", "DeletionProtection", "CopyTagsToSnapshot", "Port"),
        "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "DBClusterParameterGroupName": "DBClusterParameterGroup",
        "DBSubnetGroupName": "DBSubnetGroup",
        "VpcSecurityGroupIds": Using(
            lambda groups: [group["VpcSecurityGroupId"] for group in groups or ()], "VpcSecurityGroups"
        ),
        **same("Status", "MultiAZ", "ClusterCreateTime", into="Runtime"),
    },
    tags="Tagging.TagList!",
    generation="ClusterCreateTime",
)
def clusters(docdb: Client) -> Iterable[Document]:
    """Clusters of document databases."""
    return _own(docdb.each("DescribeDBClusters", "DBClusters"))


@collects(
    "AWS::DocDB::DBClusterSnapshot",
    id="arn:{partition}:rds:{region}:{account}:cluster-snapshot:{DBClusterSnapshotIdentifier}",
    calls=CLUSTER_CALLS,
    fields=CLUSTER_FIELDS,
    generation="SnapshotCreateTime",
)
def snapshots(docdb: Client) -> Iterable[Document]:
    """The account's own snapshots of document databases."""
    return _own(docdb.each("DescribeDBClusterSnapshots", "DBClusterSnapshots"))


_TLS = [{"Name": "parameter-name", "Values": ["tls"]}]


@collects(
    "AWS::DocDB::DBClusterParameterGroup",
    id="arn:{partition}:rds:{region}:{account}:cluster-pg:{DBClusterParameterGroupName}",
    calls=(
        Call("DescribeDBClusterParameterGroups", listing=True, once=True, service="rds"),
        Call(
            "DescribeDBClusterParameters",
            into="Values",
            by={"DBClusterParameterGroupName": "DBClusterParameterGroupName"},
            params={"Filters": _TLS},
            extra=True,
            gone=("DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"),
        ),
    ),
    fields={
        "Name": "DBClusterParameterGroupName!",
        "Family": "DBParameterGroupFamily",
        "Description": "Description",
        "Parameters": Using(
            lambda found: {
                p["ParameterName"]: p["ParameterValue"] for p in found or () if "ParameterValue" in p
            },
            "Values.Parameters",
        ),
    },
)
def parameter_groups(docdb: Client) -> Iterable[Document]:
    """Settings of clusters."""
    groups = docdb.each("DescribeDBClusterParameterGroups", "DBClusterParameterGroups")
    return (group for group in groups if not str(group.get("DBParameterGroupFamily", "")).startswith(_OTHERS))
