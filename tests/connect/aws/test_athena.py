"""Workgroups as moto plays them, and as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

TYPE = "AWS::Athena::WorkGroup"


@pytest.mark.usefixtures("moto")
def test_work_group_has_the_names_of_templates(scan: Scan) -> None:
    encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": "arn:aws:kms:us-east-1:123456789012:key/1"}
    boto3.client("athena", region_name="us-east-1").create_work_group(
        Name="reports",
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "PublishCloudWatchMetricsEnabled": True,
            "ResultConfiguration": {"OutputLocation": "s3://results/", "EncryptionConfiguration": encryption},
        },
        Tags=[{"Key": "team", "Value": "red"}],
    )
    found = scan(Boto(), services=["athena"], regions=["us-east-1"]).one(TYPE, "reports")
    assert found.id == "arn:aws:athena:us-east-1:123456789012:workgroup/reports"
    assert (found.tags, found.unread) == ({"team": "red"}, {})
    settings = found.properties["WorkGroupConfiguration"]
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["PublishCloudWatchMetricsEnabled"] is True
    assert settings["ResultConfiguration"]["EncryptionConfiguration"] == encryption


def test_group_without_settings_encrypts_and_enforces_nothing(replay: Replay, scan: Scan) -> None:
    replay.record("athena", "ListWorkGroups", {"WorkGroups": [{"Name": "primary", "State": "ENABLED"}]})
    replay.record("athena", "GetWorkGroup", {"WorkGroup": {"Name": "primary", "Configuration": {}}})
    replay.record("athena", "ListTagsForResource", {"Tags": []})
    settings = scan(replay, services=["athena"]).one(TYPE).properties["WorkGroupConfiguration"]
    assert settings["ResultConfiguration"]["EncryptionConfiguration"]["EncryptionOption"] is None
    assert settings["EnforceWorkGroupConfiguration"] is False


def test_denied_group_is_known_by_name_alone(replay: Replay, scan: Scan) -> None:
    replay.record("athena", "ListWorkGroups", {"WorkGroups": [{"Name": "primary", "State": "ENABLED"}]})
    replay.record("athena", "GetWorkGroup", refused("AccessDeniedException"))
    found = scan(replay, services=["athena"])
    group = found.one(TYPE)
    assert (group.name, group.properties["State"]) == ("primary", "ENABLED")
    path = "WorkGroupConfiguration.EnforceWorkGroupConfiguration"
    assert group.unread[path].call == "athena:GetWorkGroup"
    assert found.outcomes("athena:GetWorkGroup") == {Outcome.DENIED: 1}
