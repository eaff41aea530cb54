"""Warehouses as moto plays them, and as recorded."""

from __future__ import annotations

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

ONE = {
    "ClusterIdentifier": "dw",
    "PubliclyAccessible": True,
    "MultiAZ": "Enabled",
    "ClusterParameterGroups": [{"ParameterGroupName": "g", "ParameterApplyStatus": "pending-reboot"}],
    "PendingModifiedValues": {"MasterUserPassword": "canary"},
}


def test_cluster_has_the_names_of_templates(moto: None, scan: Scan) -> None:
    client = boto3.client("redshift")
    client.create_cluster(
        ClusterIdentifier="dw",
        NodeType="ra3.large",
        MasterUsername="awsuser",
        MasterUserPassword="Canary-canary1",
        AutomatedSnapshotRetentionPeriod=7,
        Tags=[{"Key": "team", "Value": "red"}],
    )
    found = scan(Boto(), services=["redshift"], regions=["us-east-1"])
    cluster = found.one("AWS::Redshift::Cluster")
    assert cluster.id == "arn:aws:redshift:us-east-1:123456789012:cluster:dw"
    assert (cluster.tags, cluster.unread) == ({"team": "red"}, {})
    p = cluster.properties
    assert (p["MasterUsername"], p["AutomatedSnapshotRetentionPeriod"]) == ("awsuser", 7)
    assert p["Runtime"]["LoggingEnabled"] is False
    assert "anary" not in repr(cluster)


def test_state_of_parameters_and_zones_is_told(replay: Replay, scan: Scan) -> None:
    replay.record("redshift", "DescribeClusters", {"Clusters": [ONE]})
    replay.record("redshift", "DescribeLoggingStatus", {"LoggingEnabled": True})
    cluster = scan(replay, services=["redshift"]).one("AWS::Redshift::Cluster")
    p = cluster.properties
    assert (p["MultiAZ"], p["PubliclyAccessible"], p["Runtime"]["LoggingEnabled"]) == (True, True, True)
    assert (p["ClusterParameterGroupName"], p["Runtime"]["ParameterApplyStatus"]) == ("g", "pending-reboot")
    assert "canary" not in repr(cluster)


def test_parameters_in_force_are_told(replay: Replay, scan: Scan) -> None:
    replay.record(
        "redshift", "DescribeClusterParameterGroups", {"ParameterGroups": [{"ParameterGroupName": "g"}]}
    )
    value = {"ParameterName": "require_ssl", "ParameterValue": "true", "Source": "user"}
    replay.record("redshift", "DescribeClusterParameters", {"Parameters": [value]})
    group = scan(replay, services=["redshift"]).one("AWS::Redshift::ClusterParameterGroup")
    assert group.properties["Parameters"] == [{"ParameterName": "require_ssl", "ParameterValue": "true"}]


def test_denied_logging_is_unread_not_off(replay: Replay, scan: Scan) -> None:
    replay.record("redshift", "DescribeClusters", {"Clusters": [ONE]})
    replay.record("redshift", "DescribeLoggingStatus", refused("AccessDenied", status=403))
    cluster = scan(replay, services=["redshift"]).one("AWS::Redshift::Cluster")
    assert cluster.unread["Runtime.LoggingEnabled"].call == "redshift:DescribeLoggingStatus"
