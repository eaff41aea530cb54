"""Desktops and their directories, as recorded after botocore's model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

DESKTOP, DIRECTORY = "AWS::WorkSpaces::Workspace", "AWS::WorkSpaces::Directory"


def test_desktop_whose_answer_names_no_encryption_has_none(replay: Replay, scan: Scan) -> None:
    open = {"WorkspaceId": "ws-open", "DirectoryId": "d-1", "SubnetId": "subnet-1", "State": "STOPPED"}
    closed = {"WorkspaceId": "ws-closed", "UserVolumeEncryptionEnabled": True}
    replay.record("workspaces", "DescribeWorkspaces", {"Workspaces": [open, closed]})
    tags = {"TagList": [{"Key": "team", "Value": "red"}]}
    replay.record("workspaces", "DescribeTags", tags, forever=True)
    found = scan(replay, services=["workspaces"])
    assert {each.name: encrypted(each.properties) for each in found.of(DESKTOP)} == {
        "ws-open": (False, False),
        "ws-closed": (True, False),
    }
    one = found.one(DESKTOP, "ws-open")
    assert one.id == "arn:aws:workspaces:us-east-1:123456789012:workspace/ws-open"
    assert (one.tags, one.properties["Runtime"]["SubnetId"]) == ({"team": "red"}, "subnet-1")


def encrypted(p: Mapping[str, Any]) -> tuple[bool, bool]:
    return p["UserVolumeEncryptionEnabled"], p["RootVolumeEncryptionEnabled"]


def test_directory_says_what_its_desktops_are_given(replay: Replay, scan: Scan) -> None:
    creation = {"EnableInternetAccess": True, "UserEnabledAsLocalAdministrator": True}
    one = {"DirectoryId": "d-1", "DirectoryName": "corp.example", "WorkspaceCreationProperties": creation}
    replay.record("workspaces", "DescribeWorkspaceDirectories", {"Directories": [one]})
    found = scan(replay, services=["workspaces"]).one(DIRECTORY)
    given = found.properties["WorkspaceCreationProperties"]
    assert (given["EnableInternetAccess"], given["EnableMaintenanceMode"]) == (True, False)


def test_denied_desktops_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("workspaces", "DescribeWorkspaces", refused("AccessDeniedException"))
    found = scan(replay, services=["workspaces"])
    assert found.row("workspaces:DescribeWorkspaces", Outcome.DENIED, DESKTOP).listing
