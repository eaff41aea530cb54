"""Delivery streams as moto plays them, and their pages as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto

from .conftest import Scan

TYPE = "AWS::KinesisFirehose::DeliveryStream"
BUCKET = {"RoleARN": "arn:aws:iam::123456789012:role/deliver", "BucketARN": "arn:aws:s3:::lake"}


@pytest.mark.usefixtures("moto")
def test_stream_has_the_names_of_templates(scan: Scan) -> None:
    firehose = boto3.client("firehose", region_name="us-east-1")
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    encryption = {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": key}
    for name in ("clear", "covered"):
        firehose.create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration=BUCKET,
            Tags=[{"Key": "team", "Value": "red"}],
        )
    firehose.start_delivery_stream_encryption(
        DeliveryStreamName="covered", DeliveryStreamEncryptionConfigurationInput=encryption
    )
    found = scan(Boto(), services=["firehose"], regions=["us-east-1"])
    clear, covered = found.one(TYPE, "clear"), found.one(TYPE, "covered")
    assert clear.id == "arn:aws:firehose:us-east-1:123456789012:deliverystream/clear"
    assert (clear.tags, clear.unread) == ({"team": "red"}, {})
    assert clear.properties["DeliveryStreamType"] == "DirectPut"
    assert clear.properties["DeliveryStreamEncryptionConfigurationInput"]["KeyType"] is None
    assert covered.properties["DeliveryStreamEncryptionConfigurationInput"] == encryption


def described(status: str) -> dict[str, object]:
    encryption = {"Status": status, "KeyType": "AWS_OWNED_CMK"}
    name = "arn:aws:firehose:us-east-1:123456789012:deliverystream/a"
    return {
        "DeliveryStreamDescription": {
            "DeliveryStreamARN": name,
            "DeliveryStreamType": "DirectPut",
            "DeliveryStreamEncryptionConfiguration": encryption,
        }
    }


@pytest.mark.parametrize(
    ("status", "kind"), [("ENABLED", "AWS_OWNED_CMK"), ("ENABLING", None), ("DISABLED", None)]
)
def test_only_what_is_enabled_encrypts(replay: Replay, scan: Scan, status: str, kind: str | None) -> None:
    replay.record("firehose", "ListDeliveryStreams", {"DeliveryStreamNames": ["a"]})
    replay.record("firehose", "DescribeDeliveryStream", described(status))
    p = scan(replay, services=["firehose"]).one(TYPE).properties
    assert p["DeliveryStreamEncryptionConfigurationInput"]["KeyType"] == kind
    assert p["Runtime"]["EncryptionStatus"] == status


def test_every_page_of_names_is_asked_for_by_the_last_name(replay: Replay, scan: Scan) -> None:
    page = {"DeliveryStreamNames": ["a", "b"], "HasMoreDeliveryStreams": True}
    last = {"DeliveryStreamNames": ["c"], "HasMoreDeliveryStreams": False}
    replay.record("firehose", "ListDeliveryStreams", page, last)
    replay.record("firehose", "DescribeDeliveryStream", described("ENABLED"), forever=True)
    found = scan(replay, services=["firehose"])
    assert [stream.name for stream in found.of(TYPE)] == ["a", "b", "c"]
    asked = [params for *_, operation, params in replay.requests if operation == "ListDeliveryStreams"]
    assert [each.get("ExclusiveStartDeliveryStreamName") for each in asked] == [None, "b"]
