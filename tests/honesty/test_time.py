"""Time passes between scans of the same documents: what it changes is evaluated again, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cloudward.assess import scan as pipeline
from tests.cli.conftest import Cloudward

ACCOUNT = "111122223333"
BEGIN = datetime.now(UTC).replace(microsecond=0)
KEY_AGE, UNUSED = "aws-iam-user-key-age", "aws-iam-user-key-unused"
DIRECT, READ = "aws-iam-user-direct-policies", "arn:aws:iam::aws:policy/ReadOnlyAccess"
Verdicts = dict[tuple[str, str], tuple[str, bool]]
"""Policy and user -> status, and whether it was evaluated by the last scan."""


def ago(days: float) -> str:
    return (BEGIN - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def user(name: str, made: float, used: float, *policies: str) -> dict[str, Any]:
    """Somebody with one access key, made and last used so many days ago, and policies of his own."""
    key = {"Active": True, "LastRotated": ago(made), "LastUsed": ago(used), "LastUsedService": "s3"}
    credentials = {"PasswordEnabled": False, "MfaActive": False, "AccessKeys": [key], "VirtualMfaDevices": []}
    runtime = {"Credentials": credentials, "CreateDate": ago(made)}
    return {
        "id": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "type": "AWS::IAM::User",
        "provider": "aws",
        "scope": ACCOUNT,
        "name": name,
        "properties": {"UserName": name, "ManagedPolicyArns": policies, "Runtime": runtime},
    }


Scan = Callable[..., Verdicts]


@pytest.fixture
def scan(cloudward: Cloudward, home: Path, monkeypatch: pytest.MonkeyPatch) -> Scan:
    """Scan the same three users after some days."""
    users = [user("ann", made=80, used=1), user("bob", made=10, used=40), user("eve", 10, 1, READ)]
    (home / "users.json").write_text(json.dumps({"resources": users}))

    def after(days: float, *words: str) -> Verdicts:
        then = BEGIN + timedelta(days=days)
        monkeypatch.setattr(pipeline, "datetime", SimpleNamespace(now=lambda _zone: then))
        ran = cloudward("scan", home / "users.json", *words, "-o", "json")
        assert ran.code in (0, 1), ran.err
        return verdicts(days)

    def verdicts(days: float) -> Verdicts:
        select = "SELECT policy, resource, status, evaluated_at FROM assessments"
        rows = cloudward("query", select, "-o", "json").json["items"]
        now = (BEGIN + timedelta(days=days)).timestamp()
        return {
            (row["policy"], row["resource"].rpartition("/")[2]): (
                row["status"],
                datetime.fromisoformat(row["evaluated_at"]).timestamp() == now,
            )
            for row in rows
        }

    return after


def again(found: Verdicts) -> dict[tuple[str, str], str]:
    """What was evaluated by the last scan."""
    return {key: status for key, (status, new) in found.items() if new}


def test_the_first_scan_evaluates_everything(scan: Scan) -> None:
    found = scan(0)
    assert again(found).keys() == found.keys()
    assert found[KEY_AGE, "ann"] == ("healthy", True)
    assert found[UNUSED, "bob"] == ("healthy", True)
    assert len(found) > 15


def test_an_hour_later_nothing_is_evaluated_again(scan: Scan) -> None:
    first = scan(0)
    later = scan(1 / 24)
    assert again(later) == {}
    assert {key: status for key, (status, _) in later.items()} == {
        key: status for key, (status, _) in first.items()
    }


def test_keys_become_too_old_and_unused_on_their_day(scan: Scan) -> None:
    scan(0)
    assert again(scan(4.9)) == {}
    assert again(scan(5)) == {(UNUSED, "bob"): "unhealthy"}
    assert again(scan(10.5)) == {}
    assert again(scan(11)) == {(KEY_AGE, "ann"): "unhealthy"}
    assert again(scan(12)) == {}


def test_a_parameter_moves_the_day(scan: Scan) -> None:
    words = ("--set", f"{KEY_AGE}.max_days=85")
    scan(0, *words)
    assert again(scan(4.9, *words)) == {}
    assert again(scan(6, *words)) == {(KEY_AGE, "ann"): "unhealthy", (UNUSED, "bob"): "unhealthy"}
    evaluated = again(scan(7))
    assert evaluated == {(KEY_AGE, name): "healthy" for name in ("ann", "bob", "eve")}


def test_an_exemption_takes_effect_and_ends_by_itself(scan: Scan, cloudward: Cloudward) -> None:
    scan(0)
    mfa = f"arn:aws:iam::{ACCOUNT}:user/eve"
    day = (BEGIN + timedelta(days=3)).strftime("%Y-%m-%d")
    words = ("--resource", mfa, "--reason", "It is retired.", "--expires", day)
    assert cloudward("exempt", "add", DIRECT, *words).code == 0
    assert list(again(scan(1))) == [(DIRECT, "eve")]
    assert exempt(cloudward) == 1
    assert again(scan(1.5)) == {}
    assert list(again(scan(4))) == [(DIRECT, "eve")]
    assert exempt(cloudward) == 0
    assert again(scan(4.5)) == {}


def exempt(cloudward: Cloudward) -> int:
    """Assessments that an exemption holds for."""
    items = cloudward("recommendations", "--status", "all", "--exempt", "-o", "json").json["items"]
    return sum(item["exempt"] for item in items)


def test_what_is_due_is_told(scan: Scan, cloudward: Cloudward) -> None:
    scan(0)
    [item] = cloudward("explain", "ann", KEY_AGE, "-o", "json").json["items"]
    assert datetime.fromisoformat(item["due"]) == BEGIN + timedelta(days=11)
    shown = cloudward("explain", "ann", KEY_AGE).out
    assert f"may change by itself at {BEGIN + timedelta(days=11):%Y-%m-%d %H:%M} UTC" in " ".join(
        shown.split()
    )
