"""Message brokers as moto plays them, and as recorded after botocore's model."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

TYPE = "AWS::AmazonMQ::Broker"
ARN = "arn:aws:mq:us-east-1:123456789012:broker:orders:b-1"


@pytest.mark.usefixtures("moto")
def test_broker_has_the_names_of_templates_and_no_password(scan: Scan) -> None:
    boto3.client("mq", region_name="us-east-1").create_broker(
        BrokerName="orders",
        EngineType="RABBITMQ",
        EngineVersion="3.13",
        DeploymentMode="CLUSTER_MULTI_AZ",
        HostInstanceType="mq.m5.large",
        AutoMinorVersionUpgrade=True,
        PubliclyAccessible=True,
        Logs={"General": True},
        Users=[{"Username": "app", "Password": "canarycanary"}],
        Tags={"team": "red"},
    )
    found = scan(Boto(), services=["mq"], regions=["us-east-1"]).one(TYPE)
    p = found.properties
    assert (found.name, found.tags, found.unread) == ("orders", {"team": "red"}, {})
    assert (p["EngineType"], p["DeploymentMode"], p["EngineVersion"]) == (
        "RABBITMQ",
        "CLUSTER_MULTI_AZ",
        "3.13",
    )
    assert (p["PubliclyAccessible"], p["AutoMinorVersionUpgrade"]) == (True, True)
    assert p["Logs"] == {"General": True, "Audit": False}
    assert "canary" not in repr(found)


def listed(replay: Replay) -> None:
    one = {"BrokerId": "b-1", "BrokerArn": ARN, "BrokerName": "orders", "EngineType": "ACTIVEMQ"}
    replay.record("mq", "ListBrokers", {"BrokerSummaries": [one]})


def test_broker_without_logs_keeps_none(replay: Replay, scan: Scan) -> None:
    listed(replay)
    answer: dict[str, Any] = {"BrokerId": "b-1", "PubliclyAccessible": False, "Logs": {"General": False}}
    replay.record("mq", "DescribeBroker", answer)
    found = scan(replay, services=["mq"]).one(TYPE)
    assert (found.id, found.properties["Logs"]) == (ARN, {"General": False, "Audit": False})


def test_denied_broker_is_neither_closed_nor_logged(replay: Replay, scan: Scan) -> None:
    listed(replay)
    replay.record("mq", "DescribeBroker", refused("ForbiddenException", status=403))
    found = scan(replay, services=["mq"]).one(TYPE)
    assert found.properties["EngineType"] == "ACTIVEMQ"
    for path in ("PubliclyAccessible", "Logs.Audit", "AutoMinorVersionUpgrade"):
        assert found.unread[path].call == "mq:DescribeBroker"
