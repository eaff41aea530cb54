"""Queues as moto plays them."""

from __future__ import annotations

import json

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

URL = "https://sqs.us-east-1.amazonaws.com/123456789012/orders"
POLICY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "SQS:SendMessage", "Resource": "*"}]}


def test_queue_has_the_names_of_templates(moto: None, scan: Scan) -> None:
    sqs = boto3.client("sqs")
    attributes = {"Policy": json.dumps(POLICY), "VisibilityTimeout": "45", "SqsManagedSseEnabled": "true"}
    sqs.create_queue(QueueName="orders", Attributes=attributes, tags={"team": "red"})
    queue = scan(Boto(), services=["sqs"], regions=["us-east-1"]).one("AWS::SQS::Queue")
    assert (queue.id, queue.tags) == ("arn:aws:sqs:us-east-1:123456789012:orders", {"team": "red"})
    p = queue.properties
    assert (p["QueueName"], p["VisibilityTimeout"], p["SqsManagedSseEnabled"]) == ("orders", 45, True)
    assert p["Policy"] == POLICY
    assert queue.unread == {}


def test_live_queue_without_the_field_is_not_encrypted(replay: Replay, scan: Scan) -> None:
    replay.record("sqs", "ListQueues", {"QueueUrls": [URL]})
    replay.record("sqs", "GetQueueAttributes", {"Attributes": {}})
    p = scan(replay, services=["sqs"]).one("AWS::SQS::Queue").properties
    assert (p["SqsManagedSseEnabled"], p["KmsMasterKeyId"], p["Policy"]) == (False, None, None)


def test_denied_attributes_leave_the_queue_in_the_list(replay: Replay, scan: Scan) -> None:
    replay.record("sqs", "ListQueues", {"QueueUrls": [URL]})
    replay.record("sqs", "GetQueueAttributes", refused("AccessDenied", status=403))
    queue = scan(replay, services=["sqs"]).one("AWS::SQS::Queue")
    assert queue.unread["SqsManagedSseEnabled"].call == "sqs:GetQueueAttributes"


def test_all_pages_are_asked_for(replay: Replay, scan: Scan) -> None:
    """Without MaxResults AWS gives a thousand queues, and no word of the others."""
    replay.record("sqs", "ListQueues", {"QueueUrls": []})
    scan(replay, services=["sqs"])
    asked = next(params for _, _, operation, params in replay.requests if operation == "ListQueues")
    assert asked["MaxResults"] == 1000


def test_queue_that_was_deleted_meanwhile_is_gone(replay: Replay, scan: Scan) -> None:
    replay.record("sqs", "ListQueues", {"QueueUrls": [URL]})
    replay.record("sqs", "GetQueueAttributes", refused("AWS.SimpleQueueService.NonExistentQueue"))
    assert scan(replay, services=["sqs"]).of("AWS::SQS::Queue") == []
