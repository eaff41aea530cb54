"""Assignments as a user makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudward.cli.commands import assign
from cloudward.cli.output import Listing
from tests.cli.conftest import Cloudward
from tests.cli.test_scan import DEPLOYMENT, POLICY, SAFE, dump

RESOURCE = "cluster/web/Deployment/shop"


@pytest.fixture
def scanned(cloudward: Cloudward, home: Path) -> Path:
    file = dump(home, DEPLOYMENT, SAFE)
    assert cloudward("scan", file, "--policy", POLICY).code == 1
    return file


def made(cloudward: Cloudward, *words: str) -> str:
    ran = cloudward("assign", "add", *words, "--by", "ada", "-o", "json")
    assert (ran.code, ran.err) == (0, "It takes effect with the next scan.\n")
    return str(ran.json["items"][0]["id"])


def test_what_is_disabled_is_not_evaluated_and_says_so_where_a_person_looks(
    cloudward: Cloudward, scanned: Path
) -> None:
    id = made(cloudward, POLICY, "--scope", "cluster", "--effect", "disabled", "--reason", "Agents.")
    ran = cloudward("scan", scanned, "--policy", POLICY)
    assert ran.code == 0
    assert "Disabled in some scopes: 1 policy" in ran.out.splitlines()
    told = cloudward("explain", RESOURCE, POLICY).out
    assert told.startswith(f"disabled  high  {POLICY}\n")
    assert f"  {id} disables {POLICY} in cluster: ada" in told
    assert "    Agents." in told
    assert told.endswith(f"To evaluate it\n  cloudward assign remove {id}\n")
    listed = cloudward("recommendations")
    assert listed.err == (
        "There are no recommendations.\n"
        "Disabled in some scopes: 1 policy; cloudward assign list says where.\n"
    )
    [row] = [
        row
        for row in cloudward("recommendations", "--status", "all", "-o", "json").json["items"]
        if row["policy"] == POLICY
    ]
    assert (row["disabled"], row["unhealthy"], row["healthy"]) == (["cluster"], 0, 0)
    assert (
        f"Disabled in cluster: cloudward assign show {POLICY}\n" in cloudward("recommendations", POLICY).out
    )
    [item] = cloudward("explain", RESOURCE, "-o", "json").json["items"]
    assert (item["status"], item["policy"], item["disabled"][0]["created_by"]) == ("disabled", POLICY, "ada")
    assert cloudward("assign", "remove", id).code == 0
    assert cloudward("scan", scanned, "--policy", POLICY).code == 1
    assert cloudward("recommendations").err == f"Next: cloudward recommendations {POLICY}\n"


def test_parameters_are_assigned_and_shown_with_who_says_so(cloudward: Cloudward, scanned: Path) -> None:
    policy = "kubernetes-pod-capabilities"
    id = made(cloudward, policy, "--set", 'allowed=["SYS_TIME"]')
    words = ["assign", "show", policy, "-o", "json"]
    [item] = cloudward(*words).json["items"]
    assert item == {
        "policy": policy,
        "scope": "cluster",
        "name": "cluster",
        "effect": "audit",
        "parameters": {"allowed": ["SYS_TIME"]},
        "by": [id],
    }
    near = made(cloudward, "all", "--scope", "cluster", "--set", f"{policy}.allowed=[]")
    [item] = cloudward(*words).json["items"]
    assert (item["parameters"], item["by"]) == ({"allowed": []}, [near])
    assert cloudward("assign", "show", policy).out == (
        f"Scope    Name     Effect  Assignment  Parameters\ncluster  cluster  audit   {near}   allowed=[]\n"
    )


def test_who_assigned_what_is_kept(cloudward: Cloudward, scanned: Path) -> None:
    id = made(cloudward, POLICY, "--effect", "disabled")
    cloudward("assign", "remove", id, "--by", "bob")
    items = cloudward("assign", "history", "-o", "json").json["items"]
    assert [(item["by"], item["action"], item["what"]) for item in items] == [
        ("bob", "removed", f"{POLICY} disabled everywhere"),
        ("ada", "added", f"{POLICY} disabled everywhere"),
    ]
    assert cloudward("assign").err == "Nothing is assigned: every policy is audited everywhere.\n"


def test_a_table_of_assignments_fits_the_screen(cloudward: Cloudward, scanned: Path) -> None:
    made(cloudward, "kubernetes-pod-capabilities", "--set", 'allowed=["SYS_TIME", "CHOWN"]')
    out = cloudward("assign").out
    assert max(map(len, out.splitlines())) <= 80
    assert out.splitlines()[0].split() == ["Id", "What", "Effect", "Scope", "Exclude", "Parameters"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["kubernetes-pod-host-networks"],
            f"unknown policy or standard '{POLICY}s'; did you mean '{POLICY}'?",
        ),
        ([POLICY, "--scope", "clusters"], "unknown scope 'clusters'; did you mean 'cluster'?"),
        ([POLICY, "--exclude", "clusters"], "exclude: unknown scope 'clusters'; did you mean 'cluster'?"),
        ([POLICY, "--set", "max_days=3"], f"{POLICY}: unknown parameter 'max_days'"),
        (
            ["kubernetes-pod-capabilities", "--set", "allowed=1"],
            "kubernetes-pod-capabilities: parameter 'allowed'",
        ),
        (["all", "--set", "allowed=[]"], "--set allowed=[]: expected POLICY.NAME=VALUE"),
        ([POLICY, "--set", "nothing"], "--set nothing: expected NAME=VALUE"),
        (
            [POLICY, "--effect", "deny"],
            "invalid value for '--effect': 'deny' is not one of 'audit', 'disabled'",
        ),
    ],
)
def test_names_and_values_are_checked_before_anything_happens(
    cloudward: Cloudward, scanned: Path, words: list[str], message: str
) -> None:
    ran = cloudward("assign", "add", *words)
    assert ran.code == 2
    assert ran.err.startswith(f"error: {message}")
    assert cloudward("assign", "history", "-o", "json").json["total"] == 0


def test_the_same_is_not_assigned_twice(cloudward: Cloudward, scanned: Path) -> None:
    id = made(cloudward, POLICY)
    ran = cloudward("assign", "add", POLICY, "--effect", "disabled")
    assert (ran.code, ran.err.splitlines()[0]) == (2, f"error: {id} assigns {POLICY} to every scope already")


def test_before_the_first_scan_only_everywhere_can_be_named(cloudward: Cloudward, home: Path) -> None:
    ran = cloudward("assign", "add", POLICY, "--scope", "x")
    assert (ran.code, ran.err.splitlines()[0]) == (2, "error: no scope is known before the first scan")
    assert not (home / "data").exists()
    made(cloudward, POLICY, "--effect", "disabled")
    assert cloudward("assign", "list", "-o", "json").json["total"] == 1
    assert cloudward("scan", dump(home, DEPLOYMENT), "--policy", POLICY).code == 0


@pytest.mark.parametrize(
    ("listing", "words"),
    [
        (assign.LISTING, ["list"]),
        (assign.IN_FORCE, ["show", POLICY]),
        (assign.HISTORY, ["history"]),
    ],
)
def test_every_item_has_exactly_the_documented_keys(
    cloudward: Cloudward, scanned: Path, listing: Listing, words: list[str]
) -> None:
    made(cloudward, POLICY)
    [item] = cloudward("assign", *words, "-o", "json").json["items"]
    assert set(item) == set(listing.keys)


STANDARD = f"""\
title: Ours
version: "1"
publisher: Acme
source: https://acme.example/rules
providers: [kubernetes]
controls:
  "1": {{title: Pods keep to themselves, policies: [{POLICY}, kubernetes-pod-capabilities]}}
