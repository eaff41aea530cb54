"""Identity and Access Management, from an account made with boto3 to the verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.iam.models import AccessKeyLastUsed, iam_backends

from tests.estates.scanning import ACCOUNT, REGION, Found, scan

ADMIN = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
READ = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": "*"}]}
)
AWS_ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
AWS_READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SUPPORT = "arn:aws:iam::aws:policy/AWSSupportAccess"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "ec2.amazonaws.com"},
        },
    }
)


@pytest.fixture
def iam() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("iam", region_name=REGION)


@pytest.fixture
def stocked() -> Iterator[Any]:
    """IAM with the policies that AWS maintains, which take a while to load."""
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        yield boto3.client("iam", region_name=REGION)


def ago(days: float) -> datetime:
    return (datetime.now(UTC) - timedelta(days=days)).replace(tzinfo=None)


def person(iam: Any, name: str, *, changed: float = 1, used: float | None = 1) -> None:
    """A user of the console."""
    iam.create_user(UserName=name)
    iam.create_login_profile(UserName=name, Password="Correct-horse-7")
    user: Any = iam_backends[ACCOUNT]["aws"].users[name]
    user.password_last_changed = user.create_date = ago(changed)
    user.password_last_used = None if used is None else ago(used)


def key(iam: Any, name: str, *, made: float = 1, used: float | None = 0, active: bool = True) -> None:
    """A further access key of a user."""
    id = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    if not active:
        iam.update_access_key(UserName=name, AccessKeyId=id, Status="Inactive")
    (stored,) = [
        one for one in iam_backends[ACCOUNT]["aws"].users[name].access_keys if one.access_key_id == id
    ]
    stored.create_date = ago(made)
    if used is not None:
        stored.last_used = AccessKeyLastUsed(ago(used), "s3", REGION)


def virtual(iam: Any, name: str) -> None:
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
    enrol(iam, name, made)


def enrol(iam: Any, name: str, serial: str) -> None:
    iam.enable_mfa_device(
        UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )


def of(found: Found, policy: str) -> dict[str, str]:
    return {name: status for (id, name), status in found.items() if id == policy}


def test_how_people_sign_in(iam: Any) -> None:
    person(iam, "bare")
    person(iam, "phone")
    virtual(iam, "phone")
    person(iam, "token")
    enrol(iam, "token", "GAKT000012345")
    person(iam, "both")
    enrol(iam, "both", "GAKT000067890")
    virtual(iam, "both")
    person(iam, "lazy", changed=400, used=46)
    person(iam, "busy", changed=400, used=44)
    person(iam, "never", changed=46, used=None)
    person(iam, "new", changed=3, used=None)
    iam.create_user(UserName="robot")
    key(iam, "robot")
    found = scan("iam")
    assert of(found, "aws-iam-user-mfa") == {
        "bare": "unhealthy",
        "phone": "healthy",
        "token": "healthy",
        "both": "healthy",
        "lazy": "unhealthy",
        "busy": "unhealthy",
        "never": "unhealthy",
        "new": "unhealthy",
        "robot": "not_applicable",
    }
    hardware = of(found, "aws-iam-user-hardware-mfa")
    assert {name for name, status in hardware.items() if status == "healthy"} == {"token"}
    assert hardware["robot"] == "not_applicable"
    unused = of(found, "aws-iam-user-password-unused")
    assert {name for name, status in unused.items() if status == "unhealthy"} == {"lazy", "never"}
    assert unused["robot"] == "not_applicable"


def test_access_keys(iam: Any) -> None:
    users: dict[str, list[dict[str, Any]]] = {
        "fresh": [{}],
        "day-90": [{"made": 90.5}],
        "day-91": [{"made": 91.5}],
        "old-and-off": [{"made": 900, "active": False}],
        "second-is-old": [{}, {"made": 900}],
        "second-is-off": [{}, {"made": 900, "active": False}],
        "used-44": [{"made": 80, "used": 44.5}],
        "used-45": [{"made": 80, "used": 45.5}],
        "never-used": [{"made": 46, "used": None}],
        "just-made": [{"made": 3, "used": None}],
        "none": [],
    }
    for name, keys in users.items():
        iam.create_user(UserName=name)
        for one in keys:
            key(iam, name, **one)
    person(iam, "anna")
    key(iam, "anna", used=None)
    person(iam, "bert")
    key(iam, "bert", used=2)
    found = scan("iam")
    for policy, bad, skipped in (
        ("aws-iam-user-key-age", {"day-91", "second-is-old"}, {"none", "old-and-off"}),
        ("aws-iam-user-key-unused", {"used-45", "never-used"}, {"none", "old-and-off"}),
        ("aws-iam-user-two-keys", {"second-is-old"}, {"none", "old-and-off"}),
        ("aws-iam-user-initial-key", {"anna"}, users.keys()),
    ):
        wanted = dict.fromkeys((*users, "anna", "bert"), "healthy")
        wanted |= dict.fromkeys(skipped, "not_applicable") | dict.fromkeys(bad, "unhealthy")
        assert of(found, policy) == wanted, policy


def test_who_is_an_administrator(stocked: Any) -> None:
    iam = stocked
    for name in ("plain", "inline", "attached", "inline-read", "attached-read", "member"):
        iam.create_user(UserName=name)
    iam.put_user_policy(UserName="inline", PolicyName="p", PolicyDocument=ADMIN)
    iam.put_user_policy(UserName="inline-read", PolicyName="p", PolicyDocument=READ)
    iam.attach_user_policy(UserName="attached", PolicyArn=AWS_ADMIN)
    iam.attach_user_policy(UserName="attached-read", PolicyArn=AWS_READ)
    iam.create_group(GroupName="admins")
    iam.put_group_policy(GroupName="admins", PolicyName="p", PolicyDocument=ADMIN)
    iam.add_user_to_group(GroupName="admins", UserName="member")
    iam.create_group(GroupName="empty")
    for role, document in (("admin-role", ADMIN), ("reader", READ)):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
        iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document)
    everything = iam.create_policy(PolicyName="everything", PolicyDocument=ADMIN)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="reader", PolicyArn=everything)
    iam.create_policy(PolicyName="unattached", PolicyDocument=ADMIN)
    iam.create_policy(PolicyName="reading", PolicyDocument=READ)
    narrowed = iam.create_policy(PolicyName="narrowed", PolicyDocument=ADMIN)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=narrowed, PolicyDocument=READ, SetAsDefault=True)
    widened = iam.create_policy(PolicyName="widened", PolicyDocument=READ)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=widened, PolicyDocument=ADMIN, SetAsDefault=True)
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=ADMIN)["Policy"]["Arn"]
    iam.create_role(RoleName="bound", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=boundary)
    found = scan("iam")
    inline = of(found, "aws-iam-inline-policy-admin")
    assert {name for name, status in inline.items() if status == "unhealthy"} == {
        "inline",
        "admins",
        "admin-role",
    }
    assert set(inline.values()) == {"healthy", "unhealthy"}
    direct = of(found, "aws-iam-user-direct-policies")
    assert {name for name, status in direct.items() if status == "healthy"} == {"plain", "member"}
    administrators = of(found, "aws-iam-user-administrator")
    assert {name for name, status in administrators.items() if status == "unhealthy"} == {"attached"}
    own = of(found, "aws-iam-policy-admin")
    assert {name: own[name] for name in ("everything", "unattached", "reading", "narrowed", "widened")} == {
        "everything": "unhealthy",
        "unattached": "unhealthy",
        "reading": "healthy",
        "narrowed": "healthy",
        "widened": "unhealthy",
    }
    of_aws = of(found, "aws-iam-aws-policy-admin")
    assert (of_aws["AdministratorAccess"], of_aws["ReadOnlyAccess"]) == ("unhealthy", "healthy")
    assert own["AdministratorAccess"] == "not_applicable"


GOOD = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 24,
}


@pytest.mark.parametrize(
    ("change", "bad"),
    [
        ({}, ""),
        ({"MinimumPasswordLength": 13}, "length"),
        ({"MinimumPasswordLength": 15}, ""),
        ({"RequireSymbols": False}, "symbol"),
        ({"RequireNumbers": False}, "number"),
        ({"RequireUppercaseCharacters": False}, "uppercase"),
        ({"RequireLowercaseCharacters": False}, "lowercase"),
        ({"MaxPasswordAge": 89}, ""),
        ({"MaxPasswordAge": 91}, "expiry"),
        ({"MaxPasswordAge": None}, "expiry"),
        ({"PasswordReusePrevention": 23}, "reuse"),
        ({"PasswordReusePrevention": None}, "reuse"),
        (None, "expiry length lowercase number reuse symbol uppercase"),
    ],
)
def test_the_password_policy(iam: Any, change: dict[str, Any] | None, bad: str) -> None:
    if change is not None:
        wanted = {name: value for name, value in (GOOD | change).items() if value is not None}
        iam.update_account_password_policy(**wanted)
    names = ("expiry", "length", "lowercase", "number", "reuse", "symbol", "uppercase")
    found = scan("iam", *(f"aws-iam-password-{name}" for name in names), also=("account",))
    assert {policy.removeprefix("aws-iam-password-"): status for (policy, _), status in found.items()} == {
        name: "unhealthy" if name in bad.split() else "healthy" for name in names
    }
