"""RDS: databases, who may restore their snapshots, and which parameters are in force."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Reason

from .conftest import Collected, Scan, everything

DENIED = refused("AccessDenied", "no", 403)
WHO = {"MasterUsername": "admin1", "MasterUserPassword": "canary-canary"}


@pytest.fixture(scope="module")
def found() -> Iterator[Collected]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        rds = boto3.client("rds", region_name="us-east-1")
        rds.create_db_instance(
            DBInstanceIdentifier="db",
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            AllocatedStorage=20,
            PubliclyAccessible=True,
            EnableCloudwatchLogsExports=["postgresql"],
            **WHO,
        )
        rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier="private")
        rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier="public")
        rds.modify_db_snapshot_attribute(
            DBSnapshotIdentifier="public", AttributeName="restore", ValuesToAdd=["all"]
        )
        rds.create_db_cluster(DBClusterIdentifier="aurora", Engine="aurora-mysql", **WHO)
        rds.create_db_cluster(DBClusterIdentifier="graph", Engine="neptune", **WHO)
        rds.create_db_cluster_snapshot(DBClusterIdentifier="aurora", DBClusterSnapshotIdentifier="week")
        rds.create_db_parameter_group(
            DBParameterGroupName="tls", DBParameterGroupFamily="postgres15", Description="tls"
        )
        forced = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
        rds.modify_db_parameter_group(DBParameterGroupName="tls", Parameters=[forced])
        yield everything(Boto(), services=["rds"], regions=["us-east-1"])


def test_instance_has_the_names_of_templates(found: Collected) -> None:
    instance = found.one("AWS::RDS::DBInstance", "db")
    properties = instance.properties
    assert instance.id.endswith(":db:db")
    assert properties["PubliclyAccessible"] is True
    assert properties["EnableCloudwatchLogsExports"] == ["postgresql"]
    assert properties["DBParameterGroupName"].startswith("default.postgres")
    assert properties["VPCSecurityGroups"][0].startswith("sg-")
    assert properties["Runtime"]["DBInstanceStatus"] == "available"
    assert not instance.unread
    assert "canary" not in repr(instance)


def test_engines_of_other_services_are_left_to_them(found: Collected) -> None:
    assert [each.name for each in found.of("AWS::RDS::DBCluster")] == ["aurora"]
    assert {each.properties["DBClusterIdentifier"] for each in found.of("AWS::RDS::DBClusterSnapshot")} == {
        "aurora"
    }


def test_snapshot_says_who_may_restore_it(found: Collected) -> None:
    shared = {
        each.properties["DBSnapshotIdentifier"]: each.properties["SharedWith"]
        for each in found.of("AWS::RDS::DBSnapshot")
        if each.properties["SnapshotType"] == "manual"
    }
    assert shared == {"private": [], "public": ["all"]}


def test_cluster_snapshot_says_who_may_restore_it(found: Collected) -> None:
    assert found.one("AWS::RDS::DBClusterSnapshot", "week").properties["SharedWith"] == []


def test_parameters_in_force_are_a_map(found: Collected) -> None:
    assert found.one("AWS::RDS::DBParameterGroup", "tls").properties["Parameters"] == {"rds.force_ssl": "1"}


ARN = "arn:aws:rds:us-east-1:123456789012"


def snapshot(name: str, kind: str) -> dict[str, Any]:
    return {"DBSnapshotIdentifier": name, "DBSnapshotArn": f"{ARN}:snapshot:{name}", "SnapshotType": kind}


def test_automatic_snapshots_cannot_be_shared_and_are_not_asked_about(replay: Replay, scan: Scan) -> None:
    replay.record("rds", "DescribeDBSnapshots", {"DBSnapshots": [snapshot("daily", "automated")]})
    taken = scan(replay, services=["rds"]).one("AWS::RDS::DBSnapshot")
    assert replay.count()["DescribeDBSnapshotAttributes"] == 0
    assert taken.properties["SharedWith"] == []


def test_denied_attributes_leave_open_who_may_restore(replay: Replay, scan: Scan) -> None:
    replay.record("rds", "DescribeDBSnapshots", {"DBSnapshots": [snapshot("mine", "manual")]})
    replay.record("rds", "DescribeDBSnapshotAttributes", DENIED)
    taken = scan(replay, services=["rds"]).one("AWS::RDS::DBSnapshot")
    assert taken.unread["SharedWith"].reason is Reason.DENIED
    assert "SharedWith" not in taken.properties


def test_snapshot_that_was_deleted_meanwhile_is_dropped(replay: Replay, scan: Scan) -> None:
    replay.record("rds", "DescribeDBSnapshots", {"DBSnapshots": [snapshot("mine", "manual")]})
    replay.record("rds", "DescribeDBSnapshotAttributes", refused("DBSnapshotNotFound", status=404))
    assert scan(replay, services=["rds"]).of("AWS::RDS::DBSnapshot") == []


def test_only_the_parameters_about_tls_are_asked_for(replay: Replay, scan: Scan) -> None:
    group = {"DBParameterGroupName": "g", "DBParameterGroupArn": f"{ARN}:pg:g"}
    default = {"ParameterName": "require_secure_transport"}
    replay.record("rds", "DescribeDBParameterGroups", {"DBParameterGroups": [group]})
    replay.record("rds", "DescribeDBParameters", {"Parameters": [default]})
    read = scan(replay, services=["rds"]).one("AWS::RDS::DBParameterGroup")
    asked = next(params for _, _, operation, params in replay.requests if operation == "DescribeDBParameters")
    assert asked["Filters"][0]["Name"] == "parameter-name"
    assert read.properties["Parameters"] == {}, "a parameter without a value has the engine's own"


def test_parameters_of_clusters_tell_of_the_audit_log_too(replay: Replay, scan: Scan) -> None:
    group = {"DBClusterParameterGroupName": "g", "DBClusterParameterGroupArn": f"{ARN}:cluster-pg:g"}
    audit = {"ParameterName": "server_audit_logging", "ParameterValue": "1"}
    replay.record("rds", "DescribeDBClusterParameterGroups", {"DBClusterParameterGroups": [group]})
    replay.record("rds", "DescribeDBClusterParameters", {"Parameters": [audit]})
    read = scan(replay, services=["rds"]).one("AWS::RDS::DBClusterParameterGroup")
    (asked,) = [
        sent for _, _, operation, sent in replay.requests if operation == "DescribeDBClusterParameters"
    ]
    assert "server_audit_logging" in asked["Filters"][0]["Values"]
    assert read.properties["Parameters"] == {"server_audit_logging": "1"}


def test_proxy_says_whether_it_asks_for_tls(replay: Replay, scan: Scan) -> None:
    proxy = {
        "DBProxyName": "pool",
        "DBProxyArn": f"{ARN}:db-proxy:prx-1",
        "RequireTLS": True,
        "VpcId": "vpc-1",
    }
    replay.record("rds", "DescribeDBProxies", {"DBProxies": [proxy]})
    found = scan(replay, services=["rds"]).one("AWS::RDS::DBProxy")
    assert (found.id, found.name) == (f"{ARN}:db-proxy:prx-1", "pool")
    assert (found.properties["RequireTLS"], found.properties["Runtime"]["VpcId"]) == (True, "vpc-1")


def test_subscription_to_everything_names_no_source_and_no_category(replay: Replay, scan: Scan) -> None:
    everything = {"CustSubscriptionId": "all", "EventSubscriptionArn": f"{ARN}:es:all", "Enabled": True}
    failures = {
        **everything,
        "EventSubscriptionArn": f"{ARN}:es:failures",
        "CustSubscriptionId": "failures",
        "SourceType": "db-cluster",
        "SourceIdsList": ["one"],
        "EventCategoriesList": ["failure"],
    }
    replay.record("rds", "DescribeEventSubscriptions", {"EventSubscriptionsList": [everything, failures]})
    found = scan(replay, services=["rds"])
    properties = found.one("AWS::RDS::EventSubscription", "all").properties
    assert (properties["SourceType"], properties["SourceIds"], properties["EventCategories"]) == (
        None,
        [],
        [],
    )
    properties = found.one("AWS::RDS::EventSubscription", "failures").properties
    assert (properties["SourceIds"], properties["EventCategories"]) == (["one"], ["failure"])


def test_key_that_aws_owns_shows_in_the_kind_of_encryption(replay: Replay, scan: Scan) -> None:
    cluster = {
        "DBClusterIdentifier": "c",
        "DBClusterArn": f"{ARN}:cluster:c",
        "StorageEncrypted": False,
        "StorageEncryptionType": "sse-rds",
        "DBClusterMembers": [
            {
                "DBInstanceIdentifier": "c-1",
                "IsClusterWriter": True,
                "DBClusterParameterGroupStatus": "in-sync",
            }
        ],
    }
    replay.record("rds", "DescribeDBClusters", {"DBClusters": [cluster]})
    properties = scan(replay, services=["rds"]).one("AWS::RDS::DBCluster").properties
    assert properties["StorageEncryptionType"] == "sse-rds"
    assert properties["Runtime"]["Members"] == cluster["DBClusterMembers"]


def test_pending_password_is_sealed(replay: Replay, scan: Scan) -> None:
    pending = {"DBInstanceIdentifier": "db", "PendingModifiedValues": {"MasterUserPassword": "canary"}}
    replay.record("rds", "DescribeDBInstances", {"DBInstances": [pending]})
    found = scan(replay, services=["rds"]).one("AWS::RDS::DBInstance")
    assert found.properties["MasterUserPassword"]["redacted"] is True
    assert "canary" not in repr(found)


def test_database_without_a_name_makes_the_list_incomplete(replay: Replay, scan: Scan) -> None:
    replay.record("rds", "DescribeDBInstances", {"DBInstances": [{"Engine": "postgres"}]})
    found = scan(replay, services=["rds"])
    assert found.of("AWS::RDS::DBInstance") == []
    bad = [row for row in found.coverage if row.type == "AWS::RDS::DBInstance" and row.cause]
    assert [(row.listing, row.cause and row.cause.message) for row in bad] == [(True, "an element has no id")]
