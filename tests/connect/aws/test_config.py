"""Recorders as moto plays them, and those of services as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason

from .conftest import Scan

TYPE = "AWS::Config::ConfigurationRecorder"
ROLE = "arn:aws:iam::123456789012:role/config"


@pytest.mark.usefixtures("moto")
def test_recorder_says_whether_it_runs_and_where_to(scan: Scan) -> None:
    config = boto3.client("config", region_name="us-east-1")
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": "one", "roleARN": ROLE, "recordingGroup": {"allSupported": True}}
    )
    boto3.client("s3").create_bucket(Bucket="records")
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "records"})
    config.start_configuration_recorder(ConfigurationRecorderName="one")
    found = scan(Boto(), services=["config"], regions=["us-east-1", "eu-west-1"])
    recorder = found.one(TYPE, "one")
    assert recorder.properties["RoleARN"] == ROLE
    assert recorder.properties["RecordingGroup"]["AllSupported"] is True
    assert recorder.properties["Runtime"]["Recording"] is True
    assert recorder.properties["Runtime"]["DeliveryBuckets"] == ["records"]
    assert recorder.unread == {}
    empty = [row for row in found.coverage if row.region == "eu-west-1" and row.listing]
    assert [row.outcome for row in empty] == [Outcome.EMPTY]


def test_recorder_of_a_service_is_told_apart(replay: Replay, scan: Scan) -> None:
    service = {"name": "AWSConfigurationRecorderForHub", "roleARN": ROLE, "recordingScope": "INTERNAL"}
    replay.record("config", "DescribeConfigurationRecorders", {"ConfigurationRecorders": [service]})
    replay.record("config", "DescribeConfigurationRecorderStatus", {"ConfigurationRecordersStatus": []})
    replay.record("config", "DescribeDeliveryChannels", {"DeliveryChannels": []})
    recorder = scan(replay, services=["config"]).one(TYPE)
    assert recorder.properties["Runtime"]["RecordingScope"] == "INTERNAL"
    assert recorder.properties["Runtime"]["Recording"] is False


def test_denied_status_leaves_open_whether_it_records(replay: Replay, scan: Scan) -> None:
    one = {"name": "one", "roleARN": ROLE}
    replay.record("config", "DescribeConfigurationRecorders", {"ConfigurationRecorders": [one]})
    denied = refused("AccessDeniedException", "no", 403)
    replay.record("config", "DescribeConfigurationRecorderStatus", denied)
    recorder = scan(replay, services=["config"]).one(TYPE)
    assert recorder.unread["Runtime.Recording"].reason is Reason.DENIED
