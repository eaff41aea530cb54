"""Schedules, jobs and workers as a user meets them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cloudward.store import Store, jobs
from tests.cli.conftest import Cloudward
from tests.store.test_jobs import NOW


@pytest.fixture
def acme(cloudward: Cloudward) -> None:
    words = "connectors add aws acme --role cloudward --accounts 111122223333"
    assert cloudward(*words.split()).code == 0


@pytest.mark.usefixtures("acme")
def test_a_schedule_is_set_shown_and_removed(cloudward: Cloudward) -> None:
    ran = cloudward("schedules", "set", "acme", "0 2 * * *", "--zone", "Europe/Berlin", "-o", "json")
    (made,) = ran.json["items"]
    assert (ran.code, made["cron"], made["zone"], made["enabled"]) == (0, "0 2 * * *", "Europe/Berlin", True)
    assert "acme" in cloudward("schedules").out
    assert cloudward("schedules", "remove", "acme").code == 0
    assert cloudward("schedules").err.startswith("There are no schedules")


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["set", "acme", "hourly"], "'hourly' is no cron expression"),
        (["set", "acme", "0 2 * * *", "--zone", "Berlin"], "unknown time zone 'Berlin'"),
        (["set", "acmee", "0 2 * * *"], "there is no connector 'acmee'; did you mean 'acme'?"),
        (["remove", "acme"], "there is no schedule of 'acme'"),
    ],
)
def test_a_schedule_that_is_none_is_refused(cloudward: Cloudward, words: list[str], message: str) -> None:
    ran = cloudward("schedules", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {message}")


@pytest.mark.usefixtures("acme")
def test_jobs_are_listed_and_cancelled(cloudward: Cloudward, home: Path) -> None:
    with Store.open(home / "data" / "cloudward") as store, store.database.write() as connection:
        job = jobs.add(connection, "scan", {"connector": "acme"}, by="ann", now=NOW)
    (item,) = cloudward("jobs", "list", "-o", "json").json["items"]
    assert (item["id"], item["about"], item["state"]) == (job.id, "acme", "queued")
    assert cloudward("jobs", "cancel", job.id).err == f"{job.id} is cancelled\n"
    assert cloudward("jobs", "list", "--state", "queued").err.startswith("There are no jobs")
    assert cloudward("jobs", "cancel", job.id).code == 2
    assert cloudward("jobs", "list", "--state", "quued").err.startswith(
        "error: unknown state 'quued'; did you mean 'queued'?"
    )


@pytest.mark.slow
@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_when_it_is_told_to(number: int) -> None:
    words = [sys.executable, "-c", "from cloudward.cli import main; main()", "worker"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as worker:
        assert worker.stderr is not None
        while "working on jobs" not in worker.stderr.readline():
            assert worker.poll() is None
        worker.send_signal(number)
        _, err = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert "ending; what runs is given back" in err
