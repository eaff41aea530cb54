"""EFS: file systems, from where they are mounted, and their access points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Fact, Items, Nothing, Service, Using, collects, details, same
from cloudward.model import Document

SERVICE = Service(
    "efs",
    scope="regional",
    prefix="elasticfilesystem",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/efs/latest/ug/limits.html",
    title="Elastic File System",
)


def _text(number: int | None) -> Any:
    """CloudFormation writes the numbers of users as text."""
    return None if number is None else str(number)


@collects(
    "AWS::EFS::FileSystem",
    id="FileSystemArn",
    calls=(
        Call("DescribeFileSystems", listing=True),
        *details(
            Call(
                "DescribeBackupPolicy",
                into="Backup",
                absent={"PolicyNotFound": {"BackupPolicy": {"Status": "DISABLED"}}},
            ),
            Call(
                "DescribeFileSystemPolicy",
                into="Resource",
                extra=True,
                absent={"PolicyNotFound": {"Policy": None}},
            ),
            Call("DescribeMountTargets", into="Mounts", extra=True),
            by={"FileSystemId": "FileSystemId"},
            gone=("FileSystemNotFound",),
        ),
    ),
    fields={
        **same("FileSystemId!", "Encrypted", "KmsKeyId", "PerformanceMode", "ThroughputMode"),
        "AvailabilityZoneName": "AvailabilityZoneName",
        "BackupPolicy.Status": "Backup.BackupPolicy!.Status",
        "FileSystemPolicy": "Resource.Policy!",
        **same("LifeCycleState", "CreationTime", into="Runtime"),
        "Runtime.MountTargets": Items(
            "Mounts.MountTargets!", same("MountTargetId!", "SubnetId!", "VpcId", "IpAddress")
        ),
    },
    name="FileSystemId",
    tags="Tags",
    generation="CreationTime",
)
def file_systems(efs: Client) -> Iterable[Document]:
    """File systems that many machines share."""
    return efs.each("DescribeFileSystems", "FileSystems")


@collects(
    "AWS::EFS::AccessPoint",
    id="AccessPointArn",
    calls=(
        Call(
            "DescribeAccessPoints",
            listing=True,
            unless=Fact(
                Nothing("DescribeFileSystems"),
                "an access point is one of a file system",
                "https://docs.aws.amazon.com/efs/latest/ug/API_CreateAccessPoint.html",
            ),
            params={"MaxResults": 100},
        ),
    ),
    fields={
        **same("AccessPointId!", "FileSystemId!"),
        "RootDirectory.Path": "RootDirectory.Path",
        "PosixUser.Uid": Using(_text, "PosixUser.Uid"),
        "PosixUser.Gid": Using(_text, "PosixUser.Gid"),
    },
    name="AccessPointId",
    tags="Tags",
)
def access_points(efs: Client) -> Iterable[Document]:
    """Doors into file systems, each with its user and folder."""
    return efs.each("DescribeAccessPoints", "AccessPoints")
