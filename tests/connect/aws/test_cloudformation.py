"""Stacks as moto plays them, and as recorded."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto

from .conftest import Scan

TYPE = "AWS::CloudFormation::Stack"
ARN = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/1"


@pytest.mark.usefixtures("moto")
def test_stack_tells_its_settings_and_no_values(scan: Scan) -> None:
    template = {
        "Parameters": {"Word": {"Type": "String"}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"Word": {"Value": {"Ref": "Word"}}},
    }
    boto3.client("cloudformation", region_name="us-east-1").create_stack(
        StackName="shop",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Word", "ParameterValue": "canary"}],
        RoleARN="arn:aws:iam::123456789012:role/deploy",
        EnableTerminationProtection=True,
        Tags=[{"Key": "team", "Value": "red"}],
    )
    found = scan(Boto(), services=["cloudformation"], regions=["us-east-1"]).one(TYPE)
    p = found.properties
    assert (found.name, found.tags, found.unread) == ("shop", {"team": "red"}, {})
    assert (p["RoleARN"], p["EnableTerminationProtection"]) == ("arn:aws:iam::123456789012:role/deploy", True)
    assert (p["Outputs"][0]["OutputKey"], p["Outputs"][0]["LooksLikeSecret"]) == ("Word", False)
    assert p["RootId"] is None
    assert "canary" not in repr(found)


def stack(**more: Any) -> dict[str, Any]:
    return {"StackId": ARN, "StackName": "shop", "StackStatus": "UPDATE_COMPLETE", **more}


def test_drift_and_nesting_are_told(replay: Replay, scan: Scan) -> None:
    drift = {"StackDriftStatus": "DRIFTED", "LastCheckTimestamp": "2025-12-01T00:00:00Z"}
    one = stack(DriftInformation=drift, RootId=f"{ARN}-root")
    replay.record("cloudformation", "DescribeStacks", {"Stacks": [one]})
    p = scan(replay, services=["cloudformation"]).one(TYPE).properties
    assert (p["Runtime"]["Drift"], p["RootId"]) == (drift, f"{ARN}-root")


def test_stack_that_was_never_checked_says_so(replay: Replay, scan: Scan) -> None:
    replay.record("cloudformation", "DescribeStacks", {"Stacks": [stack()]})
    p = scan(replay, services=["cloudformation"]).one(TYPE).properties
    assert p["Runtime"]["Drift"]["StackDriftStatus"] == "NOT_CHECKED"
    assert (p["RoleARN"], p["EnableTerminationProtection"]) == (None, False)


def test_credentials_in_an_output_are_told_and_not_kept(replay: Replay, scan: Scan) -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    outputs = [{"OutputKey": "Url", "OutputValue": "x"}, {"OutputKey": "Key", "OutputValue": key}]
    replay.record("cloudformation", "DescribeStacks", {"Stacks": [stack(Outputs=outputs)]})
    found = scan(replay, services=["cloudformation"]).one(TYPE)
    assert [one["LooksLikeSecret"] for one in found.properties["Outputs"]] == [False, True]
    assert key not in repr(found)
