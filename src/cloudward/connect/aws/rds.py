"""Databases of RDS and Aurora, their snapshots, and the parameters that decide on encrypted connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.dbsnapshots import can_be_shared, shared_with
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "rds",
    scope="regional",
    quota=12,
    burst=300,
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-api-throttling.html",
    title="Amazon RDS",
    shares="rds",
)

_OTHERS = ("docdb", "neptune")
"""Engines of other services that answer through this API."""


def _own(things: Iterable[Mapping[str, Any]]) -> Iterator[Document]:
    return (thing for thing in things if not str(thing.get("Engine", "")).startswith(_OTHERS))


def _only(key: str) -> Any:
    """That key of the first element: AWS lists memberships of which there is one."""
    return lambda things: things[0].get(key) if things else None


def _values(key: str) -> Any:
    return lambda things: [thing[key] for thing in things or ()]


@collects(
    "AWS::RDS::DBInstance",
    id="arn:{partition}:rds:{region}:{account}:db:{DBInstanceIdentifier}",
    calls=(Call("DescribeDBInstances", listing=True),),
    fields={
        **same("DBInstanceIdentifier!", "DBClusterIdentifier", "DBInstanceClass", "Engine", "EngineVersion"),
        **same("DBName", "MasterUsername", "PubliclyAccessible", "StorageEncrypted", "StorageEncryptionType"),
        **same("KmsKeyId", "StorageType", "AllocatedStorage", "MultiAZ", "AvailabilityZone", "LicenseModel"),
        **same("BackupRetentionPeriod", "PreferredBackupWindow", "CopyTagsToSnapshot", "DeletionProtection"),
        **same("AutoMinorVersionUpgrade", "PerformanceInsightsKMSKeyId", "MonitoringInterval"),
        **same("MonitoringRoleArn", "CACertificateIdentifier"),
        "SourceDBInstanceIdentifier": "ReadReplicaSourceDBInstanceIdentifier",
        "MasterUserPassword": "PendingModifiedValues.MasterUserPassword",
        "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
        "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "EnablePerformanceInsights": "PerformanceInsightsEnabled",
        "ManageMasterUserPassword": Using(bool, "MasterUserSecret.SecretArn"),
        "DBParameterGroupName": Using(_only("DBParameterGroupName"), "DBParameterGroups"),
        "OptionGroupName": Using(_only("OptionGroupName"), "OptionGroupMemberships"),
        "DBSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
        "VPCSecurityGroups": Using(_values("VpcSecurityGroupId"), "VpcSecurityGroups"),
        "Port": "Endpoint.Port",
        **same("DBInstanceStatus", "DbiResourceId", "InstanceCreateTime", into="Runtime"),
        **same("LatestRestorableTime", into="Runtime"),
        **same("Address", "Port", of="Endpoint", into="Runtime.Endpoint"),
        "Runtime.VpcId": "DBSubnetGroup.VpcId",
        "Runtime.SubnetIds": Using(_values("SubnetIdentifier"), "DBSubnetGroup.Subnets"),
        "Runtime.ParameterApplyStatus": Using(_only("ParameterApplyStatus"), "DBParameterGroups"),
        "Runtime.CertificateValidTill": "CertificateDetails.ValidTill",
    },
    tags="TagList",
    generation="InstanceCreateTime",
)
def db_instances(rds: Client) -> Iterable[Document]:
    """Database servers, those of clusters included."""
    return _own(rds.each("DescribeDBInstances", "DBInstances"))


@collects(
    "AWS::RDS::DBCluster",
    id="arn:{partition}:rds:{region}:{account}:cluster:{DBClusterIdentifier}",
    calls=(Call("DescribeDBClusters", listing=True, once=True),),
    fields={
        **same("DBClusterIdentifier!", "Engine", "EngineMode", "EngineVersion", "DatabaseName"),
        **same("DBClusterInstanceClass", "MasterUsername", "StorageEncrypted", "StorageEncryptionType"),
        **same("KmsKeyId", "BackupRetentionPeriod", "CopyTagsToSnapshot", "DeletionProtection"),
        **same(
            "AutoMinorVersionUpgrade", "BacktrackWindow", "PubliclyAccessible", "AvailabilityZones", "Port"
        ),
        "MasterUserPassword": "PendingModifiedValues.MasterUserPassword",
        "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
        "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "EnableHttpEndpoint": "HttpEndpointEnabled",
        "DBClusterParameterGroupName": "DBClusterParameterGroup",
        "DBSubnetGroupName": "DBSubnetGroup",
        "VpcSecurityGroupIds": Using(_values("VpcSecurityGroupId"), "VpcSecurityGroups"),
        **same("Status", "MultiAZ", "DbClusterResourceId", "Endpoint", into="Runtime"),
        **same("ClusterCreateTime", "LatestRestorableTime", into="Runtime"),
        "Runtime.Members": Items(
            "DBClusterMembers",
            same("DBInstanceIdentifier", "IsClusterWriter", "DBClusterParameterGroupStatus"),
        ),
    },
    tags="TagList",
    generation="ClusterCreateTime",
)
def db_clusters(rds: Client) -> Iterable[Document]:
    """Aurora and Multi-AZ database clusters."""
    return _own(rds.each("DescribeDBClusters", "DBClusters"))


@collects(
    "AWS::RDS::DBSnapshot",
    id="arn:{partition}:rds:{region}:{account}:snapshot:{DBSnapshotIdentifier}",
    calls=(
        Call("DescribeDBSnapshots", listing=True),
        Call(
            "DescribeDBSnapshotAttributes",
            into="Attributes",
            by={"DBSnapshotIdentifier": "DBSnapshotIdentifier"},
            when=Using(can_be_shared, "SnapshotType"),
            gone=("DBSnapshotNotFound",),
        ),
    ),
    fields={
        **same("DBSnapshotIdentifier!", "DBInstanceIdentifier", "Engine", "SnapshotType", "Encrypted"),
        **same("StorageEncryptionType", "KmsKeyId"),
        "SharedWith": Using(shared_with, "Attributes.DBSnapshotAttributesResult.DBSnapshotAttributes"),
        **same("Status", "SnapshotCreateTime", into="Runtime"),
    },
    tags="TagList",
    generation="SnapshotCreateTime",
)
def db_snapshots(rds: Client) -> Iterable[Document]:
    """The account's own snapshots of database instances."""
    return _own(rds.each("DescribeDBSnapshots", "DBSnapshots"))


