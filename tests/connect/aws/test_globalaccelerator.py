"""Accelerators, which one region answers for, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay

from .conftest import ACCOUNT, Scan

ARN = f"arn:aws:globalaccelerator::{ACCOUNT}:accelerator/1"


def test_accelerator_is_asked_of_the_region_that_answers(replay: Replay, scan: Scan) -> None:
    one = {"AcceleratorArn": ARN, "Name": "way in", "Enabled": True, "Status": "DEPLOYED"}
    replay.record("globalaccelerator", "ListAccelerators", {"Accelerators": [one]})
    replay.record("globalaccelerator", "ListTagsForResource", {"Tags": [{"Key": "team", "Value": "red"}]})
    found = scan(replay, services=["globalaccelerator"]).one("AWS::GlobalAccelerator::Accelerator")
    assert (found.id, found.name, found.region) == (ARN, "way in", None)
    assert (found.tags, found.unread) == ({"team": "red"}, {})
    assert (found.properties["Enabled"], found.properties["Runtime"]["Status"]) == (True, "DEPLOYED")
    asked = {region for service, region, *_ in replay.requests if service == "globalaccelerator"}
    assert asked == {"us-west-2"}
