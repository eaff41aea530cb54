"""ElastiCache: replication groups, and the nodes of which they and others consist."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "elasticache",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/quota-limits.html",
    title="Amazon ElastiCache",
)


def _is_on(state: str | None) -> bool:
    return state in ("enabled", "enabling")


@collects(
    "AWS::ElastiCache::ReplicationGroup",
    id="ARN",
    calls=(
        Call("DescribeReplicationGroups", listing=True),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceName": "ARN"},
            extra=True,
            gone=("ReplicationGroupNotFoundFault",),
        ),
    ),
    fields={
        **same("ReplicationGroupId!", "Engine", "CacheNodeType", "SnapshotRetentionLimit", "SnapshotWindow"),
        **same("AtRestEncryptionEnabled", "KmsKeyId", "TransitEncryptionEnabled", "TransitEncryptionMode"),
        **same("AutoMinorVersionUpgrade", "UserGroupIds"),
        "ReplicationGroupDescription": "Description",
        "AutomaticFailoverEnabled": Using(_is_on, "AutomaticFailover"),
        "MultiAZEnabled": Using(_is_on, "MultiAZ"),
        **same("AuthTokenEnabled", "StorageEncryptionType", "Status", "MemberClusters", into="Runtime"),
        **same("ReplicationGroupCreateTime", into="Runtime"),
    },
    name="ReplicationGroupId",
    tags="Tagging.TagList!",
    generation="ReplicationGroupCreateTime",
)
def replication_groups(elasticache: Client) -> Iterable[Document]:
    """Caches of Redis OSS and Valkey with their replicas."""
    return elasticache.each("DescribeReplicationGroups", "ReplicationGroups")


@collects(
    "AWS::ElastiCache::CacheCluster",
    id="ARN",
    calls=(
        Call("DescribeCacheClusters", listing=True),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceName": "ARN"},
            extra=True,
            gone=("CacheClusterNotFound", "CacheClusterNotFoundFault"),
        ),
    ),
    fields={
        **same("CacheClusterId!", "ReplicationGroupId", "Engine", "EngineVersion", "CacheNodeType"),
        **same("NumCacheNodes", "SnapshotRetentionLimit", "AutoMinorVersionUpgrade", "CacheSubnetGroupName"),
        "TransitEncryptionEnabled": "TransitEncryptionEnabled",
        "VpcSecurityGroupIds": Using(
            lambda groups: [group["SecurityGroupId"] for group in groups or ()], "SecurityGroups"
        ),
        **same("AtRestEncryptionEnabled", "CacheClusterStatus", "CacheClusterCreateTime", into="Runtime"),
    },
    name="CacheClusterId",
    tags="Tagging.TagList!",
    generation="CacheClusterCreateTime",
)
def cache_clusters(elasticache: Client) -> Iterable[Document]:
    """Caches of Memcached, single nodes, and the nodes of replication groups."""
    return elasticache.each("DescribeCacheClusters", "CacheClusters")
