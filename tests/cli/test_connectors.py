"""Connectors as a user meets them: made, shown, scanned, removed, over an organization that moto plays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.authorization import enable_iam_authentication

from cloudward.cli.commands import connectors
from cloudward.store import Store
from tests.cli.conftest import Cloudward

ONE, TWO = "111122223333", "444455556666"
SCAN = [
    "scan",
    "aws",
    "--connector",
    "acme",
    "--region",
    "us-east-1",
    "--service",
    "kms",
    "--fail-on",
    "never",
]


@pytest.fixture
def moto(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def key_in(account: str) -> None:
    role = f"arn:aws:iam::{account}:role/builder"
    given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="build")["Credentials"]
    kms = boto3.client(
        "kms",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    kms.create_key()


def organization(*names: str) -> dict[str, str]:
    """An organization with an account of each name, and a key in it."""
    client = boto3.client("organizations")
    client.create_organization(FeatureSet="ALL")
    made = {}
    for name in names:
        status = client.create_account(Email=f"{name}@example.org", AccountName=name)
        made[name] = status["CreateAccountStatus"]["AccountId"]
        key_in(made[name])
    return made


def test_a_connector_is_made_shown_and_removed(cloudward: Cloudward) -> None:
    assert cloudward("connectors").err.startswith("There are no connectors")
    words = ["connectors", "add", "aws", "acme", "--accounts", f"{ONE}, {TWO}", "--role", "cloudward"]
    made = cloudward(*words, "-o", "json")
    (item,) = made.json["items"]
    assert set(item) == set(connectors.LISTING.keys)
    assert (item["accounts"], item["reads"]) == ([ONE, TWO], "2 accounts")
    assert made.err == "Next: cloudward permissions aws --template cloudformation --connector acme\n"
    assert cloudward("connectors", "list", "-o", "json").json["items"] == [item]
    shown = cloudward("connectors", "show", "acme")
    assert shown.out == f"acme: 2 accounts\nrole cloudward, ExternalId {item['external_id']}\n"
    assert shown.err.startswith("It was not scanned yet.\n")
    assert cloudward("connectors", "remove", "acme").code == 0
    assert cloudward("connectors", "list", "-o", "json").json["items"] == []


def test_the_external_id_is_made_here_and_stays_with_new_settings(cloudward: Cloudward) -> None:
    words = ["connectors", "add", "aws", "acme", "--role", "cloudward", "-o", "json"]
    first = cloudward(*words, "--accounts", ONE).json["items"][0]
    assert len(first["external_id"]) == 32
    again = cloudward(*words, "--accounts", TWO)
    assert again.code == 2
    assert "there is a connector 'acme' already" in again.err
    changed = cloudward(*words, "--accounts", TWO, "--replace").json["items"][0]
    assert (changed["accounts"], changed["external_id"]) == ([TWO], first["external_id"])
    cloudward("connectors", "remove", "acme")
    assert cloudward(*words, "--accounts", ONE).json["items"][0]["external_id"] != first["external_id"]
    assert cloudward(*words, "--external-id", "mine").code == 2, "nobody can bring his own"


def test_accounts_come_from_a_file_too(cloudward: Cloudward, home: Path) -> None:
    file = home / "accounts.txt"
    file.write_text(f"# shops\n{ONE}  # the first\n\n{TWO},{ONE}\n")
    words = ["connectors", "add", "aws", "acme", "--role", "cloudward", "--accounts-file", file, "-o", "json"]
    assert cloudward(*words).json["items"][0]["accounts"] == [ONE, TWO]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--accounts", "11112222333"], "'11112222333' is not an account's id"),
        (["--accounts", ONE, "--organization"], "which accounts?"),
        ([], "which accounts?"),
        (["--accounts", ONE, "--region", "europe"], "'europe' is not a region"),
        (["--accounts", ONE, "--role", "path/x"], "'path/x' is not a role's name"),
        (["--accounts", ONE, "--web-identity-token-file", "t"], "--web-identity-token-file and --web-"),
        (["--accounts-file", "nosuch"], "nosuch cannot be read"),
    ],
)
def test_settings_are_checked_when_they_are_made(
    cloudward: Cloudward, words: list[str], message: str
) -> None:
    ran = cloudward("connectors", "add", "aws", "acme", "--role", "cloudward", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {message}")
    assert cloudward("connectors", "add", "aws", "A B", "--role", "x", "--accounts", ONE).code == 2


def test_a_connector_that_there_is_not_is_refused_with_the_near_name(cloudward: Cloudward) -> None:
    assert "there is no connector 'acme'" in cloudward(*SCAN).err
    cloudward("connectors", "add", "aws", "acme-org", "--role", "cloudward", "--organization")
    for words in (SCAN, ["connectors", "show", "acme"], ["connectors", "remove", "acme"]):
        ran = cloudward(*words)
        assert ran.code == 2
        assert "there is no connector 'acme'; did you mean 'acme-org'?" in ran.err
    assert "--account is for --connector" in cloudward("scan", "aws", "--account", ONE).err


def test_all_accounts_of_an_organization_are_scanned_and_shown(moto: None, cloudward: Cloudward) -> None:
    made = organization("prod-shop", "dev-shop")
    cloudward("connectors", "add", "aws", "acme", "--role", "cloudward", "--organization")
    ran = cloudward(*SCAN)
    assert ran.code == 0
    assert "3 accounts\n" in ran.err.splitlines(keepends=True)[0]
    assert "prod-shop: 1 resource" in ran.err
    shown = cloudward("connectors", "show", "acme", "-o", "json").json
    assert {item["name"]: (item["state"], item["read"]) for item in shown["items"]} == {
        "master": ("active", True),
        "prod-shop": ("active", True),
        "dev-shop": ("active", True),
    }
    assert shown["role"] == "cloudward"
    assert set(shown["items"][0]) == set(connectors.ACCOUNTS.keys)
    only = cloudward(*SCAN, "--account", made["prod-shop"], "-o", "json")
    assert [item["name"] for item in only.json["items"]] == ["prod-shop"]


def test_a_group_stands_for_all_that_is_below_it(moto: None, cloudward: Cloudward) -> None:
    organization("prod-shop", "dev-shop")
    cloudward("connectors", "add", "aws", "acme", "--role", "cloudward", "--organization")
    cloudward(*SCAN)
    root = boto3.client("organizations").list_roots()["Roots"][0]["Id"]
    keys = cloudward("inventory", "AWS::KMS::Key", "--scope", root, "-o", "json").json
    assert {item["scope"] for item in keys["items"]} == {
        item["scope"] for item in cloudward("inventory", "AWS::KMS::Key", "-o", "json").json["items"]
    }
    assert keys["total"] == 2
    assert len(cloudward("score", "--scope", root, "-o", "json").json["items"]) == 3
    asked = cloudward("query", "SELECT kind, state FROM scopes WHERE parent IS NULL", "-o", "json").json
    assert asked["items"] == [{"kind": "organization", "state": "active"}]


def test_what_left_or_is_suspended_is_told_and_counts_as_nobodys_health(
    moto: None, cloudward: Cloudward
) -> None:
    made = organization("prod-shop", "dev-shop", "old-shop")
    cloudward("connectors", "add", "aws", "acme", "--role", "cloudward", "--organization")
    cloudward(*SCAN)
    client = boto3.client("organizations")
    client.close_account(AccountId=made["old-shop"])
    client.remove_account_from_organization(AccountId=made["dev-shop"])
    for _ in range(2):
        ran = cloudward(*SCAN)
        assert ran.code == 0, "nothing that was asked for is missing"
        assert "Left the organization: dev-shop; Suspended: old-shop\n" in ran.out
        items = cloudward("recommendations", "--resources", "--status", "all", "-o", "json").json["items"]
        of = {name: {item["status"] for item in items if item["scope"] == made[name]} for name in made}
        assert of["dev-shop"] == of["old-shop"] == {"unknown"}
        assert "unknown" not in of["prod-shop"]
    causes = {item["cause"] for item in items if item["scope"] == made["dev-shop"]}
    assert all("the account left the organization" in cause for cause in causes)
    assert all(item["last_known"] for item in items if item["scope"] == made["dev-shop"])
    scored = {item["scope"] for item in cloudward("score", "-o", "json").json["items"]}
    assert not scored & {made["dev-shop"], made["old-shop"]}
    programs = cloudward(*SCAN, "-o", "json").json["items"]
    states = {item["name"]: (item["state"], item["percentage"] is None) for item in programs}
    assert states["dev-shop"] == ("left", True)
    assert states["old-shop"] == ("suspended", True)


def test_an_account_that_cannot_be_entered_makes_the_scan_incomplete_and_no_more(
    moto: None, cloudward: Cloudward, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_in(ONE)
    key_in(TWO)
    cloudward("connectors", "add", "aws", "acme", "--role", "cloudward", "--accounts", f"{ONE},{TWO}")
    assert cloudward(*SCAN).code == 0
    before = cloudward("recommendations", "--resources", "--status", "all", "-o", "json").json["items"]
    iam = boto3.client("iam")
    iam.create_user(UserName="scanner")
    key = iam.create_access_key(UserName="scanner")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    with enable_iam_authentication():
        ran = cloudward(*SCAN)
    assert ran.code == 3
    assert "sts:AssumeRole  denied" in ran.out
    after = cloudward("recommendations", "--resources", "--status", "all", "-o", "json").json["items"]
    assert len(after) == len(before)
    assert {item["status"] for item in after} == {"unknown"}
    assert all(item["cause"].startswith("denied sts:AssumeRole ") for item in after)
    gaps = cloudward("connectors", "show", "acme", "-o", "json").json["items"]
    assert [item["read"] for item in gaps] == [False, False]
    assert "not authorized to perform: sts:AssumeRole" in gaps[0]["cause"]


def test_an_account_scanned_alone_keeps_its_place_and_name(
    moto: None, cloudward: Cloudward, home: Path
) -> None:
    organization("prod-shop")
    cloudward("connectors", "add", "aws", "acme", "--role", "cloudward", "--organization")
    cloudward(*SCAN)
    cloudward("scan", "aws", "--region", "us-east-1", "--service", "kms")
    with Store.open(home / "data" / "cloudward") as store:
        scope = next(scope for scope in store.scopes() if scope.id == "123456789012")
    assert (scope.name, scope.parent) == (
        "master",
        boto3.client("organizations").list_roots()["Roots"][0]["Id"],
    )


def template(cloudward: Cloudward, kind: str, *words: str) -> Any:
    ran = cloudward("permissions", "aws", "--template", kind, "--connector", "acme", *words)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_the_role_of_a_connector_comes_as_a_template(cloudward: Cloudward) -> None:
    cloudward("connectors", "add", "aws", "acme", "--role", "reader", "--accounts", ONE)
    external_id = cloudward("connectors", "list", "-o", "json").json["items"][0]["external_id"]
    scanner = f"arn:aws:iam::{TWO}:role/scanner"
    made = template(cloudward, "cloudformation", "--principal", scanner)["Resources"]["Role"]["Properties"]
    assert made["RoleName"] == "reader"
    (trust,) = made["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": scanner}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": external_id}}
    assert "EveryAccount" in template(cloudward, "stackset", "--principal", scanner)["Resources"]
    (take,) = template(cloudward, "principal", "--principal", scanner)["Statement"]
    assert take["Resource"] == "arn:aws:iam::*:role/reader"


def test_a_template_asks_who_scans(moto: None, cloudward: Cloudward) -> None:
    cloudward("connectors", "add", "aws", "acme", "--role", "reader", "--accounts", ONE)
    ran = cloudward("permissions", "aws", "--template", "terraform", "--connector", "acme")
    assert (ran.code, ran.out) == (2, ""), "moto's own user has no ARN that AWS would know"
    assert "is not the ARN of a user, a role or an account" in ran.err
    web = ["--web-identity-token-file", "token", "--web-identity-role", f"arn:aws:iam::{TWO}:role/ci/deploy"]
    cloudward("connectors", "add", "aws", "acme", "--role", "reader", "--accounts", ONE, "--replace", *web)
    ran = cloudward("permissions", "aws", "--template", "terraform", "--connector", "acme")
    assert f'"AWS": "arn:aws:iam::{TWO}:role/ci/deploy"' in ran.out


@pytest.mark.parametrize(
    "words", [["--template", "terraform"], ["--connector", "acme"], ["--principal", "x"]]
)
def test_a_template_belongs_to_a_connector(cloudward: Cloudward, words: list[str]) -> None:
    ran = cloudward("permissions", "aws", *words)
    assert (ran.code, ran.out) == (2, "")
    assert "a role belongs to a connector" in ran.err
