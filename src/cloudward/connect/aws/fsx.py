"""FSx: file systems for Windows, Lustre, NetApp ONTAP and OpenZFS."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "fsx",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/fsx/latest/WindowsGuide/limits.html",
    title="Amazon FSx",
)


def _of(kind: str, *names: str) -> dict[str, str]:
    shared = ("DeploymentType", "AutomaticBackupRetentionDays")
    return same(*shared, *names, of=f"{kind}Configuration", into=f"{kind}Configuration")


@collects(
    "AWS::FSx::FileSystem",
    id="ResourceARN",
    calls=(Call("DescribeFileSystems", listing=True, params={"MaxResults": 1000}),),
    fields={
        **same("FileSystemType!", "FileSystemTypeVersion", "KmsKeyId", "StorageCapacity", "StorageType"),
        "SubnetIds": "SubnetIds",
        **_of("Windows", "CopyTagsToBackups", "AuditLogConfiguration.FileAccessAuditLogLevel"),
        **_of("Lustre", "CopyTagsToBackups"),
        **_of("Ontap"),
        **_of("OpenZFS", "CopyTagsToBackups", "CopyTagsToVolumes"),
        "Runtime.FileSystemId": "FileSystemId!",
        **same("Lifecycle", "CreationTime", "VpcId", "DNSName", into="Runtime"),
    },
    name="FileSystemId",
    tags="Tags",
    generation="CreationTime",
)
def file_systems(fsx: Client) -> Iterable[Document]:
    """File systems; the passwords of their administrators are not read."""
    return fsx.each("DescribeFileSystems", "FileSystems")
