"""Redshift: warehouses, what they log, and the parameters that decide on encrypted connections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "redshift",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/redshift/latest/mgmt/amazon-redshift-limits.html",
    title="Amazon Redshift",
)


def _only(key: str) -> Any:
    """That key of the first element: AWS lists parameter groups, of which there is one."""
    return lambda things: things[0].get(key) if things else None


@collects(
    "AWS::Redshift::Cluster",
    id="arn:{partition}:redshift:{region}:{account}:cluster:{ClusterIdentifier}",
    calls=(
        Call("DescribeClusters", listing=True),
        Call(
            "DescribeLoggingStatus",
            into="Logging",
            by={"ClusterIdentifier": "ClusterIdentifier"},
            extra=True,
            gone=("ClusterNotFound", "ClusterNotFoundFault"),
        ),
    ),
    fields={
        **same("ClusterIdentifier!", "DBName", "MasterUsername", "NodeType", "NumberOfNodes", "Encrypted"),
        **same("PubliclyAccessible", "KmsKeyId", "AllowVersionUpgrade", "AutomatedSnapshotRetentionPeriod"),
        **same("EnhancedVpcRouting", "ClusterSubnetGroupName"),
        "MultiAZ": Using(lambda state: str(state).lower() in ("enabled", "true"), "MultiAZ"),
        "ClusterParameterGroupName": Using(_only("ParameterGroupName"), "ClusterParameterGroups"),
        "VpcSecurityGroupIds": Using(
            lambda groups: [group["VpcSecurityGroupId"] for group in groups or ()], "VpcSecurityGroups"
        ),
        "Port": "Endpoint.Port",
        "Runtime.LoggingEnabled": "Logging.LoggingEnabled",
        "Runtime.ParameterApplyStatus": Using(_only("ParameterApplyStatus"), "ClusterParameterGroups"),
        **same("ClusterStatus", "VpcId", "ClusterCreateTime", into="Runtime"),
    },
    tags="Tags",
    generation="ClusterCreateTime",
)
def clusters(redshift: Client) -> Iterable[Document]:
    """Data warehouses."""
    return redshift.each("DescribeClusters", "Clusters")


@collects(
    "AWS::Redshift::ClusterParameterGroup",
    id="arn:{partition}:redshift:{region}:{account}:parametergroup:{ParameterGroupName}",
    calls=(
        Call("DescribeClusterParameterGroups", listing=True),
        Call(
            "DescribeClusterParameters",
            into="Values",
            by={"ParameterGroupName": "ParameterGroupName"},
            extra=True,
            gone=("ClusterParameterGroupNotFound", "ClusterParameterGroupNotFoundFault"),
        ),
    ),
    fields={
        **same("ParameterGroupName!", "ParameterGroupFamily", "Description"),
        "Parameters": Items("Values.Parameters!", same("ParameterName!", "ParameterValue")),
    },
    tags="Tags",
)
def parameter_groups(redshift: Client) -> Iterable[Document]:
    """Settings of warehouses."""
    return redshift.each("DescribeClusterParameterGroups", "ParameterGroups")
