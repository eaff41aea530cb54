"""WorkSpaces: desktops, and the directories in which they are registered."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Fact, Nothing, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "workspaces",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/workspaces/latest/adminguide/workspaces-limits.html",
    title="WorkSpaces",
)


@collects(
    "AWS::WorkSpaces::Workspace",
    id="arn:{partition}:workspaces:{region}:{account}:workspace/{WorkspaceId}",
    calls=(
        Call(
            "DescribeWorkspaces",
            listing=True,
            unless=Fact(
                Nothing("DescribeWorkspaceDirectories"),
                "a directory cannot be deregistered before its desktops are removed",
                "https://docs.aws.amazon.com/workspaces/latest/api/API_DeregisterWorkspaceDirectory.html",
            ),
            params={"Limit": 25},
        ),
        Call("DescribeTags", into="Tagging", by={"ResourceId": "WorkspaceId"}, extra=True),
    ),
    fields={
        **same("UserName", "BundleId", "DirectoryId", "VolumeEncryptionKey"),
        **same("UserVolumeEncryptionEnabled", "RootVolumeEncryptionEnabled"),
        **same(
            "RunningMode",
            "ComputeTypeName",
            "RootVolumeSizeGib",
            "UserVolumeSizeGib",
            of="WorkspaceProperties",
            into="WorkspaceProperties",
        ),
        **same("WorkspaceId!", "State", "SubnetId", "ComputerName", "IpAddress", into="Runtime"),
    },
    name="WorkspaceId",
    tags="Tagging.TagList!",
)
def desktops(workspaces: Client) -> Iterable[Document]:
    """Desktops of single users."""
    return workspaces.each("DescribeWorkspaces", "Workspaces")


@collects(
    "AWS::WorkSpaces::Directory",
    id="arn:{partition}:workspaces:{region}:{account}:directory/{DirectoryId}",
    calls=(
        Call("DescribeWorkspaceDirectories", listing=True),
        Call("DescribeTags", into="Tagging", by={"ResourceId": "DirectoryId"}, extra=True),
    ),
    fields={
        **same("DirectoryId!", "DirectoryName", "DirectoryType", "WorkspaceType", "SubnetIds", "Tenancy"),
        "IpGroupIds": "ipGroupIds",
        **same(
            "EnableInternetAccess",
            "EnableMaintenanceMode",
            "UserEnabledAsLocalAdministrator",
            "CustomSecurityGroupId",
            of="WorkspaceCreationProperties",
            into="WorkspaceCreationProperties",
        ),
        "SamlProperties.Status": "SamlProperties.Status",
        "EndpointEncryptionMode": "EndpointEncryptionMode",
        "Runtime.State": "State",
    },
    name="DirectoryName",
    tags="Tagging.TagList!",
)
def directories(workspaces: Client) -> Iterable[Document]:
    """Directories whose users may have desktops."""
    return workspaces.each("DescribeWorkspaceDirectories", "Directories")
