"""Workers take jobs from the queue and lose none, whatever becomes of them."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cloudward.server.task import AgainError, FinalError, StoppedError, Task, Why
from cloudward.server.work import Workers, working
from cloudward.store import Store, jobs, schedules
from cloudward.store.events import HOUR, Events, Stored
from cloudward.store.jobs import Job, State
from cloudward.store.schedules import Schedule

SOON = timedelta(seconds=2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as opened:
        yield opened


class Kinds:
    """Workers that know one more kind of job, `trial`, which does as a test says."""

    def __init__(self, store: Store, run: Callable[[Task], Mapping[str, Any] | None]) -> None:
        self.workers = Workers(store, poll=0.02, lease=SOON)
        self.workers.kinds["trial"] = SimpleNamespace(SLOT="long", run=run)

    def __enter__(self) -> Workers:
        self.workers.start()
        return self.workers

    def __exit__(self, *_: object) -> None:
        self.workers.stop()


def add(store: Store, kind: str = "trial", payload: Mapping[str, Any] | None = None, **more: Any) -> Job:
    with store.database.write(alone=False) as connection:
        return jobs.add(connection, kind, payload or {}, by="ann", now=datetime.now(UTC), **more)


def until(store: Store, job: Job, good: Callable[[Job], bool], seconds: float = 60) -> Job:
    end = time.monotonic() + seconds
    while True:
        with store.database.read() as connection:
            found = jobs.one(connection, job.id)
        if good(found):
            return found
        assert time.monotonic() < end, found
        time.sleep(0.02)


def ended(store: Store, job: Job, seconds: float = 60) -> Job:
    return until(store, job, lambda found: found.state in jobs.ENDED, seconds)


def test_a_job_runs_and_shows_what_it_found(store: Store) -> None:
    with Kinds(store, lambda task: {"n": task.job.payload["n"] + 1}):
        assert ended(store, add(store, payload={"n": 1})).result == {"n": 2}


def test_one_that_breaks_is_tried_again_later_and_later(store: Store) -> None:
    def run(_: Task) -> None:
        raise ValueError("no luck")

    with Kinds(store, run):
        job = add(store, tries=3)
        waiting = until(store, job, lambda found: found.problem != "")
    assert (waiting.state, waiting.problem) == (State.QUEUED, "ValueError: no luck")
    assert timedelta(seconds=25) < waiting.due - datetime.now(UTC) < timedelta(seconds=31)


def test_one_that_never_will_do_fails_at_once(store: Store) -> None:
    def run(_: Task) -> None:
        raise FinalError("there is no such thing")

    with Kinds(store, run):
        job = ended(store, add(store))
    assert (job.state, job.attempts, job.problem) == (State.FAILED, 1, "there is no such thing")


def test_one_that_cannot_now_waits_without_losing_an_attempt(store: Store) -> None:
    seen: list[int] = []

    def run(task: Task) -> None:
        seen.append(task.job.attempts)
        if len(seen) < 3:
            raise AgainError("busy", 0, counted=False)

    with Kinds(store, run):
        assert ended(store, add(store)).state is State.DONE
    assert seen == [1, 1, 1]


def test_a_running_job_is_cancelled_by_its_worker(store: Store) -> None:
    began, stopped = threading.Event(), threading.Event()

    def run(task: Task) -> None:
        task.on_stop(stopped.set)
        began.set()
        assert stopped.wait(60)
        task.check()

    with Kinds(store, run):
        job = add(store)
        assert began.wait(60)
        with store.database.write() as connection:
            jobs.cancel(connection, job.id, datetime.now(UTC))
        assert ended(store, job).state is State.CANCELLED


def test_what_runs_when_a_worker_ends_is_given_back_at_once_and_not_held_against_it(store: Store) -> None:
    began, stopped = threading.Event(), threading.Event()

    def run(task: Task) -> None:
        task.on_stop(stopped.set)
        began.set()
        assert stopped.wait(60)
        raise StoppedError

    with Kinds(store, run):
        job = add(store)
        assert began.wait(60)
    with store.database.read() as connection:
        back = jobs.one(connection, job.id)
        assert jobs.workers(connection) == []
    assert (back.state, back.attempts) == (State.QUEUED, 0)
    with Kinds(store, lambda _: None):
        assert ended(store, job).state is State.DONE


def test_a_job_that_is_lost_stops_and_writes_nothing(store: Store) -> None:
    began, why = threading.Event(), []
    stopped = threading.Event()

    def run(task: Task) -> None:
        task.on_stop(stopped.set)
        began.set()
        assert stopped.wait(60)
        why.append(task.why)
        raise StoppedError

    with Kinds(store, run):
        job = add(store, lane="one")
        assert began.wait(60)
        with store.database.write(alone=False) as connection:
            taken = jobs.claim(connection, "another", datetime.now(UTC) + 100 * SOON, 100 * SOON, ["trial"])
        assert taken is not None
        assert stopped.wait(60)
    with store.database.read() as connection:
        found = jobs.one(connection, job.id)
    assert (found.state, found.owner, why) == (State.RUNNING, "another", [Why.LOST])


def test_two_workers_share_a_queue_and_nothing_is_done_twice(store: Store) -> None:
    done: list[str] = []
    lock = threading.Lock()

    def run(task: Task) -> None:
        with lock:
            done.append(task.job.id)

    with Kinds(store, run), Kinds(store, run):
        added = [add(store, lane=f"lane/{n % 3}") for n in range(30)]
        for job in added:
            assert ended(store, job).state is State.DONE
    assert sorted(done) == sorted(job.id for job in added)


def test_the_clock_queues_what_is_scheduled_and_the_daily_upkeep_once(store: Store) -> None:
    now = datetime.now(UTC)
    with store.database.write() as connection:
        schedules.keep(connection, Schedule("acme", "* * * * *", "UTC", True, "ann", now), "ann", now)
    later = now + timedelta(minutes=5)
    with working(store, poll=0.02, clock=lambda: later), working(store, poll=0.02, clock=lambda: later):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with store.database.read() as connection:
                found = jobs.every(connection)
            if len(found) == 2 and all(job.state in jobs.ENDED for job in found):
                break
            time.sleep(0.05)
    scan, upkeep = sorted(found, key=lambda job: job.kind, reverse=True)
    assert (scan.kind, scan.state) == ("scan", State.FAILED)
    assert scan.problem.startswith("there is no connector 'acme'")
    assert (upkeep.kind, upkeep.state) == ("maintenance", State.DONE)


def test_upkeep_merges_files_of_events_and_tells_what_it_gained(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    events = Events(store.folder, store.files)
    for number in range(5):
        with events.writer() as writer:
            writer.add("okta", [Stored(min(number, 1) * HOUR, f"e{number}", "a.json", 1, b"{}")])
    (old,) = store.folder.glob("events/okta/19700101T00/*")
    os.utime(old, (1, 1))
    with caplog.at_level(logging.INFO, "cloudward.events"), working(store, poll=0.05):
        ended(store, add(store, "maintenance"))
    with store.database.read() as connection:  # the upkeep of the day may have come first, or beside it
        found = jobs.every(connection, kinds=["maintenance"], states=[State.DONE.value])
    assert max(job.result["event_files"] for job in found if job.result) == 3
    assert max(job.result["events_expired"] for job in found if job.result) == 1
    assert [each.id for each in events.read("okta")] == ["e1", "e2", "e3", "e4"]
    assert "1 files of events were old" in caplog.text
    assert "4 files of events became 1" in caplog.text


def cluster(folder: Path, files: int, pods: int) -> Path:
    """A folder of Kubernetes objects: each file is a part of a scan of its own."""
    folder.mkdir()
    for file in range(files):
        items = [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": f"p{n}", "namespace": f"f{file}"},
                "spec": {"containers": []},
            }
            for n in range(pods)
        ]
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        (folder / f"{file:02}.json").write_text(text)
    return folder


def test_a_scan_runs_in_a_process_of_its_own(store: Store, tmp_path: Path) -> None:
    payload = {"options": {"target": str(cluster(tmp_path / "cluster", 2, 3))}}
    with working(store, poll=0.05):
        job = ended(store, add(store, "scan", payload), 120)
    assert job.state is State.DONE, job.problem
    assert job.result is not None
    assert (job.result["resources"], job.result["resumed"]) == (6, False)
    assert [scan.id for scan in store.scans()] == [job.result["scan"]]


def test_a_scan_that_cannot_be_asked_for_fails_with_the_reason(store: Store) -> None:
    with working(store, poll=0.05):
        job = ended(store, add(store, "scan", {"options": {"target": "/no/such/place"}}), 120)
    assert job.state is State.FAILED
    assert "/no/such/place" in job.problem


SERVER = """
import sys, threading
from datetime import timedelta
from cloudward.server.work import working
from cloudward.store import Store
with Store.open(sys.argv[1]) as store, working(store, poll=0.05, lease=timedelta(seconds=2)):
    print("ready", flush=True)
    threading.Event().wait()
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("seed", range(int(os.environ.get("CLOUDWARD_SEEDS", "3")) // 3 or 1))
def test_a_scan_goes_on_after_the_server_was_killed(
    tmp_path: Path, engine: str, seed: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "postgresql":
        monkeypatch.setenv("CLOUDWARD_DATABASE", request.getfixturevalue("database")())
    files = 30
    payload = {"options": {"target": str(cluster(tmp_path / "cluster", files, 100))}}
    with Store.open(tmp_path / "store") as store:
        job = add(store, "scan", payload, lane="one")
        words = [sys.executable, "-c", SERVER, str(store.folder)]
        with subprocess.Popen(words, start_new_session=True) as server:
            until(store, job, lambda found: (found.progress or {"done": 0})["done"] > 2 + 5 * seed, 120)
            server.send_signal(signal.SIGKILL)
        with store.database.read() as connection:
            dead = jobs.one(connection, job.id)
        assert (dead.state, dead.attempts) == (State.RUNNING, 1)
        with subprocess.Popen(words, start_new_session=True) as server:
            done = ended(store, job, 180)
            server.send_signal(signal.SIGTERM)
        assert done.state is State.DONE, done.problem
        assert done.result is not None
        assert (done.attempts, done.result["resumed"], done.result["resources"]) == (2, True, files * 100)
        assert [scan.state for scan in store.scans()] == ["finished"]


EDITOR = """
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, UTC
from cloudward.model import Assignment, Effect
from cloudward.store import Store
def edit(n):
    store.assign(Assignment(f"a{n}", Effect.DISABLED, "ann", datetime.now(UTC), policy=f"p{n}"))
    os.write(1, f"a{n}\\n".encode())  # a whole line at once, whichever thread it is
with Store.open(sys.argv[1]) as store, ThreadPoolExecutor(20) as pool:
    list(pool.map(edit, range(200)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("number", [1, 60, 150])
def test_every_acknowledged_edit_is_there_after_a_kill(
    tmp_path: Path, engine: str, number: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "postgresql":
        monkeypatch.setenv("CLOUDWARD_DATABASE", request.getfixturevalue("database")())
    Store.open(tmp_path / "store").close()
    words = [sys.executable, "-c", EDITOR, str(tmp_path / "store")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as editor:
        assert editor.stdout is not None
        told = [editor.stdout.readline().strip() for _ in range(number)]
        editor.send_signal(signal.SIGKILL)
        told += [line.strip() for line in editor.stdout if line.endswith("\n")]
    with Store.open(tmp_path / "store") as store:
        kept = {each.id for each in store.assignments()}
        noted = [each.id for each in store.revisions("assignment")]
    assert len(told) < 200
    assert set(told) <= kept
    assert kept == set(noted), "what is kept and what is noted of it are one transaction"
