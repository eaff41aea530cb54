"""Topics as moto plays them."""

from __future__ import annotations

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

ARN = "arn:aws:sns:us-east-1:123456789012:orders"


def test_topic_has_the_names_of_templates(moto: None, scan: Scan) -> None:
    sns = boto3.client("sns")
    tags = [{"Key": "team", "Value": "red"}]
    sns.create_topic(Name="orders", Attributes={"KmsMasterKeyId": "alias/aws/sns"}, Tags=tags)
    topic = scan(Boto(), services=["sns"], regions=["us-east-1"]).one("AWS::SNS::Topic")
    assert (topic.id, topic.name, topic.tags, topic.unread) == (ARN, "orders", {"team": "red"}, {})
    assert topic.properties["TopicName"] == "orders"
    assert topic.properties["KmsMasterKeyId"] == "alias/aws/sns"
    assert topic.properties["Policy"]["Statement"][0]["Effect"] == "Allow"


def test_denied_attributes_leave_policy_and_key_open(replay: Replay, scan: Scan) -> None:
    replay.record("sns", "ListTopics", {"Topics": [{"TopicArn": ARN}]})
    replay.record("sns", "GetTopicAttributes", refused("AuthorizationErrorException", status=403))
    topic = scan(replay, services=["sns"]).one("AWS::SNS::Topic")
    assert {"KmsMasterKeyId", "Policy"} <= set(topic.unread)


def test_topic_that_was_deleted_meanwhile_is_gone(replay: Replay, scan: Scan) -> None:
    replay.record("sns", "ListTopics", {"Topics": [{"TopicArn": ARN}]})
    replay.record("sns", "GetTopicAttributes", refused("NotFound", status=404))
    assert scan(replay, services=["sns"]).of("AWS::SNS::Topic") == []