"""


@pytest.fixture
def ours(home: Path) -> Path:
    """A content folder of one's own, with two standards that ask for the same."""
    folder = home / "ours"
    (folder / "standards").mkdir(parents=True)
    for name in ("ours-1", "ours-2"):
        (folder / "standards" / f"{name}.yaml").write_text(STANDARD)
    return folder


def test_a_standard_of_ones_own_is_all_that_is_audited(
    cloudward: Cloudward, scanned: Path, ours: Path
) -> None:
    made(cloudward, "all", "--effect", "disabled")
    made(cloudward, "ours-1", "--scope", "cluster", "--content", str(ours))
    ran = cloudward("scan", scanned, "--content", ours, "-o", "json")
    assert ran.code == 1
    rows = cloudward("recommendations", "--status", "all", "-o", "json").json["items"]
    evaluated = {row["policy"] for row in rows if row["unhealthy"] + row["healthy"]}
    assert evaluated == {POLICY, "kubernetes-pod-capabilities"}


def test_two_standards_that_disagree_are_an_error_that_names_both(
    cloudward: Cloudward, scanned: Path, ours: Path
) -> None:
    content = ["--content", str(ours)]
    one = made(cloudward, "ours-1", *content)
    ran = cloudward("assign", "add", "ours-2", "--effect", "disabled", *content)
    assert ran.code == 2
    assert ran.err.startswith(f"error: kubernetes-pod-capabilities in every scope: {one} (ours-1) and as-")
    assert "(ours-2) differ on its effect: audit and disabled\n" in ran.err
    assert cloudward("assign", "list", "-o", "json").json["total"] == 1
    made(cloudward, "ours-2", "--scope", "cluster", "--effect", "disabled", *content)
    assert cloudward("scan", scanned, "--policy", POLICY, *content).code == 0