@collects(
    "AWS::RDS::DBClusterSnapshot",
    id="arn:{partition}:rds:{region}:{account}:cluster-snapshot:{DBClusterSnapshotIdentifier}",
    calls=(
        Call("DescribeDBClusterSnapshots", listing=True, once=True),
        Call(
            "DescribeDBClusterSnapshotAttributes",
            into="Attributes",
            by={"DBClusterSnapshotIdentifier": "DBClusterSnapshotIdentifier"},
            when=Using(can_be_shared, "SnapshotType"),
            gone=("DBClusterSnapshotNotFoundFault",),
        ),
    ),
    fields={
        **same("DBClusterSnapshotIdentifier!", "DBClusterIdentifier", "Engine", "SnapshotType"),
        **same("StorageEncrypted", "StorageEncryptionType", "KmsKeyId"),
        "SharedWith": Using(
            shared_with, "Attributes.DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes"
        ),
        **same("Status", "SnapshotCreateTime", into="Runtime"),
    },
    tags="TagList",
    generation="SnapshotCreateTime",
)
def db_cluster_snapshots(rds: Client) -> Iterable[Document]:
    """The account's own snapshots of database clusters."""
    return _own(rds.each("DescribeDBClusterSnapshots", "DBClusterSnapshots"))


def _named(*names: str) -> dict[str, Any]:
    """Of some 400 parameters only these are asked for: one page instead of five."""
    return {"Filters": [{"Name": "parameter-name", "Values": list(names)}]}


