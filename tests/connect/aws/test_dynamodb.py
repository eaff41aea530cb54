"""DynamoDB and DAX: how tables are encrypted, restored and scaled, and how caches are encrypted."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Collected, Scan

DENIED = refused("AccessDeniedException", "no", 400)


@pytest.fixture
def dynamodb(moto: None) -> Any:
    return boto3.client("dynamodb")


def create(dynamodb: Any, name: str, **settings: Any) -> None:
    keys = [{"AttributeName": "id", "KeyType": "HASH"}]
    attributes = [{"AttributeName": "id", "AttributeType": "S"}]
    given = {"BillingMode": "PAY_PER_REQUEST", **settings}
    dynamodb.create_table(TableName=name, KeySchema=keys, AttributeDefinitions=attributes, **given)


def read(scan: Scan, transport: Any = None) -> Collected:
    return scan(transport or Boto(), services=["dynamodb", "dax"], regions=["us-east-1"])


def test_table_has_the_names_of_templates(dynamodb: Any, scan: Scan) -> None:
    tags = [{"Key": "team", "Value": "red"}]
    create(dynamodb, "orders", SSESpecification={"Enabled": True}, DeletionProtectionEnabled=True, Tags=tags)
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="orders", PointInTimeRecoverySpecification=recovery)
    table = read(scan).one("AWS::DynamoDB::Table", "orders")
    assert table.unread == {}
    assert (table.id, table.tags) == ("arn:aws:dynamodb:us-east-1:123456789012:table/orders", {"team": "red"})
    p = table.properties
    assert p["SSESpecification"]["SSEEnabled"] is True
    assert p["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert p["DeletionProtectionEnabled"] is True
    assert p["BillingMode"] == "PAY_PER_REQUEST"


def test_table_on_which_nothing_is_set_has_what_aws_documents(dynamodb: Any, scan: Scan) -> None:
    create(dynamodb, "plain")
    p = read(scan).one("AWS::DynamoDB::Table").properties
    assert p["SSESpecification"]["SSEEnabled"] is False
    assert p["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is False
    assert p["DeletionProtectionEnabled"] is False
    assert p["Runtime"]["ScalableDimensions"] == []


def test_scaling_is_that_of_the_table_and_not_of_its_indexes(dynamodb: Any, scan: Scan) -> None:
    throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    create(dynamodb, "busy", BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
    scaling = boto3.client("application-autoscaling")
    for id, dimension in (("table/busy", "table:Read"), ("table/busy/index/i", "index:Write")):
        scaling.register_scalable_target(
            ServiceNamespace="dynamodb",
            ResourceId=id,
            ScalableDimension=f"dynamodb:{dimension}CapacityUnits",
            MinCapacity=1,
            MaxCapacity=9,
        )
    p = read(scan).one("AWS::DynamoDB::Table").properties
    assert p["BillingMode"] == "PROVISIONED"
    assert p["Runtime"]["ScalableDimensions"] == ["dynamodb:table:ReadCapacityUnits"]


def test_denied_description_leaves_what_it_tells_open(replay: Replay, scan: Scan) -> None:
    replay.record("dynamodb", "ListTables", {"TableNames": ["orders"]})
    replay.record("dynamodb", "DescribeTable", DENIED)
    replay.record("application-autoscaling", "DescribeScalableTargets", DENIED)
    table = read(scan, replay).one("AWS::DynamoDB::Table")
    assert table.unread["BillingMode"].call == "dynamodb:DescribeTable"
    assert table.unread["SSESpecification.SSEEnabled"].call == "dynamodb:DescribeTable"
    assert table.unread["meta.tags"].call == "dynamodb:DescribeTable"
    scaling = table.unread["Runtime.ScalableDimensions"]
    assert scaling.call == "application-autoscaling:DescribeScalableTargets"


def test_table_that_was_deleted_meanwhile_is_gone(replay: Replay, scan: Scan) -> None:
    replay.record("dynamodb", "ListTables", {"TableNames": ["orders"]})
    replay.record("dynamodb", "DescribeTable", refused("ResourceNotFoundException"))
    assert read(scan, replay).of("AWS::DynamoDB::Table") == []


def test_cache_says_whether_it_is_encrypted(moto: None, scan: Scan) -> None:
    dax = boto3.client("dax")
    role = "arn:aws:iam::123456789012:role/dax"
    given = {"NodeType": "dax.t3.small", "ReplicationFactor": 1, "IamRoleArn": role}
    dax.create_cluster(ClusterName="plain", **given)
    dax.create_cluster(
        ClusterName="sealed",
        SSESpecification={"Enabled": True},
        ClusterEndpointEncryptionType="TLS",
        Tags=[{"Key": "team", "Value": "red"}],
        **given,
    )
    found = read(scan)
    plain, sealed = (found.one("AWS::DAX::Cluster", name) for name in ("plain", "sealed"))
    assert plain.properties["SSESpecification"]["SSEEnabled"] is False
    assert plain.properties["ClusterEndpointEncryptionType"] == "NONE"
    assert sealed.properties["SSESpecification"]["SSEEnabled"] is True
    assert sealed.properties["ClusterEndpointEncryptionType"] == "TLS"
    assert sealed.tags == {"team": "red"}
