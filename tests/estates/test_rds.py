"""Databases, clusters and their snapshots, from boto3 to the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.estates.verdicts import ACCOUNT, REGION, Verdicts, cases, estate, scanned

INSTANCES: dict[str, dict[str, Any]] = {
    "plain": {},
    "public": {"PubliclyAccessible": True},
    "private": {"PubliclyAccessible": False},
    "sealed": {"StorageEncrypted": True},
    "two-zones": {"MultiAZ": True},
    "manual": {"AutoMinorVersionUpgrade": False},
    "automatic": {"AutoMinorVersionUpgrade": True},
    **{f"kept-{days}": {"BackupRetentionPeriod": days} for days in (0, 1, 6, 7, 8, 35)},
    "postgres-logs": {"Engine": "postgres", "EnableCloudwatchLogsExports": ["postgresql", "upgrade"]},
    "postgres-some": {"Engine": "postgres", "EnableCloudwatchLogsExports": ["postgresql"]},
    "postgres-none": {"Engine": "postgres"},
    "mysql-logs": {"EnableCloudwatchLogsExports": ["audit", "error", "general", "slowquery"]},
    "mysql-some": {"EnableCloudwatchLogsExports": ["error"]},
    "mariadb-logs": {
        "Engine": "mariadb",
        "EngineVersion": "10.6.5",
        "EnableCloudwatchLogsExports": ["audit", "error", "general", "slowquery"],
    },
    "oracle-logs": {
        "Engine": "oracle-se2",
        "EnableCloudwatchLogsExports": ["alert", "audit", "trace", "listener"],
    },
    "oracle-some": {"Engine": "oracle-ee", "EnableCloudwatchLogsExports": ["alert"]},
    "sqlserver-logs": {"Engine": "sqlserver-ex", "EnableCloudwatchLogsExports": ["agent", "error"]},
    "sqlserver-some": {"Engine": "sqlserver-ex", "EnableCloudwatchLogsExports": ["error"]},
    "postgres-tls": {"Engine": "postgres", "DBParameterGroupName": "postgres-on"},
    "postgres-clear": {"Engine": "postgres", "DBParameterGroupName": "postgres-off"},
    "mysql-tls": {"DBParameterGroupName": "mysql-on"},
    "mysql-tls-by-number": {"DBParameterGroupName": "mysql-one"},
    "mysql-clear": {"DBParameterGroupName": "mysql-off"},
    "sqlserver-tls": {"Engine": "sqlserver-ex", "DBParameterGroupName": "sqlserver-on"},
}

PARAMETERS = {
    "postgres-on": ("postgres16", "rds.force_ssl", "1"),
    "postgres-off": ("postgres16", "rds.force_ssl", "0"),
    "mysql-on": ("mysql8.0", "require_secure_transport", "ON"),
    "mysql-one": ("mysql8.0", "require_secure_transport", "1"),
    "mysql-off": ("mysql8.0", "require_secure_transport", "OFF"),
    "sqlserver-on": ("sqlserver-ex-15.0", "rds.force_ssl", "1"),
}

CLUSTERS: dict[str, dict[str, Any]] = {
    "cluster-plain": {"Engine": "aurora-mysql"},
    "cluster-sealed": {"Engine": "aurora-mysql", "StorageEncrypted": True},
    "cluster-kept-6": {"Engine": "aurora-mysql", "BackupRetentionPeriod": 6},
    "cluster-kept-7": {"Engine": "aurora-mysql", "BackupRetentionPeriod": 7},
    "cluster-kept-8": {"Engine": "aurora-mysql", "BackupRetentionPeriod": 8},
    "cluster-mysql-logs": {"Engine": "aurora-mysql", "EnableCloudwatchLogsExports": ["audit"]},
    "cluster-postgres-logs": {"Engine": "aurora-postgresql", "EnableCloudwatchLogsExports": ["postgresql"]},
    "cluster-postgres-silent": {"Engine": "aurora-postgresql"},
    "cluster-tls": {"Engine": "aurora-postgresql", "DBClusterParameterGroupName": "cluster-on"},
    "cluster-clear": {"Engine": "aurora-postgresql", "DBClusterParameterGroupName": "cluster-off"},
}


def _databases(session: boto3.Session) -> None:
    rds = session.client("rds")
    common = {"DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20, "MasterUsername": "u"}
    for name, (family, parameter, value) in PARAMETERS.items():
        rds.create_db_parameter_group(
            DBParameterGroupName=name, DBParameterGroupFamily=family, Description="d"
        )
        change = {"ParameterName": parameter, "ParameterValue": value, "ApplyMethod": "immediate"}
        rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=[change])
    for name, options in INSTANCES.items():
        settings = {"Engine": "mysql", "MasterUserPassword": "password1", **common, **options}
        rds.create_db_instance(DBInstanceIdentifier=name, **settings)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="kept-7")


def _clusters(session: boto3.Session) -> None:
    rds = session.client("rds")
    for name, value in (("cluster-on", "1"), ("cluster-off", "0")):
        rds.create_db_cluster_parameter_group(
            DBClusterParameterGroupName=name, DBParameterGroupFamily="aurora-postgresql16", Description="d"
        )
        change = {"ParameterName": "rds.force_ssl", "ParameterValue": value, "ApplyMethod": "immediate"}
        rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName=name, Parameters=[change])
    for name, options in CLUSTERS.items():
        rds.create_db_cluster(
            DBClusterIdentifier=name, MasterUsername="u", MasterUserPassword="password1", **options
        )
    rds.create_db_cluster(
        DBClusterIdentifier="cluster-zones",
        Engine="mysql",
        MasterUsername="u",
        MasterUserPassword="password1",
        AvailabilityZones=[f"{REGION}{zone}" for zone in "abc"],
        DBClusterInstanceClass="db.m5d.large",
        AllocatedStorage=100,
        StorageType="io1",
        Iops=1000,
    )
    rds.create_db_instance(
        DBInstanceIdentifier="member",
        DBClusterIdentifier="cluster-plain",
        DBInstanceClass="db.t3.medium",
        Engine="aurora-mysql",
    )
    rds.create_db_cluster(
        DBClusterIdentifier="graph", Engine="neptune", MasterUsername="u", MasterUserPassword="password1"
    )


def _snapshots(session: boto3.Session) -> None:
    rds = session.client("rds")
    for name, source in (
        ("s-plain", "plain"),
        ("s-sealed", "sealed"),
        ("s-open", "plain"),
        ("s-lent", "plain"),
    ):
        rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=source)
        source = f"cluster-{source}"
        rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=f"c{name}", DBClusterIdentifier=source)
    for name, account in (("s-open", "all"), ("s-lent", "444455556666")):
        to: dict[str, Any] = {"AttributeName": "restore", "ValuesToAdd": [account]}
        rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, **to)
        rds.modify_db_cluster_snapshot_attribute(DBClusterSnapshotIdentifier=f"c{name}", **to)


@pytest.fixture(scope="module")
def verdicts() -> Iterator[Verdicts]:
    with estate() as session:
        _databases(session)
        _clusters(session)
        _snapshots(session)
        yield Verdicts(scanned(session, "rds"))


@pytest.mark.parametrize(
    ("policy", "name", "status"),
    [
        *cases("aws-rds-instance-public", unhealthy=["db:public"], healthy=["db:private"]),
        *cases(
            "aws-rds-instance-encrypted",
            healthy=["db:sealed"],
            unhealthy=["db:plain"],
            not_applicable=["db:member"],
        ),
        *cases(
            "aws-rds-instance-multi-az",
            healthy=["db:two-zones"],
            unhealthy=["db:plain"],
            not_applicable=["db:member"],
        ),
        *cases("aws-rds-instance-minor-upgrade", healthy=["db:automatic"], unhealthy=["db:manual"]),
        *cases(
            "aws-rds-instance-backup",
            healthy=["db:kept-7", "db:kept-8", "db:kept-35"],
            unhealthy=["db:kept-0", "db:kept-1", "db:kept-6"],
            not_applicable=["db:member", "db:replica"],
        ),
        *cases(
            "aws-rds-instance-logs",
            healthy=[
                "db:postgres-logs",
                "db:mysql-logs",
                "db:mariadb-logs",
                "db:oracle-logs",
                "db:sqlserver-logs",
            ],
            unhealthy=[
                "db:postgres-some",
                "db:postgres-none",
                "db:mysql-some",
                "db:oracle-some",
                "db:sqlserver-some",
            ],
            not_applicable=["db:member"],
        ),
        *cases(
            "aws-rds-instance-tls",
            healthy=["db:postgres-tls", "db:mysql-tls", "db:mysql-tls-by-number", "db:sqlserver-tls"],
            unhealthy=["db:postgres-clear", "db:mysql-clear", "db:plain"],
            not_applicable=["db:oracle-logs", "db:member"],
        ),
        *cases("aws-rds-snapshot-encrypted", healthy=["snapshot:s-sealed"], unhealthy=["snapshot:s-plain"]),
        *cases(
            "aws-rds-snapshot-public",
            healthy=[
                "snapshot:s-plain",
                "snapshot:s-lent",
                "cluster-snapshot:cs-plain",
                "cluster-snapshot:cs-lent",
            ],
            unhealthy=["snapshot:s-open", "cluster-snapshot:cs-open"],
        ),
        *cases(
            "aws-rds-cluster-snapshot-encrypted",
            healthy=["cluster-snapshot:cs-sealed"],
            unhealthy=["cluster-snapshot:cs-plain"],
        ),
        *cases(
            "aws-rds-cluster-encrypted",
            healthy=["cluster:cluster-sealed"],
            unhealthy=["cluster:cluster-plain"],
        ),
        *cases(
            "aws-rds-cluster-backup",
            healthy=["cluster:cluster-kept-7", "cluster:cluster-kept-8"],
            unhealthy=["cluster:cluster-plain", "cluster:cluster-kept-6"],
        ),
        *cases(
            "aws-rds-cluster-logs",
            healthy=["cluster:cluster-mysql-logs", "cluster:cluster-postgres-logs"],
            unhealthy=["cluster:cluster-plain", "cluster:cluster-postgres-silent"],
            not_applicable=["cluster:cluster-zones"],
        ),
        *cases(
            "aws-rds-cluster-tls",
            healthy=["cluster:cluster-tls"],
            unhealthy=["cluster:cluster-clear", "cluster:cluster-plain"],
        ),
        *cases("aws-rds-cluster-multi-az", unhealthy=["cluster:cluster-plain"]),
    ],
)
def test_each_is_judged_as_it_was_made(verdicts: Verdicts, policy: str, name: str, status: str) -> None:
    assert verdicts.status(policy, f"arn:aws:rds:{REGION}:{ACCOUNT}:{name}") == status


def test_nothing_is_unknown_but_what_another_service_says(verdicts: Verdicts) -> None:
    assert {policy for policy, _, _ in verdicts.unknown("rds")} <= {"aws-rds-instance-backup-plan"}


def test_clusters_of_other_services_are_left_to_them(verdicts: Verdicts) -> None:
    assert not [a for a in verdicts.answers if a.resource.id.endswith(":graph")]
