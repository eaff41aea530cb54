"""Identities as moto plays them, and what moto cannot play as recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cloudward.connect.aws.replay import Faulty, Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason, Resource

from .conftest import ACCOUNT, Collected, Scan, sign_in

DENIED = refused("AccessDenied", "not authorized", 403)
BULK = "GetAccountAuthorizationDetails"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture(scope="module")
def moto_iam() -> Iterator[Any]:
    """moto with the policies of AWS, for all tests of this file: it takes a second to make."""
    with pytest.MonkeyPatch.context() as patch, mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        sign_in(patch)
        yield boto3.client("iam")


@pytest.fixture(scope="module")
def iam(moto_iam: Any) -> Any:
    """A user in a group, a role, and policies in every place that has room for one."""
    iam = moto_iam
    own = iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(ALL))["Policy"]["Arn"]
    iam.create_policy(PolicyName="idle", PolicyDocument=json.dumps(ALL))
    iam.create_user(
        UserName="ada", Path="/staff/", Tags=[{"Key": "team", "Value": "red"}], PermissionsBoundary=own
    )
    iam.create_login_profile(UserName="ada", Password="correct horse")
    iam.create_access_key(UserName="ada")
    iam.put_user_policy(UserName="ada", PolicyName="inline", PolicyDocument=json.dumps(ALL))
    iam.attach_user_policy(UserName="ada", PolicyArn=own)
    iam.create_group(GroupName="ops")
    iam.add_user_to_group(GroupName="ops", UserName="ada")
    iam.put_group_policy(GroupName="ops", PolicyName="inline", PolicyDocument=json.dumps(ALL))
    iam.attach_group_policy(GroupName="ops", PolicyArn=own)
    iam.create_role(RoleName="runner", AssumeRolePolicyDocument=json.dumps(TRUST), MaxSessionDuration=7200)
    iam.put_role_policy(RoleName="runner", PolicyName="inline", PolicyDocument=json.dumps(ALL))
    iam.attach_role_policy(RoleName="runner", PolicyArn=ADMIN)
    return iam


def by_id(resources: list[Resource]) -> dict[str, Any]:
    """What was read of each; moto's bulk answer lacks the boundary."""
    return {r.id: ({**r.properties, "PermissionsBoundary": ""}, r.tags, r.unread) for r in resources}


def over_moto(scan: Scan) -> Collected:
    return scan(Boto(), services=["iam"])


def test_user_is_read_with_its_permissions(iam: Any, scan: Scan) -> None:
    user = over_moto(scan).one("AWS::IAM::User", "ada")
    own = f"arn:aws:iam::{ACCOUNT}:policy/own"
    assert list(user.unread) == ["Runtime.Credentials.AccessKeys[0].AccessKeyId"]
    assert (user.id, user.region) == (f"arn:aws:iam::{ACCOUNT}:user/staff/ada", None)
    assert user.tags == {"team": "red"}
    assert user.generation == user.properties["Runtime"]["UserId"]
    assert user.properties["Path"] == "/staff/"
    assert user.properties["Groups"] == ["ops"]
    assert user.properties["ManagedPolicyArns"] == [own]
    assert user.properties["Policies"] == [{"PolicyName": "inline", "PolicyDocument": ALL}]


def test_credentials_come_from_the_report(iam: Any, scan: Scan) -> None:
    found = over_moto(scan)
    credentials = found.one("AWS::IAM::User", "ada").properties["Runtime"]["Credentials"]
    assert credentials["PasswordEnabled"] is True
    assert credentials["MfaActive"] is False
    assert credentials["VirtualMfaDevices"] == []
    (key,) = credentials["AccessKeys"]
    assert (key["Active"], key["LastUsed"]) == (True, None)
    assert key["LastRotated"].endswith("Z")
    assert found.outcomes("iam:ListAccessKeys", "AWS::IAM::User") == {}


def test_group_and_role_are_read_with_their_permissions(iam: Any, scan: Scan) -> None:
    found = over_moto(scan)
    group, role = found.one("AWS::IAM::Group"), found.one("AWS::IAM::Role")
    assert group.unread == role.unread == {}
    assert group.properties["Policies"] == [{"PolicyName": "inline", "PolicyDocument": ALL}]
    assert role.properties["AssumeRolePolicyDocument"] == TRUST
    assert role.properties["ManagedPolicyArns"] == [ADMIN]
    assert role.properties["MaxSessionDuration"] == 7200


def test_own_policies_and_attached_ones_of_aws_are_read_with_the_version_in_force(
    iam: Any, scan: Scan
) -> None:
    policies = {policy.name: policy for policy in over_moto(scan).of("AWS::IAM::ManagedPolicy")}
    assert set(policies) == {"own", "idle", "AdministratorAccess"}
    assert policies["own"].properties["PolicyDocument"] == ALL
    assert policies["own"].properties["Runtime"]["AttachmentCount"] == 2
    assert policies["idle"].properties["Runtime"]["AttachmentCount"] == 0
    assert policies["AdministratorAccess"].properties["Runtime"]["AwsManaged"] is True
    assert policies["AdministratorAccess"].properties["PolicyDocument"]["Statement"][0]["Action"] == "*"


