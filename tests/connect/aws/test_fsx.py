"""File systems as moto plays them, and each kind as recorded after botocore's model."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto

from .conftest import Scan

TYPE = "AWS::FSx::FileSystem"
ARN = "arn:aws:fsx:us-east-1:123456789012:file-system"


@pytest.mark.usefixtures("moto")
def test_file_system_has_the_names_of_templates(scan: Scan) -> None:
    made = boto3.client("fsx", region_name="us-east-1").create_file_system(
        FileSystemType="LUSTRE",
        StorageCapacity=1200,
        SubnetIds=["subnet-0123456789abcdef0"],
        LustreConfiguration={"DeploymentType": "PERSISTENT_1", "CopyTagsToBackups": True},
        Tags=[{"Key": "team", "Value": "red"}],
    )["FileSystem"]
    found = scan(Boto(), services=["fsx"], regions=["us-east-1"]).one(TYPE)
    assert (found.id, found.name) == (made["ResourceARN"], made["FileSystemId"])
    assert (found.tags, found.unread) == ({"team": "red"}, {})
    assert found.properties["LustreConfiguration"]["DeploymentType"] == "PERSISTENT_1"
    assert found.properties["LustreConfiguration"]["CopyTagsToBackups"] is True
    assert found.properties["SubnetIds"] == ["subnet-0123456789abcdef0"]


def test_each_kind_has_its_own_configuration(replay: Replay, scan: Scan) -> None:
    kinds: dict[str, dict[str, object]] = {
        "WINDOWS": {"WindowsConfiguration": {"CopyTagsToBackups": True}},
        "ONTAP": {"OntapConfiguration": {"DeploymentType": "MULTI_AZ_2", "FsxAdminPassword": "canary"}},
        "OPENZFS": {"OpenZFSConfiguration": {"DeploymentType": "SINGLE_AZ_1", "CopyTagsToVolumes": True}},
    }
    all = [
        {"FileSystemId": kind, "FileSystemType": kind, "ResourceARN": f"{ARN}/{kind}", **own}
        for kind, own in kinds.items()
    ]
    replay.record("fsx", "DescribeFileSystems", {"FileSystems": all})
    found = scan(replay, services=["fsx"])
    windows, ontap, zfs = (found.one(TYPE, kind).properties for kind in kinds)
    assert windows["WindowsConfiguration"]["DeploymentType"] == "SINGLE_AZ_1"
    assert windows["WindowsConfiguration"]["CopyTagsToBackups"] is True
    assert ontap["OntapConfiguration"]["DeploymentType"] == "MULTI_AZ_2"
    assert (
        zfs["OpenZFSConfiguration"]["CopyTagsToVolumes"],
        zfs["OpenZFSConfiguration"]["CopyTagsToBackups"],
    ) == (
        True,
        False,
    )
    assert "canary" not in repr(found.resources)