_TRANSPORT = ("rds.force_ssl", "require_secure_transport", "db2comm")
_AUDIT = ("server_audit_logging", "server_audit_events")


def _in_force(parameters: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    return {p["ParameterName"]: p["ParameterValue"] for p in parameters or () if "ParameterValue" in p}


@collects(
    "AWS::RDS::DBParameterGroup",
    id="arn:{partition}:rds:{region}:{account}:pg:{DBParameterGroupName}",
    calls=(
        Call("DescribeDBParameterGroups", listing=True),
        Call(
            "DescribeDBParameters",
            into="Values",
            by={"DBParameterGroupName": "DBParameterGroupName"},
            params=_named(*_TRANSPORT),
            extra=True,
            gone=("DBParameterGroupNotFound",),
        ),
    ),
    fields={
        **same("DBParameterGroupName!", "Description"),
        "Family": "DBParameterGroupFamily",
        "Parameters": Using(_in_force, "Values.Parameters"),
    },
)
def db_parameter_groups(rds: Client) -> Iterable[Document]:
    """Settings of database instances."""
    return rds.each("DescribeDBParameterGroups", "DBParameterGroups")


@collects(
    "AWS::RDS::DBClusterParameterGroup",
    id="arn:{partition}:rds:{region}:{account}:cluster-pg:{DBClusterParameterGroupName}",
    calls=(
        Call("DescribeDBClusterParameterGroups", listing=True, once=True),
        Call(
            "DescribeDBClusterParameters",
            into="Values",
            by={"DBClusterParameterGroupName": "DBClusterParameterGroupName"},
            params=_named(*_TRANSPORT, *_AUDIT),
            extra=True,
            gone=("DBParameterGroupNotFound",),
        ),
    ),
    fields={
        **same("DBClusterParameterGroupName!", "Description"),
        "Family": "DBParameterGroupFamily",
        "Parameters": Using(_in_force, "Values.Parameters"),
    },
)
def db_cluster_parameter_groups(rds: Client) -> Iterable[Document]:
    """Settings of database clusters."""
    groups = rds.each("DescribeDBClusterParameterGroups", "DBClusterParameterGroups")
    return (each for each in groups if not str(each.get("DBParameterGroupFamily", "")).startswith(_OTHERS))


@collects(
    "AWS::RDS::DBProxy",
    id="DBProxyArn",
    calls=(Call("DescribeDBProxies", listing=True),),
    fields={
        **same("DBProxyName!", "EngineFamily", "RequireTLS", "DebugLogging", "IdleClientTimeout", "RoleArn"),
        **same("VpcSecurityGroupIds", "VpcSubnetIds"),
        "Auth": Items("Auth", same("AuthScheme", "IAMAuth", "SecretArn", "ClientPasswordAuthType")),
        **same("Status", "VpcId", "CreatedDate", into="Runtime"),
    },
    name="DBProxyName",
    generation="CreatedDate",
)
def db_proxies(rds: Client) -> Iterable[Document]:
    """Pools of connections before databases."""
    return rds.each("DescribeDBProxies", "DBProxies")


@collects(
    "AWS::RDS::EventSubscription",
    id="EventSubscriptionArn",
    calls=(Call("DescribeEventSubscriptions", listing=True),),
    fields={
        "SubscriptionName": "CustSubscriptionId!",
        **same("SourceType", "SnsTopicArn", "Enabled"),
        "SourceIds": "SourceIdsList",
        "EventCategories": "EventCategoriesList",
        "Runtime.Status": "Status",
    },
    name="CustSubscriptionId",
)
def event_subscriptions(rds: Client) -> Iterable[Document]:
    """Who is told of what happens to databases."""
    return rds.each("DescribeEventSubscriptions", "EventSubscriptionsList")
