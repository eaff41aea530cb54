"""Backup, restore, retention and the doctor as a user meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cloudward
from tests.cli.test_scan import DEPLOYMENT, dump


@pytest.fixture
def scanned(cloudward: Cloudward, home: Path) -> None:
    cloudward("scan", dump(home, DEPLOYMENT), "--fail-on", "never", "--allow-incomplete")


@pytest.mark.usefixtures("scanned")
def test_a_backup_is_made_checked_and_restored(cloudward: Cloudward, home: Path) -> None:
    ran = cloudward("backup", home / "monday")
    assert (ran.code, "The keys are not in it" in ran.err) == (0, True)
    assert cloudward("backup", home / "monday").code == 2, "nothing is written over"
    assert "is whole: 1 snapshot" in cloudward("restore", "--check", home / "monday").err
    assert cloudward("restore", home / "monday").code == 2, "the store is not empty"
    ran = cloudward("restore", home / "monday", "--store", home / "new")
    assert (ran.code, "put `key` and `keys` of the old store" in ran.err) == (0, True)
    was = cloudward("recommendations", "-o", "json").json
    assert cloudward("recommendations", "--store", home / "new", "-o", "json").json == was
    whole = (home / "monday").read_bytes()
    (home / "monday").write_bytes(whole[: len(whole) // 2])
    ran = cloudward("restore", home / "monday", "--store", home / "newer")
    assert (ran.code, ran.err.startswith("error: "), (home / "newer").exists()) == (2, True, False)


@pytest.mark.usefixtures("scanned")
def test_how_long_things_are_kept_is_shown_and_set(cloudward: Cloudward) -> None:
    assert cloudward("retention", "-o", "json").json["snapshots"] == 90
    answer = cloudward("retention", "--snapshots", "60", "-o", "json").json
    assert (answer["snapshots"], answer["jobs"], answer["events"]) == (60, 30, 90)
    assert [each["days"] for each in answer["items"]] == [0, 30, 90, 365]
    assert all(each["fits"] for each in answer["items"])
    assert cloudward("retention", "--snapshots", "1").err.startswith("error: snapshots are kept for 2 days")
    assert cloudward("retention", "--events", "7", "-o", "json").json["snapshots"] == 60
    assert "Events of logs: 7 days." in cloudward("retention").err


@pytest.mark.usefixtures("scanned")
def test_the_doctor_says_when_nobody_works_on_what_is_scheduled(cloudward: Cloudward) -> None:
    def state(check: str) -> str:
        items = cloudward("doctor", "--offline", "-o", "json").json["items"]
        return next(str(each["state"]) for each in items if each["check"] == check)

    assert (state("disk"), state("work")) == ("ok", "ok")
    cloudward("connectors", "add", "aws", "acme", "--role", "cloudward", "--accounts", "111122223333")
    cloudward("schedules", "set", "acme", "0 2 * * *")
    assert state("work") == "missing"
