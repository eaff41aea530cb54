"""What is off is not evaluated, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cloudward
from tests.cli.test_scan import DEPLOYMENT, POLICY, dump


def test_what_is_off_is_not_evaluated_says_so_and_keeps_its_history(cloudward: Cloudward, home: Path) -> None:
    file = dump(home, DEPLOYMENT)
    assert cloudward("scan", file, "--policy", POLICY).code == 1
    assert cloudward("plans", "off", "containers", "--reason", "A sandbox").code == 0
    assert cloudward("scan", file, "--policy", POLICY).code == 0
    ran = cloudward("explain", "web/shop", POLICY)
    assert "It is not evaluated here" in ran.out
    assert "disables the plan containers in every scope" in ran.out
    assert "A sandbox" in ran.out
    assert "cloudward plans on containers" in ran.out
    history = cloudward(
        "query", "SELECT count(*) FROM assessments_history WHERE status = 'unhealthy'", "-o", "json"
    )
    assert list(history.json["items"][0].values()) == [1]
    assert cloudward("plans", "on", "containers").code == 0
    assert cloudward("scan", file, "--policy", POLICY).code == 1


def test_plans_are_listed_with_where_they_are_switched(cloudward: Cloudward, home: Path) -> None:
    cloudward("scan", dump(home, DEPLOYMENT), "--fail-on", "never")
    (scope,) = {each["scope"] for each in cloudward("score", "-o", "json").json["items"]}
    cloudward("plans", "off", "containers", "--scope", scope)
    found = {each["plan"]: each for each in cloudward("plans", "list", "-o", "json").json["items"]}
    assert (found["containers"]["on"], found["containers"]["switches"][0]["scope"]) == (True, scope)
    there = cloudward("plans", "list", "--scope", scope, "-o", "json").json["items"]
    assert {each["plan"] for each in there if not each["on"]} == {"containers"}
    assert f"off in {scope}" in cloudward("plans").out
    assert cloudward("plans", "reset", "containers", "--scope", scope).code == 0
    assert cloudward("plans", "reset", "containers", "--scope", scope).code == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["off", "container"], "unknown plan 'container'; did you mean 'containers'?"),
        (["off", "containers", "--scope", "nowhere"], "unknown scope 'nowhere'"),
        (["list", "--scope", "nowhere"], "unknown scope 'nowhere'"),
    ],
)
def test_what_there_is_not_is_refused(cloudward: Cloudward, words: list[str], message: str) -> None:
    ran = cloudward("plans", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {message}")


def test_files_switch_plans(cloudward: Cloudward, home: Path) -> None:
    folder = home / "acme"
    folder.mkdir()
    (folder / "plans.yaml").write_text("plans:\n  no-ai: {plan: ai, enabled: false, reason: No AI here}\n")
    assert cloudward("apply", folder).code == 0
    assert cloudward("apply", folder, "--plan").code == 0, "nothing is left to do"
    found = {each["plan"]: each for each in cloudward("plans", "list", "-o", "json").json["items"]}
    assert (found["ai"]["on"], found["ai"]["switches"][0]["source"]) == (False, "acme/plans.yaml")
    ran = cloudward("plans", "on", "ai")
    assert (ran.code, "is owned by acme/plans.yaml" in ran.err) == (2, True)
    (folder / "plans.yaml").write_text("plans:\n  no-ai: {plan: aj, enabled: maybe}\n")
    assert "expected `enabled`: true or false" in cloudward("apply", folder).err
    (folder / "plans.yaml").write_text("plans: {}\n")
    assert cloudward("apply", folder).code == 0
    assert all(each["on"] for each in cloudward("plans", "list", "-o", "json").json["items"])
