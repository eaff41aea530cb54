"""Caches as recorded, after botocore's model."""

from __future__ import annotations

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

ARN = "arn:aws:elasticache:us-east-1:123456789012"
GROUP = {
    "ReplicationGroupId": "sessions",
    "ARN": f"{ARN}:replicationgroup:sessions",
    "AutomaticFailover": "enabled",
    "MultiAZ": "disabled",
    "SnapshotRetentionLimit": 5,
    "AtRestEncryptionEnabled": False,
    "StorageEncryptionType": "sse-elasticache",
    "TransitEncryptionEnabled": True,
    "TransitEncryptionMode": "preferred",
}


def test_group_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    replay.record("elasticache", "DescribeReplicationGroups", {"ReplicationGroups": [GROUP]})
    tags = {"TagList": [{"Key": "team", "Value": "red"}]}
    replay.record("elasticache", "ListTagsForResource", tags)
    group = scan(replay, services=["elasticache"]).one("AWS::ElastiCache::ReplicationGroup")
    assert (group.id, group.name, group.tags) == (GROUP["ARN"], "sessions", {"team": "red"})
    assert group.unread == {}
    p = group.properties
    assert (p["AutomaticFailoverEnabled"], p["MultiAZEnabled"]) == (True, False)
    assert (p["SnapshotRetentionLimit"], p["TransitEncryptionMode"]) == (5, "preferred")
    assert p["Runtime"]["StorageEncryptionType"] == "sse-elasticache"


def test_node_names_its_group(replay: Replay, scan: Scan) -> None:
    nodes = [
        {"CacheClusterId": "a", "ARN": f"{ARN}:cluster:a", "ReplicationGroupId": "sessions"},
        {"CacheClusterId": "b", "ARN": f"{ARN}:cluster:b", "SecurityGroups": [{"SecurityGroupId": "sg-1"}]},
    ]
    replay.record("elasticache", "DescribeCacheClusters", {"CacheClusters": nodes})
    found = scan(replay, services=["elasticache"])
    a, b = (found.one("AWS::ElastiCache::CacheCluster", name).properties for name in "ab")
    assert (a["ReplicationGroupId"], b["ReplicationGroupId"]) == ("sessions", None)
    assert (a["SnapshotRetentionLimit"], b["VpcSecurityGroupIds"]) == (0, ["sg-1"])


def test_denied_tags_are_unread(replay: Replay, scan: Scan) -> None:
    replay.record("elasticache", "DescribeReplicationGroups", {"ReplicationGroups": [GROUP]})
    replay.record("elasticache", "ListTagsForResource", refused("AccessDenied", status=403))
    group = scan(replay, services=["elasticache"]).one("AWS::ElastiCache::ReplicationGroup")
    assert [cause.call for cause in group.unread.values()] == ["elasticache:ListTagsForResource"]


def test_caches_of_moto(moto: None, scan: Scan) -> None:
    client = boto3.client("elasticache")
    client.create_cache_cluster(
        CacheClusterId="c", Engine="redis", NumCacheNodes=1, CacheNodeType="cache.t3.micro"
    )
    client.create_replication_group(ReplicationGroupId="g", ReplicationGroupDescription="sessions")
    found = scan(Boto(), services=["elasticache"], regions=["us-east-1"])
    assert found.one("AWS::ElastiCache::CacheCluster", "c").properties["Engine"] == "redis"
    group = found.one("AWS::ElastiCache::ReplicationGroup", "g")
    assert group.properties["ReplicationGroupDescription"] == "sessions"