def test_the_lists_give_the_same_where_the_bulk_call_is_denied(iam: Any, scan: Scan) -> None:
    bulk = over_moto(scan)
    lists = scan(Faulty(Boto()).record("iam", BULK, DENIED, forever=True), services=["iam"])
    for type in ("AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
        assert by_id(lists.of(type)) == by_id(bulk.of(type))
        assert all(
            row.outcome is not Outcome.DENIED for row in lists.coverage if row.type == type and row.listing
        )
        assert not lists.row("iam:" + BULK, Outcome.DENIED, type).listing


def test_when_bulk_call_and_lists_are_denied_the_types_are_not_read(iam: Any, scan: Scan) -> None:
    aws = Faulty(Boto())
    for operation in (
        "GetAccountAuthorizationDetails",
        "ListUsers",
        "ListGroups",
        "ListRoles",
        "ListPolicies",
    ):
        aws.record("iam", operation, DENIED, forever=True)
    found = scan(aws, services=["iam"])
    assert found.of("AWS::IAM::User") == []
    assert found.row("iam:ListUsers", Outcome.DENIED).listing


def test_without_the_report_each_user_is_asked_live(iam: Any, scan: Scan) -> None:
    aws = Faulty(Boto()).record("iam", "GetCredentialReport", DENIED, forever=True)
    user = scan(aws, services=["iam"]).one("AWS::IAM::User", "ada")
    credentials = user.properties["Runtime"]["Credentials"]
    assert credentials["PasswordEnabled"] is True
    assert credentials["MfaActive"] is False
    (key,) = credentials["AccessKeys"]
    assert key["Active"] is True
    assert key["AccessKeyId"].startswith("AKIA")
    assert user.unread["Runtime.Credentials.PasswordLastChanged"].reason is Reason.DENIED
    assert user.unread["Runtime.Credentials.PasswordLastChanged"].call == "iam:GetCredentialReport"


HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
    "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"
    "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,"
    "cert_2_active,cert_2_last_rotated"
)
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OLD = "2019-05-01T10:00:00+00:00"
NEVER = "false,N/A,N/A,N/A,N/A"
ROOT_ROW = (
    f"<root_account>,{ROOT},{OLD},not_supported,{OLD},not_supported,not_supported,true,"
    f"{NEVER},{NEVER},false,N/A,false,N/A"
)
ADA = f"arn:aws:iam::{ACCOUNT}:user/ada"
ADA_ROW = (
    f"ada,{ADA},{OLD},TRUE,no_information,{OLD},N/A,FALSE,"
    f"TRUE,{OLD},{OLD},us-east-1,s3,FALSE,{OLD},N/A,N/A,N/A,true,{OLD},false,N/A"
)


@pytest.fixture
def account(replay: Replay) -> Replay:
    """An account of which the summary and a real-looking report are recorded."""
    summary = {
        "AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0, "AccountSigningCertificatesPresent": 0
    }  # fmt: skip
    content = "\n".join((HEADER, ROOT_ROW, ADA_ROW)).encode()
    report = {"Content": content, "GeneratedTime": "2025-12-31T20:00:00Z"}
    replay.record("iam", "GetAccountSummary", {"SummaryMap": summary}, forever=True)
    replay.record("iam", "GenerateCredentialReport", {"State": "COMPLETE"})
    replay.record("iam", "GetCredentialReport", report)
    return replay.record("iam", "ListVirtualMFADevices", {"VirtualMFADevices": [], "IsTruncated": False})


def user(name: str) -> dict[str, Any]:
    empty: dict[str, list[Any]] = {"UserPolicyList": [], "GroupList": [], "AttachedManagedPolicies": []}
    return {"UserName": name, "Arn": f"arn:aws:iam::{ACCOUNT}:user/{name}", **empty}


def test_report_of_a_user_has_nulls_for_nothing_and_only_keys_that_exist(account: Replay, scan: Scan) -> None:
    account.record("iam", BULK, {"UserDetailList": [user("ada")]}, Filter=["User"])
    found = scan(account, services=["iam"], wanted={}).one("AWS::IAM::User")
    credentials = found.properties["Runtime"]["Credentials"]
    assert credentials["PasswordEnabled"] is True
    assert credentials["PasswordLastUsed"] is None
    assert credentials["PasswordLastChanged"] == "2019-05-01T10:00:00Z"
    first, second = credentials["AccessKeys"]
    assert (first["Active"], first["LastUsedService"]) == (True, "s3")
    assert first["LastUsed"] == "2019-05-01T10:00:00Z"
    assert (second["Active"], second["LastUsed"]) == (False, None)
    assert credentials["Certificates"] == [{"Active": True, "LastRotated": "2019-05-01T10:00:00Z"}]
    assert credentials["ReportedAt"] == "2025-12-31T20:00:00Z"


