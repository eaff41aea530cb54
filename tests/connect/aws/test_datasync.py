"""Tasks of DataSync, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Reason

from .conftest import Scan

ARN = "arn:aws:datasync:us-east-1:123456789012:task/task-1"
TASK = "AWS::DataSync::Task"
LISTED = {"TaskArn": ARN, "Name": "nightly", "Status": "AVAILABLE", "TaskMode": "BASIC"}


def test_task_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    whole = {**LISTED, "CloudWatchLogGroupArn": "arn:aws:logs:1", "Options": {"LogLevel": "BASIC"}}
    replay.record("datasync", "ListTasks", {"Tasks": [LISTED]})
    replay.record("datasync", "DescribeTask", whole)
    replay.record("datasync", "ListTagsForResource", {"Tags": [{"Key": "team", "Value": "red"}]})
    found = scan(replay, services=["datasync"]).one(TASK)
    assert (found.id, found.name, found.tags, found.unread) == (ARN, "nightly", {"team": "red"}, {})
    p = found.properties
    assert (p["CloudWatchLogGroupArn"], p["Options"]["LogLevel"]) == ("arn:aws:logs:1", "BASIC")


def test_task_that_is_not_described_leaves_its_logs_open(replay: Replay, scan: Scan) -> None:
    replay.record("datasync", "ListTasks", {"Tasks": [LISTED]})
    replay.record("datasync", "DescribeTask", refused("AccessDeniedException"))
    found = scan(replay, services=["datasync"]).one(TASK)
    assert found.unread["CloudWatchLogGroupArn"].reason is Reason.DENIED
