"""Streams as moto plays them, and their pages as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

TYPE = "AWS::Kinesis::Stream"


@pytest.mark.usefixtures("moto")
def test_stream_has_the_names_of_templates(scan: Scan) -> None:
    kinesis = boto3.client("kinesis", region_name="us-east-1")
    for name in ("clicks", "orders"):
        kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=168)
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    kinesis.add_tags_to_stream(StreamName="orders", Tags={"team": "red"})
    found = scan(Boto(), services=["kinesis"], regions=["us-east-1"])
    orders, clicks = found.one(TYPE, "orders"), found.one(TYPE, "clicks")
    assert orders.id == "arn:aws:kinesis:us-east-1:123456789012:stream/orders"
    assert (orders.tags, orders.unread) == ({"team": "red"}, {})
    assert orders.properties["StreamEncryption"] == {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
    assert orders.properties["RetentionPeriodHours"] == 168
    assert clicks.properties["StreamEncryption"]["EncryptionType"] == "NONE"
    assert (clicks.properties["RetentionPeriodHours"], clicks.properties["ShardCount"]) == (24, 2)


def test_denied_summary_leaves_the_encryption_open(replay: Replay, scan: Scan) -> None:
    page = {"StreamNames": ["a"], "HasMoreStreams": True, "NextToken": "more"}
    replay.record("kinesis", "ListStreams", page, {"StreamNames": ["b"], "HasMoreStreams": False})
    replay.record("kinesis", "DescribeStreamSummary", refused("AccessDeniedException"), forever=True)
    found = scan(replay, services=["kinesis"])
    assert [stream.name for stream in found.of(TYPE)] == ["a", "b"]
    gap = found.one(TYPE, "a").unread["StreamEncryption.EncryptionType"]
    assert gap.call == "kinesis:DescribeStreamSummary"
