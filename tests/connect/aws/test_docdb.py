"""Document databases and their snapshots, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused

from .conftest import Scan

SNAPSHOT = "AWS::DocDB::DBClusterSnapshot"


def test_cluster_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    cluster = {
        "DBClusterIdentifier": "docs",
        "DBClusterArn": "arn:aws:rds:us-east-1:123456789012:cluster:docs",
        "Engine": "docdb",
        "StorageEncrypted": True,
        "BackupRetentionPeriod": 3,
        "EnabledCloudwatchLogsExports": ["audit"],
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}],
    }
    other = {"DBClusterIdentifier": "shop", "Engine": "aurora-mysql"}
    replay.record("rds", "DescribeDBClusters", {"DBClusters": [cluster, other]})
    replay.record("docdb", "ListTagsForResource", {"TagList": [{"Key": "team", "Value": "red"}]})
    found = scan(replay, services=["docdb"]).one("AWS::DocDB::DBCluster")
    assert (found.id, found.tags, found.unread) == (cluster["DBClusterArn"], {"team": "red"}, {})
    p = found.properties
    assert (p["StorageEncrypted"], p["BackupRetentionPeriod"], p["DeletionProtection"]) == (True, 3, False)
    assert (p["EnableCloudwatchLogsExports"], p["VpcSecurityGroupIds"]) == (["audit"], ["sg-1"])


def taken(name: str, type: str = "manual", engine: str = "docdb") -> dict[str, str]:
    return {"DBClusterSnapshotIdentifier": name, "SnapshotType": type, "Engine": engine}


def test_snapshot_says_who_may_restore_it(replay: Replay, scan: Scan) -> None:
    all = [taken("week"), taken("daily", "automated"), taken("graph", engine="neptune")]
    replay.record("rds", "DescribeDBClusterSnapshots", {"DBClusterSnapshots": all})
    attributes = [{"AttributeName": "restore", "AttributeValues": ["all"]}]
    answer = {"DBClusterSnapshotAttributesResult": {"DBClusterSnapshotAttributes": attributes}}
    replay.record("docdb", "DescribeDBClusterSnapshotAttributes", answer)
    found = scan(replay, services=["docdb"])
    assert {one.name: one.properties["SharedWith"] for one in found.of(SNAPSHOT)} == {
        "week": ["all"],
        "daily": [],
    }
    assert replay.count()["DescribeDBClusterSnapshotAttributes"] == 1


def test_denied_attributes_leave_open_who_may_restore(replay: Replay, scan: Scan) -> None:
    replay.record("rds", "DescribeDBClusterSnapshots", {"DBClusterSnapshots": [taken("week")]})
    denied = refused("AccessDenied", status=403)
    replay.record("docdb", "DescribeDBClusterSnapshotAttributes", denied)
    snapshot = scan(replay, services=["docdb"]).one(SNAPSHOT)
    assert snapshot.unread["SharedWith"].call == "rds:DescribeDBClusterSnapshotAttributes"


def test_parameter_groups_of_other_engines_are_left_to_them(replay: Replay, scan: Scan) -> None:
    groups = [
        {"DBClusterParameterGroupName": name, "DBParameterGroupFamily": family}
        for name, family in (("ours", "docdb5.0"), ("theirs", "aurora-mysql8.0"))
    ]
    replay.record("rds", "DescribeDBClusterParameterGroups", {"DBClusterParameterGroups": groups})
    tls = {"ParameterName": "tls", "ParameterValue": "enabled"}
    replay.record("docdb", "DescribeDBClusterParameters", {"Parameters": [tls]})
    found = scan(replay, services=["docdb"]).one("AWS::DocDB::DBClusterParameterGroup")
    assert (found.name, found.properties["Parameters"]) == ("ours", {"tls": "enabled"})
