"""Decisions in files, as a user applies them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudward.cli.commands import apply
from tests.cli.conftest import Cloudward
from tests.cli.test_scan import DEPLOYMENT, POLICY, dump

FILE = f"""\
assignments:
  host-network: {{policy: {POLICY}, effect: disabled, scope: cluster}}
exemptions:
  shop: {{policy: kubernetes-pod-seccomp, resource: cluster/web/Deployment/shop, reason: Soon}}
"""


@pytest.fixture
def acme(home: Path) -> Path:
    folder = home / "acme"
    folder.mkdir()
    (folder / "prod.yaml").write_text(FILE)
    return folder


def test_a_plan_is_read_on_a_screen_and_its_exit_code_says_whether_it_is_needed(
    cloudward: Cloudward, home: Path, acme: Path
) -> None:
    file = dump(home, DEPLOYMENT)
    assert cloudward("scan", file, "--policy", POLICY).code == 1
    ran = cloudward("apply", acme, "--plan")
    assert ran.code == 5
    assert (
        ran.out
        == """\
Action  Kind        Id            What
add     assignment  host-network  policy: kubernetes-pod-host-network, scope:
                                  cluster, effect: disabled
add     exemption   shop          policy: kubernetes-pod-seccomp, scope:
                                  cluster, resource:
                                  cluster/web/Deployment/shop, category: waiver,
                                  reason: Soon
"""
    )
    assert ran.err == "2 to add, 0 to change, 0 to remove; nothing is done yet.\n"
    assert cloudward("assign", "list", "-o", "json").json["total"] == 0
    assert cloudward("apply", acme).err == (
        "2 added, 0 changed, 0 removed. It takes effect with the next scan.\n"
    )
    again = cloudward("apply", acme, "--plan")
    assert (again.code, again.err) == (0, "The store is as the files say.\n")
    assert cloudward("scan", file, "--policy", POLICY).code == 0
    (acme / "prod.yaml").write_text(FILE.replace("Soon", "Later"))
    [item] = cloudward("apply", acme, "--plan", "-o", "json").json["items"]
    assert set(item) == set(apply.LISTING.keys)
    assert (item["action"], item["what"], item["source"]) == (
        "change",
        "reason: Soon -> Later",
        "acme/prod.yaml",
    )


def test_what_a_file_owns_is_changed_there(cloudward: Cloudward, home: Path, acme: Path) -> None:
    cloudward("scan", dump(home, DEPLOYMENT), "--policy", POLICY)
    assert cloudward("apply", acme, "-o", "json").json["applied"] is True
    for words in (["assign", "remove", "host-network"], ["exempt", "remove", "shop"]):
        ran = cloudward(*words)
        assert ran.code == 2
        assert "is owned by acme/prod.yaml" in ran.err
        assert ran.err.endswith("hint: change it there, and run cloudward apply\n")
    [item] = cloudward("exempt", "list", "-o", "json").json["items"]
    assert item["source"] == "acme/prod.yaml"


def test_wrong_files_are_refused_and_a_plan_makes_no_store(
    cloudward: Cloudward, home: Path, acme: Path
) -> None:
    ran = cloudward("apply", acme, "--plan", "-o", "json")
    assert (ran.code, ran.out) == (2, "")
    assert "unknown scope 'cluster'" in ran.err
    assert not (home / "data").exists()
    (acme / "prod.yaml").write_text("nightlies: {}\n")
    ran = cloudward("apply", acme)
    kinds = "assignments, attestations, connectors, exemptions, plans, schedules"
    assert ran.err == f"error: {acme}/prod.yaml:1:1: unknown kind 'nightlies'; there are {kinds}\n"
    assert cloudward("apply", home / "acne").code == 2
