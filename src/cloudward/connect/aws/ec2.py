"""Instances, what they are made from and store on, and the region's defaults for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.credentials import user_data_holds_credentials
from cloudward.connect.aws.declare import (
    Call,
    Fact,
    Items,
    Nothing,
    Service,
    Source,
    Using,
    collects,
    details,
    same,
)
from cloudward.model import Document

SERVICE = Service(
    "ec2",
    scope="regional",
    quota=10,
    burst=50,
    source="https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html",
    title="Amazon EC2",
)


def _last(arn: str | None) -> str | None:
    """The name at the end of an ARN with paths."""
    return arn and arn.rsplit("/", 1)[-1]


def _enabled(state: str | None) -> bool | None:
    return None if state is None else state in ("enabled", "pending")


def _ids(key: str) -> Any:
    return lambda groups: None if groups is None else [group[key] for group in groups]


def _amazons(owner: str | None) -> bool:
    return owner == "amazon"


def _addresses(interfaces: Sequence[Mapping[str, Any]] | None) -> list[str]:
    return [a["Ipv6Address"] for i in interfaces or () for a in i.get("Ipv6Addresses") or ()]


def _groups(
    primary: Sequence[Mapping[str, Any]] | None, interfaces: Sequence[Mapping[str, Any]] | None
) -> Any:
    """Those of the instance, which are its first interface's, then those of its further interfaces."""
    further = (group for interface in interfaces or () for group in interface.get("Groups") or ())
    return list(dict.fromkeys(group["GroupId"] for group in (*(primary or ()), *further)))


_WHEN = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")


def _stopped(state: str | None, reason: str | None) -> datetime | None:
    """When a stopped instance was stopped: `User initiated (2025-01-31 09:00:00 GMT)`."""
    if state != "stopped":
        return None
    found = _WHEN.search(reason or "")
    if not found:
        raise ValueError(f"the time of the stop is not in {reason!r}")
    return datetime.fromisoformat(found[1]).replace(tzinfo=UTC)


@collects(
    "AWS::EC2::Instance",
    id="arn:{partition}:ec2:{region}:{account}:instance/{InstanceId}",
    calls=(
        Call(
            "DescribeInstances",
            listing=True,
            unless=Fact(
                Nothing("DescribeVpcs"),
                "an instance stands in a subnet",
                "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html",
            ),
        ),
        Call(
            "DescribeInstanceAttribute",
            into="Attribute",
            by={"InstanceId": "InstanceId"},
            params={"Attribute": "userData"},
            extra=True,
            gone=("InvalidInstanceID.NotFound",),
        ),
    ),
    fields={
        **same("InstanceId!", "ImageId", "InstanceType", "KeyName", "VpcId", "SubnetId", "EbsOptimized"),
        **same("AvailabilityZone", "Tenancy", of="Placement"),
        **same("SourceDestCheck", "EnclaveOptions", "HibernationOptions"),
        **same("HttpTokens", "HttpEndpoint", of="MetadataOptions", into="MetadataOptions"),
        **same("HttpProtocolIpv6", of="MetadataOptions", into="MetadataOptions"),
        **same("HttpPutResponseHopLimit", of="MetadataOptions", into="MetadataOptions"),
        **same("InstanceMetadataTags", of="MetadataOptions", into="MetadataOptions"),
        "SecurityGroupIds": Using(_groups, "SecurityGroups", "NetworkInterfaces"),
        "IamInstanceProfile": Using(_last, "IamInstanceProfile.Arn"),
        "Monitoring": Using(_enabled, "Monitoring.State"),
        "BlockDeviceMappings": Items(
            "BlockDeviceMappings",
            {"DeviceName": "DeviceName", "Ebs.DeleteOnTermination": "Ebs.DeleteOnTermination"},
        ),
        "Volumes": Items("BlockDeviceMappings", {"Device": "DeviceName", "VolumeId": "Ebs.VolumeId"}),
        "NetworkInterfaces": Items(
            "NetworkInterfaces",
            {
                **same("NetworkInterfaceId", "SubnetId", "PrivateIpAddress"),
                "DeviceIndex": "Attachment.DeviceIndex",
                "GroupSet": Using(_ids("GroupId"), "Groups"),
                "AssociatePublicIpAddress": Using(_amazons, "Association.IpOwnerId"),
            },
        ),
        "UserData": "Attribute.UserData.Value",
        "Runtime.State": "State.Name",
        **same("LaunchTime", "PublicIpAddress", "PublicDnsName", "PrivateIpAddress", into="Runtime"),
        **same("Platform", "Architecture", "StateTransitionReason", "VirtualizationType", into="Runtime"),
        "Runtime.Stopped": Using(_stopped, "State.Name", "StateTransitionReason"),
        "Runtime.Ipv6Addresses": Using(_addresses, "NetworkInterfaces"),
        "Runtime.IamInstanceProfileArn": "IamInstanceProfile.Arn",
    },
    tags="Tags",
    generation="LaunchTime",
)
def instances(ec2: Client) -> Iterable[Document]:
    """Virtual machines. Those that AWS lists for an hour after their end are no longer there."""
    for reservation in ec2.each("DescribeInstances", "Reservations", MaxResults=1000):
        for instance in reservation["Instances"]:
            if (instance.get("State") or {}).get("Name") != "terminated":
                yield instance


