"""IAM: identities, their permissions, and the facts of the account.

GetAccountAuthorizationDetails answers for all users, groups, roles or policies at once. Whoever may not
call it is served by the lists and a few calls per identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cloudward.connect.aws.answers import find, use
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.connect.aws.iam_credentials import (
    LIVE,
    REPORT,
    credential_report,
    credentials,
    live,
    row_of,
)
from cloudward.model import Document

SERVICE = Service(
    "iam",
    scope="global",
    title="Identity and Access Management",
    quota=30,
    guess=True,
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
)

PAGE = {"MaxItems": 1000}
GONE = ("NoSuchEntity",)
POLICIES = {"PolicyName": "PolicyName!", "PolicyDocument": "PolicyDocument!"}


def bulk_or_list(kind: str) -> tuple[Call, ...]:
    """The bulk call, and those that stand in for it."""
    return (
        Call("GetAccountAuthorizationDetails", listing=True, instead=f"List{kind}s", params=PAGE),
        Call(f"List{kind}s", listing=True, params=PAGE, spare=True),
        Call(f"List{kind}Policies", gone=GONE, spare=True),
        Call(f"Get{kind}Policy", spare=True),
        Call(f"ListAttached{kind}Policies", gone=GONE, spare=True),
    )


def listed(iam: Client, kind: str) -> Iterator[dict[str, Any]]:
    """Users, groups or roles as the bulk call has them, one by one."""
    for one in iam.each(f"List{kind}s", f"{kind}s"):
        named = {f"{kind}Name": one[f"{kind}Name"]}
        policies = find(iam.call(f"List{kind}Policies", **named), "PolicyNames!", f"iam:List{kind}Policies")
        if isinstance(policies, list):
            policies = [iam.call(f"Get{kind}Policy", PolicyName=name, **named) for name in policies]
        yield {
            **one,
            f"{kind}PolicyList": policies,
            "AttachedManagedPolicies": iam.call(f"ListAttached{kind}Policies", **named)["AttachedPolicies"],
        }


def arns(attached: Sequence[Document]) -> list[str]:
    """The ARNs of attached policies."""
    return [policy["PolicyArn"] for policy in attached]


def last_part(arn: str) -> str:
    """The name at the end of an ARN."""
    return arn.rsplit("/", 1)[-1]


def of_aws(arn: str) -> bool:
    """Whether it is a policy that AWS maintains."""
    return arn.split(":")[4] == "aws"


def default_version(versions: Sequence[Document]) -> Any:
    """The document that is in force."""
    (document,) = (version["Document"] for version in versions if version["IsDefaultVersion"])
    return document


def named(groups: Sequence[Document]) -> list[str]:
    """The names of groups."""
    return [group["GroupName"] for group in groups]


def enrolled(devices: Sequence[Document]) -> list[dict[str, Any]]:
    """MFA devices; their kind shows in the serial number."""
    return [
        {
            "SerialNumber": device["SerialNumber"],
            "Kind": kind(device["SerialNumber"]),
            "EnableDate": device.get("EnableDate"),
        }
        for device in devices
    ]


def kind(serial: str) -> str:
    """What sort of MFA device has this serial number."""
    return "virtual" if ":mfa/" in serial else "security key" if ":u2f/" in serial else "hardware"


@collects(
    "AWS::IAM::User",
    id="Arn",
    name="UserName",
    generation="UserId",
    calls=(
        *bulk_or_list("User"),
        Call("ListGroupsForUser", gone=GONE, spare=True),
        *REPORT,
        *LIVE,
        Call("ListMFADevices", into="DeviceList", by={"UserName": "UserName"}, extra=True, gone=GONE),
    ),
    fields={
        **same("UserName!", "Path"),
        "Groups": "GroupList!",
        "ManagedPolicyArns": Using(arns, "AttachedManagedPolicies!"),
        "PermissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn",
        "Policies": Items("UserPolicyList", POLICIES),
        "Runtime.Credentials": Using(credentials, "Row?", "Virtual?", "User?", "Login?", "Keys?", "Devices?"),
        "Runtime.MfaDevices": Using(enrolled, "DeviceList.MFADevices!"),
        **same("UserId", "CreateDate", into="Runtime"),
    },
    tags="Tags",
)
def users(iam: Client) -> Iterable[Document]:
    """Users, with their permissions and credentials."""
    report = credential_report(iam)
    virtual = iam.grouped("ListVirtualMFADevices", "VirtualMFADevices", "User.Arn")
    bulk = iam.each("GetAccountAuthorizationDetails", "UserDetailList", Filter=["User"])
    for user in bulk or listed_users(iam):
        row = row_of(report, user["Arn"])
        yield {**user, "Row": row, "Virtual": virtual[user["Arn"]], **({} if row else live(iam, user))}


def listed_users(iam: Client) -> Iterator[Document]:
    """Users as the bulk call has them, one by one."""
    for user in listed(iam, "User"):
        whole = iam.call("GetUser", UserName=user["UserName"])
        groups = iam.call("ListGroupsForUser", UserName=user["UserName"])
        yield {
            **user,
            "GroupList": use(Using(named, "Groups!"), groups, "iam:ListGroupsForUser"),
            "PermissionsBoundary": find(whole, "User!.PermissionsBoundary"),
            "Tags": find(whole, "User!.Tags"),
        }


@collects(
    "AWS::IAM::Group",
    id="Arn",
    name="GroupName",
    generation="GroupId",
    calls=bulk_or_list("Group"),
    fields={
        **same("GroupName!", "Path"),
        "ManagedPolicyArns": Using(arns, "AttachedManagedPolicies!"),
        "Policies": Items("GroupPolicyList", POLICIES),
        **same("GroupId", "CreateDate", into="Runtime"),
    },
)
def groups(iam: Client) -> Iterable[Document]:
    """Groups of users, with their permissions."""
    bulk = iam.each("GetAccountAuthorizationDetails", "GroupDetailList", Filter=["Group"])
    return bulk or listed(iam, "Group")


@collects(
    "AWS::IAM::Role",
    id="Arn",
    name="RoleName",
    generation="RoleId",
    calls=(
        *bulk_or_list("Role"),
        Call("ListInstanceProfilesForRole", gone=GONE, spare=True),
        Call("GetRole", spare=True),
        Call("GetRole", into="Whole", by={"RoleName": "RoleName"}, extra=True, gone=GONE),
    ),
    fields={
        **same("RoleName!", "Path", "AssumeRolePolicyDocument!"),
        **same("Description", "MaxSessionDuration!", of="Whole.Role!"),
        "ManagedPolicyArns": Using(arns, "AttachedManagedPolicies!"),
        "PermissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn",
        "Policies": Items("RolePolicyList", POLICIES),
        **same("RoleId", "CreateDate", into="Runtime"),
        "Runtime.LastUsed": "RoleLastUsed.LastUsedDate",
        "Runtime.LastUsedRegion": "RoleLastUsed.Region",
        "Runtime.InstanceProfiles": Using(
            lambda profiles: [profile["Arn"] for profile in profiles], "InstanceProfileList!"
        ),
    },
    tags="Tags",
)
def roles(iam: Client) -> Iterable[Document]:
    """Roles, whom they trust, and their permissions."""
    return iam.each("GetAccountAuthorizationDetails", "RoleDetailList", Filter=["Role"]) or listed_roles(iam)


def listed_roles(iam: Client) -> Iterator[Document]:
    """Roles as the bulk call has them, one by one."""
    for role in listed(iam, "Role"):
        whole = iam.call("GetRole", RoleName=role["RoleName"])
        profiles = iam.call("ListInstanceProfilesForRole", RoleName=role["RoleName"])
        yield {
            **role,
            "InstanceProfileList": profiles["InstanceProfiles"],
            "PermissionsBoundary": find(whole, "Role!.PermissionsBoundary"),
            "RoleLastUsed": find(whole, "Role!.RoleLastUsed"),
            "Tags": find(whole, "Role!.Tags"),
        }


@collects(
    "AWS::IAM::ManagedPolicy",
    id="Arn",
    generation="PolicyId",
    calls=(
        Call("GetAccountAuthorizationDetails", listing=True, instead="ListPolicies", params=PAGE),
        Call("ListPolicies", listing=True, params=PAGE),
        Call(
            "GetPolicyVersion",
            into="Version",
            by={"PolicyArn": "Arn", "VersionId": "DefaultVersionId"},
            when=Using(lambda versions: versions is None, "PolicyVersionList"),
            gone=GONE,
        ),
        Call(
            "ListPolicyTags",
            into="TagList",
            by={"PolicyArn": "Arn"},
            when=Using(lambda arn: not of_aws(arn), "Arn!"),
            extra=True,
            gone=GONE,
        ),
    ),
    fields={
        "ManagedPolicyName": Using(last_part, "Arn!"),
        "Path": "Path",
        "PolicyDocument": Using(
            lambda versions, version: version or default_version(versions),
            "PolicyVersionList",
            "Version.PolicyVersion!.Document!",
        ),
        "Runtime.AwsManaged": Using(of_aws, "Arn!"),
        **same("AttachmentCount!", "PermissionsBoundaryUsageCount", "DefaultVersionId", into="Runtime"),
        **same("CreateDate", "UpdateDate", into="Runtime"),
    },
    tags="TagList.Tags!",
)
def policies(iam: Client) -> Iterable[Document]:
    """Managed policies: the account's own, and those of AWS that are attached somewhere."""
    bulk = iam.each("GetAccountAuthorizationDetails", "Policies", Filter=["LocalManagedPolicy"])
    yield from bulk or iam.each("ListPolicies", "Policies", Scope="Local")
    yield from iam.each("ListPolicies", "Policies", Scope="AWS", OnlyAttached=True)
