"""Security Hub: on as moto plays it, off, and forbidden."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason

from .conftest import Scan

TYPE = "AWS::SecurityHub::Hub"


@pytest.mark.usefixtures("moto")
def test_hub_is_a_resource_of_its_region(scan: Scan) -> None:
    boto3.client("securityhub", region_name="us-east-1").enable_security_hub()
    found = scan(Boto(), services=["securityhub"], regions=["us-east-1", "eu-west-1"])
    hub = found.one(TYPE)
    assert hub.id.startswith("arn:aws:securityhub:us-east-1:123456789012:hub/")
    assert hub.region == "us-east-1"
    off = [row for row in found.coverage if row.region == "eu-west-1" and row.listing]
    assert [row.outcome for row in off] == [Outcome.EMPTY], "not subscribed is evidence"


def test_forbidden_is_not_taken_for_switched_off(replay: Replay, scan: Scan) -> None:
    other = refused("InvalidAccessException", "Account 1 is not an administrator for this organization", 401)
    replay.record("securityhub", "DescribeHub", other)
    found = scan(replay, services=["securityhub"])
    assert found.of(TYPE) == []
    assert found.row("securityhub:DescribeHub", Outcome.DENIED).listing


def test_standards_that_end_do_not_count(replay: Replay, scan: Scan) -> None:
    one = {"StandardsArn": "arn:one", "StandardsStatus": "READY"}
    two = {"StandardsArn": "arn:two", "StandardsStatus": "DELETING"}
    replay.record("securityhub", "DescribeHub", {"HubArn": "arn:aws:securityhub:us-east-1:1:hub/default"})
    replay.record("securityhub", "GetEnabledStandards", {"StandardsSubscriptions": [one, two]})
    hub = scan(replay, services=["securityhub"]).one(TYPE)
    assert hub.properties["Runtime"]["EnabledStandards"] == ["arn:one"]


def test_denied_standards_are_unread(replay: Replay, scan: Scan) -> None:
    replay.record("securityhub", "DescribeHub", {"HubArn": "arn:aws:securityhub:us-east-1:1:hub/default"})
    replay.record("securityhub", "GetEnabledStandards", refused("AccessDeniedException", "no", 403))
    hub = scan(replay, services=["securityhub"]).one(TYPE)
    assert hub.unread["Runtime.EnabledStandards"].reason is Reason.DENIED