@collects(
    "AWS::EC2::Volume",
    id="arn:{partition}:ec2:{region}:{account}:volume/{VolumeId}",
    calls=(Call("DescribeVolumes", listing=True),),
    fields={
        **same("VolumeId!", "AvailabilityZone", "Size", "VolumeType", "Encrypted", "KmsKeyId", "SnapshotId"),
        **same("Iops", "Throughput", "MultiAttachEnabled"),
        **same("State", "CreateTime", into="Runtime"),
        "Runtime.Attachments": Items(
            "Attachments", same("InstanceId", "Device", "State", "DeleteOnTermination")
        ),
    },
    tags="Tags",
    generation="CreateTime",
)
def volumes(ec2: Client) -> Iterable[Document]:
    """Disks."""
    return ec2.each("DescribeVolumes", "Volumes", MaxResults=500)


def _public(offered: Sequence[Document], permissions: Sequence[Mapping[str, str]] | None) -> bool:
    """Whether everyone may restore it; the answer about the one snapshot counts."""
    return bool(offered) and any(permission.get("Group") == "all" for permission in permissions or ())


@collects(
    "AWS::EC2::Snapshot",
    id="arn:{partition}:ec2:{region}:{account}:snapshot/{SnapshotId}",
    calls=(
        Call("DescribeSnapshots", listing=True),
        *details(
            Call("DescribeSnapshotAttribute", into="Shared", when=Using(bool, "Offered")),
            Call("DescribeSnapshotAttribute", into="Attribute", extra=True),
            by={"SnapshotId": "SnapshotId"},
            params={"Attribute": "createVolumePermission"},
            gone=("InvalidSnapshot.NotFound",),
        ),
    ),
    fields={
        **same("SnapshotId!", "VolumeId", "OwnerId", "Description", "VolumeSize", "Encrypted", "KmsKeyId"),
        "StorageTier": "StorageTier",
        "Public": Using(_public, "Offered", "Shared.CreateVolumePermissions"),
        "CreateVolumePermissions": "Attribute.CreateVolumePermissions",
        **same("State", "StartTime", into="Runtime"),
    },
    tags="Tags",
    generation="StartTime",
)
def snapshots(ec2: Client) -> Iterable[Document]:
    """The account's own disk snapshots; a second list tells which of them everyone may restore.

    Only these, which should be none, are then asked one by one. The filter says the same as `OwnerIds` to
    what plays EC2 and does not heed that.
    """
    ours = {"OwnerIds": ["self"], "Filters": [{"Name": "owner-id", "Values": [ec2.account]}]}
    own = ec2.each("DescribeSnapshots", "Snapshots", **ours, MaxResults=1000)
    ours |= {"RestorableByUserIds": ["all"]}
    offered = ec2.grouped("DescribeSnapshots", "Snapshots", "SnapshotId", **ours, MaxResults=1000)
    for snapshot in own:
        yield {**snapshot, "Offered": offered[snapshot["SnapshotId"]]}


@collects(
    "AWS::EC2::Image",
    id="arn:{partition}:ec2:{region}:{account}:image/{ImageId}",
    calls=(
        Call("DescribeImages", listing=True),
        Call(
            "DescribeImageAttribute",
            into="Attribute",
            by={"ImageId": "ImageId"},
            params={"Attribute": "launchPermission"},
            extra=True,
            gone=("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"),
        ),
    ),
    fields={
        **same("ImageId!", "Name", "Description", "OwnerId", "Public", "ImdsSupport", "BootMode"),
        "BlockDeviceMappings": Items(
            "BlockDeviceMappings",
            {
                "DeviceName": "DeviceName",
                "Ebs.SnapshotId": "Ebs.SnapshotId",
                "Ebs.Encrypted": "Ebs.Encrypted",
            },
        ),
        "LaunchPermissions": "Attribute.LaunchPermissions",
        **same("State", "CreationDate", "DeprecationTime", "SourceInstanceId", into="Runtime"),
    },
    name="Name",
    tags="Tags",
    generation="CreationDate",
)
def images(ec2: Client) -> Iterable[Document]:
    """The account's own machine images."""
    return ec2.each("DescribeImages", "Images", Owners=["self"], MaxResults=1000)


