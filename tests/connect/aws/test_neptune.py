"""Graph databases and their snapshots, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused

from .conftest import Scan

SNAPSHOT = "AWS::Neptune::DBClusterSnapshot"


def test_cluster_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    cluster = {
        "DBClusterIdentifier": "graph",
        "DBClusterArn": "arn:aws:rds:us-east-1:123456789012:cluster:graph",
        "Engine": "neptune",
        "StorageEncrypted": True,
        "IAMDatabaseAuthenticationEnabled": True,
        "EnabledCloudwatchLogsExports": ["audit"],
        "MultiAZ": True,
        "DBSubnetGroup": "inside",
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}],
    }
    others = [
        {"DBClusterIdentifier": "a", "Engine": "docdb"},
        {"DBClusterIdentifier": "b", "Engine": "mysql"},
    ]
    replay.record("rds", "DescribeDBClusters", {"DBClusters": [cluster, *others]})
    subnets = [{"SubnetIdentifier": "subnet-1"}, {"SubnetIdentifier": "subnet-2"}]
    group = {"DBSubnetGroupName": "inside", "VpcId": "vpc-1", "Subnets": subnets}
    replay.record("neptune", "DescribeDBSubnetGroups", {"DBSubnetGroups": [group]})
    replay.record("neptune", "ListTagsForResource", {"TagList": [{"Key": "team", "Value": "red"}]})
    found = scan(replay, services=["neptune"]).one("AWS::Neptune::DBCluster")
    assert (found.id, found.tags, found.unread) == (cluster["DBClusterArn"], {"team": "red"}, {})
    p = found.properties
    assert (p["StorageEncrypted"], p["IamAuthEnabled"], p["DeletionProtection"]) == (True, True, False)
    assert (p["EnableCloudwatchLogsExports"], p["VpcSecurityGroupIds"]) == (["audit"], ["sg-1"])
    assert (p["BackupRetentionPeriod"], p["Runtime"]["MultiAZ"]) == (1, True)
    assert (p["Runtime"]["VpcId"], p["Runtime"]["SubnetIds"]) == ("vpc-1", ["subnet-1", "subnet-2"])


def test_denied_subnet_groups_leave_the_network_open(replay: Replay, scan: Scan) -> None:
    cluster = {"DBClusterIdentifier": "graph", "Engine": "neptune", "DBSubnetGroup": "inside"}
    replay.record("rds", "DescribeDBClusters", {"DBClusters": [cluster]})
    replay.record("neptune", "DescribeDBSubnetGroups", refused("AccessDenied", status=403))
    found = scan(replay, services=["neptune"]).one("AWS::Neptune::DBCluster")
    assert found.unread["Runtime.SubnetIds"].call == "rds:DescribeDBSubnetGroups"
    assert "SubnetIds" not in found.properties["Runtime"]


def taken(name: str, type: str = "manual", engine: str = "neptune") -> dict[str, str]:
    return {"DBClusterSnapshotIdentifier": name, "SnapshotType": type, "Engine": engine}


def test_snapshot_says_who_may_restore_it(replay: Replay, scan: Scan) -> None:
    all = [taken("week"), taken("daily", "automated"), taken("docs", engine="docdb")]
    replay.record("rds", "DescribeDBClusterSnapshots", {"DBClusterSnapshots": all})
    attributes = [{"AttributeName": "restore", "AttributeValues": ["all"]}]
    answer = {"DBClusterSnapshotAttributesResult": {"DBClusterSnapshotAttributes": attributes}}
    replay.record("neptune", "DescribeDBClusterSnapshotAttributes", answer)
    found = scan(replay, services=["neptune"])
    shared = {one.name: one.properties["SharedWith"] for one in found.of(SNAPSHOT)}
    assert shared == {"week": ["all"], "daily": []}
    assert replay.count()["DescribeDBClusterSnapshotAttributes"] == 1


def test_denied_attributes_leave_open_who_may_restore(replay: Replay, scan: Scan) -> None:
    replay.record("rds", "DescribeDBClusterSnapshots", {"DBClusterSnapshots": [taken("week")]})
    denied = refused("AccessDenied", status=403)
    replay.record("neptune", "DescribeDBClusterSnapshotAttributes", denied)
    snapshot = scan(replay, services=["neptune"]).one(SNAPSHOT)
    assert snapshot.unread["SharedWith"].call == "rds:DescribeDBClusterSnapshotAttributes"
    assert "SharedWith" not in snapshot.properties
