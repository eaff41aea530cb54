"""Many accounts as one connector, over moto: each taken with its role, none in the way of another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.core.authorization import enable_iam_authentication

from cloudward.connect.aws.fleet import PARALLEL, Fleet
from cloudward.connect.aws.pace import Clock
from cloudward.connect.aws.settings import Settings
from cloudward.errors import SignInError, UsageError
from cloudward.model import Outcome, Provider, Reason, Scope, ScopeState
from cloudward.rules.completion import sealer

from .conftest import ACCOUNT, Collected, types

ONE, TWO, THREE = "111122223333", "444455556666", "777788889999"
EXTERNAL_ID = "kept-by-cloudward"


def fleet(settings: Settings, **further: Any) -> Fleet:
    further = {
        "external_id": EXTERNAL_ID,
        "clock": Clock(sleep=lambda _: None),
        "services": ["kms"],
        **further,
    }
    return Fleet(types(), sealer(b"key"), settings, **further)


def listed(*accounts: str, **settings: Any) -> Settings:
    return Settings(role="cloudward", accounts=accounts, **settings)


def read(settings: Settings, **further: Any) -> Collected:
    """All that the accounts give."""
    connector = fleet(settings, **further)
    try:
        return Collected([row for unit in connector.units() for row in connector.collect(unit)])
    finally:
        connector.close()


def scopes(settings: Settings, **further: Any) -> dict[str, Scope]:
    connector = fleet(settings, **further)
    try:
        return {scope.id: scope for scope in connector.scopes()}
    finally:
        connector.close()


def signed_in(account: str) -> dict[str, str]:
    """For boto3: somebody in another account."""
    role = f"arn:aws:iam::{account}:role/builder"
    given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="build")["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def key_in(account: str, region: str = "us-east-1") -> str:
    made = boto3.client("kms", region_name=region, **signed_in(account)).create_key()  # type: ignore[call-overload]
    return str(made["KeyMetadata"]["Arn"])


def as_user(patch: pytest.MonkeyPatch, *statements: dict[str, Any]) -> None:
    """Sign in as somebody who may do no more than this."""
    iam = boto3.client("iam")
    iam.create_user(UserName="scanner")
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    iam.put_user_policy(UserName="scanner", PolicyName="may", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="scanner")["AccessKey"]
    patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])


def may_assume(*accounts: str) -> dict[str, Any]:
    roles = [f"arn:aws:iam::{account}:role/cloudward" for account in accounts]
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles}


def role_in(account: str, *actions: str) -> None:
    """The role that a scan takes, which may do no more than this."""
    iam = boto3.client("iam", **signed_in(account))  # type: ignore[call-overload]
    iam.create_role(RoleName="cloudward", AssumeRolePolicyDocument="{}")
    if actions:
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName="cloudward", PolicyName="may", PolicyDocument=document)


KMS = ("ec2:DescribeRegions", "kms:*")


def test_each_account_gives_its_own(moto: None) -> None:
    keys = {ONE: key_in(ONE), TWO: key_in(TWO, "eu-west-1")}
    found = read(listed(ONE, TWO, regions=("us-east-1", "eu-west-1")))
    assert {key.scope: key.id for key in found.of("AWS::KMS::Key")} == keys
    assert {row.scope for row in found.coverage} == {ONE, TWO}


def test_types_of_cloud_control_are_read_in_each_account(moto: None) -> None:
    connector = fleet(listed(ONE, TWO), services=[], cloud_control=["AWS::Oam::Sink"], regions=["us-east-1"])
    units = {unit.id for unit in connector.units()}
    connector.close()
    assert {f"{ONE}/us-east-1/cloudcontrol-regional", f"{TWO}/us-east-1/cloudcontrol-regional"} <= units


def test_units_of_all_accounts_alternate(moto: None) -> None:
    connector = fleet(listed(ONE, TWO), services=["kms", "s3"], regions=["us-east-1"])
    assert [unit.id for unit in connector.units()] == [
        f"{ONE}/us-east-1/kms",
        f"{TWO}/us-east-1/kms",
        f"{ONE}/global/s3",
        f"{TWO}/global/s3",
        f"{ONE}/unscanned",
        f"{TWO}/unscanned",
    ]
    connector.close()


def test_an_account_whose_role_cannot_be_taken_is_told_and_the_others_are_read(
    moto: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_in(ONE)
    role_in(ONE, *KMS)
    as_user(monkeypatch, may_assume(ONE))
    with enable_iam_authentication():
        found = read(listed(ONE, TWO))
    assert [key.scope for key in found.of("AWS::KMS::Key")] == [ONE]
    (row,) = [row for row in found.coverage if row.scope == TWO]
    assert (row.type, row.region, row.call, row.outcome, row.listing) == (
        "",
        None,
        "sts:AssumeRole",
        Outcome.DENIED,
        True,
    )
    assert row.cause
    assert row.cause.reason is Reason.DENIED
    assert "not authorized to perform: sts:AssumeRole" in row.cause.message


def test_an_account_in_which_everything_is_denied_harms_no_other(
    moto: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for account in (ONE, TWO):
        key_in(account)
    role_in(ONE, *KMS)
    role_in(TWO)
    as_user(monkeypatch, may_assume(ONE, TWO))
    with enable_iam_authentication():
        found = read(listed(ONE, TWO), regions=["us-east-1"])
    assert [key.scope for key in found.of("AWS::KMS::Key")] == [ONE]
    dark = [row for row in found.coverage if row.scope == TWO and row.region in (None, "us-east-1")]
    assert {row.outcome for row in dark} == {Outcome.DENIED}
    assert {row.call for row in dark if row.listing} == {"kms:ListKeys", "ec2:DescribeRegions"}


def organization(*names: str) -> dict[str, str]:
    """An organization with accounts of these names; name -> id, of its root and a unit too."""
    client = boto3.client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    unit = client.create_organizational_unit(ParentId=root, Name="Production")["OrganizationalUnit"]["Id"]
    made = {"root": root, "Production": unit, "management": ACCOUNT}
    for name in names:
        status = client.create_account(Email=f"{name}@example.org", AccountName=name)
        made[name] = status["CreateAccountStatus"]["AccountId"]
        if name.startswith("prod"):
            client.move_account(AccountId=made[name], SourceParentId=root, DestinationParentId=unit)
    return made


WHOLE = Settings(role="cloudward", organization=True)


def test_an_organization_is_a_tree_of_units_and_accounts(moto: None) -> None:
    made = organization("prod-shop", "dev-shop")
    found = scopes(WHOLE)
    top = boto3.client("organizations").describe_organization()["Organization"]["Id"]
    assert {(scope.id, scope.kind, scope.parent) for scope in found.values()} == {
        (top, "organization", None),
        (made["root"], "root", top),
        (made["Production"], "organizational unit", made["root"]),
        (made["management"], "account", made["root"]),
        (made["prod-shop"], "account", made["Production"]),
        (made["dev-shop"], "account", made["root"]),
    }
    assert found[made["Production"]].name == "Production"
    assert found[made["prod-shop"]].name == "prod-shop"
    assert {scope.state for scope in found.values()} == {ScopeState.ACTIVE}


def test_an_account_that_joins_is_read_the_next_time(moto: None) -> None:
    organization("prod-shop")
    before = scopes(WHOLE)
    joined = boto3.client("organizations").create_account(Email="n@example.org", AccountName="new")
    id = joined["CreateAccountStatus"]["AccountId"]
    connector = fleet(WHOLE, before=list(before.values()))
    assert any(unit.id == f"{id}/us-east-1/kms" for unit in connector.units())
    connector.close()


def test_an_account_that_left_or_is_suspended_is_told_and_not_asked(moto: None) -> None:
    made = organization("prod-shop", "dev-shop", "old-shop")
    before = list(scopes(WHOLE).values())
    client = boto3.client("organizations")
    client.close_account(AccountId=made["old-shop"])
    client.remove_account_from_organization(AccountId=made["prod-shop"])
    states = {scope.name: scope.state for scope in scopes(WHOLE, before=before).values()}
    assert states["dev-shop"] is ScopeState.ACTIVE
    assert states["prod-shop"] is ScopeState.LEFT
    assert states["old-shop"] is ScopeState.SUSPENDED
    rows = {row.scope: row for row in read(WHOLE, before=before).coverage if not row.type}
    assert {made["prod-shop"], made["old-shop"]} == set(rows)
    for row in rows.values():
        assert (row.outcome, row.listing) == (Outcome.NOT_REQUESTED, True)
        assert row.cause
        assert row.cause.reason is Reason.NOT_SCANNED
    left = rows[made["prod-shop"]].cause
    assert left
    assert left.message == "the account left the organization"


def test_an_account_that_was_never_in_the_organization_did_not_leave_it(moto: None) -> None:
    organization()
    stranger = Scope(TWO, Provider.AWS, "account", "stranger")
    other = Scope(THREE, Provider.AWS, "account", "other", "o-another")
    assert not {TWO, THREE} & set(scopes(WHOLE, before=[stranger, other]))


def test_an_organization_that_may_not_be_listed_ends_the_scan_with_what_to_do(moto: None) -> None:
    with pytest.raises(
        SignInError, match="organizations:DescribeOrganization: AWSOrganizationsNotInUse"
    ) as caught:
        scopes(WHOLE)
    assert "delegated administrator" in caught.value.hint


def test_accounts_can_be_narrowed_to_some(moto: None) -> None:
    assert list(scopes(listed(ONE, TWO), only=[TWO])) == [TWO]
    with pytest.raises(UsageError, match=f"'{THREE}' is not of this connector"):
        scopes(listed(ONE, TWO), only=[THREE])


def test_a_region_that_no_account_has_is_refused_with_the_near_name(moto: None) -> None:
    with pytest.raises(
        UsageError, match="'eu-west-11' is not enabled in any of the accounts; did you mean 'eu-west-1'"
    ):
        read(listed(ONE, TWO), regions=["eu-west-11"])


def test_a_web_identity_stands_for_credentials(
    moto: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key_in(ONE)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    token = tmp_path / "token"
    settings = listed(
        ONE,
        regions=("us-east-1",),
        web_identity_token_file=str(token),
        web_identity_role=f"arn:aws:iam::{ACCOUNT}:role/ci",
    )
    with pytest.raises(SignInError, match="the web identity token cannot be read"):
        read(settings)
    token.write_text("header.claims.signature\n")
    assert [key.scope for key in read(settings).of("AWS::KMS::Key")] == [ONE]


def test_without_credentials_nothing_is_read(moto: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(SignInError):
        read(listed(ONE))


def test_clients_are_shared_by_all_accounts(moto: None) -> None:
    connector = fleet(listed(ONE, TWO, THREE), regions=["us-east-1"])
    for unit in connector.units():
        list(connector.collect(unit))
    made = connector._boto._clients
    connector.close()
    assert {service for service, _ in made} == {"sts", "ec2", "kms"}
    assert len(made) == 3


def test_the_external_id_is_sent(moto: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.sts.models import sts_backends

    read(listed(ONE))
    taken = sts_backends[ONE]["aws"].assumed_roles
    assert [(role.role_arn, role.external_id) for role in taken] == [
        (f"arn:aws:iam::{ONE}:role/cloudward", EXTERNAL_ID)
    ]


def test_more_accounts_than_threads_are_entered_once_each(moto: None) -> None:
    from moto.sts.models import sts_backends

    ids = [f"{100_000_000_000 + number}" for number in range(PARALLEL + 8)]
    connector = fleet(listed(*ids), regions=["us-east-1"])
    assert {unit.scope.id for unit in connector.units()} == set(ids)
    assert {len(sts_backends[id]["aws"].assumed_roles) for id in ids} == {1}
    connector.close()