DATA = "Version.LaunchTemplateData!"


def _data(*names: str, below: str = "") -> dict[str, str]:
    return same(*names, of=DATA + below, into="LaunchTemplateData" + below)


DISKS: Mapping[str, Source] = same(
    "DeviceName", "VirtualName", "Ebs.Encrypted", "Ebs.KmsKeyId", "Ebs.SnapshotId", "Ebs.VolumeType"
)
INTERFACES: Mapping[str, Source] = same(
    "AssociatePublicIpAddress", "DeviceIndex", "NetworkInterfaceId", "SubnetId", "Groups"
)


@collects(
    "AWS::EC2::LaunchTemplate",
    id="arn:{partition}:ec2:{region}:{account}:launch-template/{LaunchTemplateId}",
    calls=(
        Call("DescribeLaunchTemplates", listing=True, params={"MaxResults": 200}),
        Call(
            "DescribeLaunchTemplateVersions",
            into="Version",
            params={"Versions": ["$Default"], "MaxResults": 200},
        ),
    ),
    fields={
        **same("LaunchTemplateId!", "LaunchTemplateName"),
        **_data("ImageId", "InstanceType", "KeyName", "EbsOptimized", "SecurityGroupIds", "SecurityGroups"),
        **_data("UserData", "DisableApiTermination"),
        **_data("HttpTokens", "HttpEndpoint", "HttpPutResponseHopLimit", below=".MetadataOptions"),
        **_data("Arn", "Name", below=".IamInstanceProfile"),
        "LaunchTemplateData.Monitoring.Enabled": f"{DATA}.Monitoring.Enabled",
        "LaunchTemplateData.BlockDeviceMappings": Items(f"{DATA}.BlockDeviceMappings", DISKS),
        "LaunchTemplateData.NetworkInterfaces": Items(f"{DATA}.NetworkInterfaces", INTERFACES),
        "Runtime.UserDataHoldsCredentials": Using(user_data_holds_credentials, f"{DATA}.UserData"),
        **same("DefaultVersionNumber", "LatestVersionNumber", "CreateTime", into="Runtime"),
    },
    name="LaunchTemplateName",
    tags="Tags",
    generation="CreateTime",
)
def launch_templates(ec2: Client) -> Iterator[Document]:
    """Launch templates, each in its default version; one request describes these of all templates."""
    versions = ec2.grouped("DescribeLaunchTemplateVersions", "LaunchTemplateVersions", "LaunchTemplateId")
    for template in ec2.each("DescribeLaunchTemplates", "LaunchTemplates"):
        found = versions[template["LaunchTemplateId"]]
        yield {**template, "Version": found and found[0]}


@collects(
    "AWS::EC2::EbsEncryptionByDefault",
    calls=(Call("GetEbsEncryptionByDefault", into="Answer", listing=True),),
    fields={"EbsEncryptionByDefault": "Answer.EbsEncryptionByDefault!"},
)
def ebs_encryption_by_default(ec2: Client) -> Iterable[Document]:
    """Whether new disks of the region are encrypted without asking."""
    yield {"Answer": ec2.call("GetEbsEncryptionByDefault")}


@collects(
    "AWS::EC2::InstanceMetadataDefaults",
    calls=(Call("GetInstanceMetadataDefaults", into="Answer", listing=True, extra=True),),
    fields={
        **same("HttpTokens", "HttpEndpoint", of="Answer.AccountLevel"),
        **same("HttpPutResponseHopLimit", "InstanceMetadataTags", of="Answer.AccountLevel"),
    },
)
def instance_metadata_defaults(ec2: Client) -> Iterable[Document]:
    """What new instances of the region get as metadata options."""
    yield {"Answer": ec2.call("GetInstanceMetadataDefaults")}


@collects(
    "AWS::EC2::SnapshotBlockPublicAccess",
    calls=(Call("GetSnapshotBlockPublicAccessState", into="Answer", listing=True, extra=True),),
    fields={"State": "Answer.State!"},
)
def snapshot_block_public_access(ec2: Client) -> Iterable[Document]:
    """Whether disk snapshots of the region can be shared with everyone."""
    yield {"Answer": ec2.call("GetSnapshotBlockPublicAccessState")}