def test_user_younger_than_the_report_is_asked_live(account: Replay, scan: Scan) -> None:
    account.record("iam", BULK, {"UserDetailList": [user("new")]}, Filter=["User"])
    account.record("iam", "GetLoginProfile", refused("NoSuchEntity", status=404))
    account.record("iam", "ListAccessKeys", {"AccessKeyMetadata": []})
    account.record("iam", "ListMFADevices", {"MFADevices": []})
    found = scan(account, services=["iam"], wanted={}).one("AWS::IAM::User")
    credentials = found.properties["Runtime"]["Credentials"]
    assert (credentials["PasswordEnabled"], credentials["AccessKeys"]) == (False, [])
    assert "does not hold it" in found.unread["Runtime.Credentials.Certificates"].message


def test_root_is_read_from_the_live_summary_and_the_report(account: Replay, scan: Scan) -> None:
    root = scan(account, services=["iam"]).one("AWS::IAM::RootUser").properties
    assert root["MfaActive"] is True
    assert root["AccessKeysPresent"] is False
    assert root["PasswordEnabled"] is None
    assert root["PasswordLastUsed"] == "2019-05-01T10:00:00Z"
    assert root["AccessKeys"] == []
    assert root["VirtualMfaDevices"] == []


def test_boundary_of_a_user_is_read_from_the_bulk_answer(account: Replay, scan: Scan) -> None:
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": ADMIN}
    bounded = {**user("ada"), "PermissionsBoundary": boundary}
    account.record("iam", BULK, {"UserDetailList": [bounded]}, Filter=["User"])
    found = scan(account, services=["iam"]).one("AWS::IAM::User")
    assert found.properties["PermissionsBoundary"] == ADMIN


def test_virtual_device_of_root_is_seen(account: Replay, scan: Scan) -> None:
    device = {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device", "User": {"Arn": ROOT}}
    replay = Replay().record("iam", "ListVirtualMFADevices", {"VirtualMFADevices": [device]})
    found = scan(Faults(account, replay), services=["iam"])
    assert found.one("AWS::IAM::RootUser").properties["VirtualMfaDevices"] == [device["SerialNumber"]]


def test_password_of_root_is_what_the_summary_says_where_it_does(account: Replay, scan: Scan) -> None:
    summary = {
        "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 1, "AccountSigningCertificatesPresent": 0,
        "AccountPasswordPresent": 1,
    }  # fmt: skip
    replay = Replay().record("iam", "GetAccountSummary", {"SummaryMap": summary}, forever=True)
    root = scan(Faults(account, replay), services=["iam"]).one("AWS::IAM::RootUser").properties
    assert (root["PasswordEnabled"], root["AccessKeysPresent"], root["MfaActive"]) == (True, True, False)


def test_root_that_is_not_in_the_report_is_unread_there_and_read_live(account: Replay, scan: Scan) -> None:
    replay = Replay().record("iam", "GetCredentialReport", {"Content": HEADER.encode(), "GeneratedTime": "x"})
    root = scan(Faults(account, replay), services=["iam"]).one("AWS::IAM::RootUser")
    assert root.properties["MfaActive"] is True
    assert root.unread["PasswordLastUsed"].call == "iam:GetCredentialReport"


def test_no_password_policy_is_known_to_be_none(replay: Replay, scan: Scan) -> None:
    replay.record("iam", "GetAccountPasswordPolicy", refused("NoSuchEntity", status=404))
    policy = scan(replay, services=["iam"]).one("AWS::IAM::AccountPasswordPolicy")
    assert policy.unread == {}
    assert (policy.properties["IsSet"], policy.properties["MinimumPasswordLength"]) == (False, 8)


def test_denied_password_policy_is_not_taken_for_none(replay: Replay, scan: Scan) -> None:
    replay.record("iam", "GetAccountPasswordPolicy", DENIED)
    found = scan(replay, services=["iam"])
    policy = found.one("AWS::IAM::AccountPasswordPolicy")
    assert "MinimumPasswordLength" in policy.unread
    assert "IsSet" in policy.unread
    assert policy.properties == {}
    assert found.row("iam:GetAccountPasswordPolicy", Outcome.DENIED).listing


def test_calls_do_not_grow_with_the_number_of_users(iam: Any, scan: Scan) -> None:
    for number in range(20):
        iam.create_user(UserName=f"user-{number}")
    aws = Faulty(Boto())
    scan(aws, services=["iam"], wanted={})
    asked = [operation for service, _, operation, _ in aws.requests if service == "iam"]
    assert len(asked) == 14, sorted(asked)  # one of them for the one policy of AWS that is attached


class Faults(Faulty):
    """Another replay's answers before those of one."""

    def __init__(self, inner: Replay, first: Replay) -> None:
        super().__init__(inner)
        self._recorded = first._recorded
