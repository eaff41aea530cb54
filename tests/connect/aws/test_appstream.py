"""Fleets of AppStream, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

TYPE = "AWS::AppStream::Fleet"
ARN = "arn:aws:appstream:us-east-1:123456789012:fleet/office"


def test_fleet_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    one = {
        "Arn": ARN,
        "Name": "office",
        "EnableDefaultInternetAccess": True,
        "MaxUserDurationInSeconds": 57600,
        "DisconnectTimeoutInSeconds": 900,
    }
    replay.record("appstream", "DescribeFleets", {"Fleets": [one]})
    replay.record("appstream", "ListTagsForResource", {"Tags": {"team": "red"}})
    found = scan(replay, services=["appstream"]).one(TYPE)
    assert (found.id, found.name, found.tags, found.unread) == (ARN, "office", {"team": "red"}, {})
    p = found.properties
    assert (p["EnableDefaultInternetAccess"], p["MaxUserDurationInSeconds"]) == (True, 57600)
    assert (p["DisconnectTimeoutInSeconds"], p["IdleDisconnectTimeoutInSeconds"]) == (900, 0)


def test_length_that_is_not_told_is_not_known(replay: Replay, scan: Scan) -> None:
    replay.record("appstream", "DescribeFleets", {"Fleets": [{"Arn": ARN, "Name": "office"}]})
    found = scan(replay, services=["appstream"]).one(TYPE)
    assert set(found.unread) >= {"MaxUserDurationInSeconds", "DisconnectTimeoutInSeconds"}


def test_denied_fleets_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("appstream", "DescribeFleets", refused("AccessDeniedException"))
    assert scan(replay, services=["appstream"]).row("appstream:DescribeFleets", Outcome.DENIED, TYPE).listing
