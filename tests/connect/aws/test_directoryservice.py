"""Directories, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason

from .conftest import Scan

TYPE = "AWS::DirectoryService::Directory"
CORP = {"DirectoryId": "d-1", "Name": "corp.example", "Type": "MicrosoftAD", "Stage": "Active"}


def test_directory_comes_with_its_log_topics_and_certificates(replay: Replay, scan: Scan) -> None:
    radius = {"AuthenticationProtocol": "PAP", "SharedSecret": "canary"}
    one = {**CORP, "RadiusSettings": radius, "RadiusStatus": "Completed"}
    certificate = {"CertificateId": "c-1", "State": "Registered", "ExpiryDateTime": "2026-06-01T00:00:00Z"}
    replay.record("ds", "DescribeDirectories", {"DirectoryDescriptions": [one]})
    log = {"DirectoryId": "d-1", "LogGroupName": "corp"}
    replay.record("ds", "ListLogSubscriptions", {"LogSubscriptions": [log, {**log, "DirectoryId": "d-2"}]})
    topic = {"DirectoryId": "d-1", "TopicArn": "arn:aws:sns:1", "Status": "Registered"}
    replay.record("ds", "DescribeEventTopics", {"EventTopics": [topic]})
    replay.record("ds", "ListCertificates", {"CertificatesInfo": [certificate]})
    replay.record("ds", "ListTagsForResource", {"Tags": [{"Key": "team", "Value": "red"}]})
    found = scan(replay, services=["ds"]).one(TYPE)
    assert found.id == "arn:aws:ds:us-east-1:123456789012:directory/d-1"
    assert (found.name, found.tags, found.unread) == ("corp.example", {"team": "red"}, {})
    runtime = found.properties["Runtime"]
    assert (runtime["LogGroups"], runtime["RadiusStatus"]) == (["corp"], "Completed")
    assert [each["Status"] for each in runtime["EventTopics"]] == ["Registered"]
    assert [each["CertificateId"] for each in runtime["Certificates"]] == ["c-1"]
    assert "canary" not in repr(found)


def test_only_microsoft_ad_is_asked_for_certificates(replay: Replay, scan: Scan) -> None:
    replay.record("ds", "DescribeDirectories", {"DirectoryDescriptions": [{**CORP, "Type": "SimpleAD"}]})
    found = scan(replay, services=["ds"]).one(TYPE)
    assert found.properties["Runtime"]["Certificates"] == []
    assert replay.count()["ListCertificates"] == 0


def test_log_that_may_not_be_asked_for_is_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("ds", "DescribeDirectories", {"DirectoryDescriptions": [CORP]})
    replay.record("ds", "ListLogSubscriptions", refused("AccessDeniedException"))
    found = scan(replay, services=["ds"]).one(TYPE)
    assert found.unread["Runtime.LogGroups"].reason is Reason.DENIED


def test_denied_directories_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("ds", "DescribeDirectories", refused("AccessDeniedException"))
    assert scan(replay, services=["ds"]).row("ds:DescribeDirectories", Outcome.DENIED, TYPE).listing
