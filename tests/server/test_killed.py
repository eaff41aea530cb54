"""`kill -9` of the whole server, in the middle of a scan and of many people's edits: nothing told is lost."""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2 as httpx
import pytest

from cloudward.pack import load
from cloudward.server.auth.guard import digest
from cloudward.store import Store, bindings, jobs, tokens, users
from cloudward.store.jobs import Job
from cloudward.store.tokens import Token
from tests.respond.listeners import nobody
from tests.server.test_serving import START
from tests.server.test_work import add, cluster, ended, until

EDITS, PEOPLE, FILES, PODS = 200, 20, 60, 120
MOST = EDITS - 2 * PEOPLE
"""After so many edits at most it is killed: some are always on their way then."""
SEEDS = int(os.environ.get("CLOUDWARD_SEEDS", "2"))


def token(store: Store) -> str:
    """Of an owner of everything."""
    now = datetime.now(UTC)
    id = f"cw_{secrets.token_hex(6)}"
    text = f"{id}_{secrets.token_urlsafe(32)}"
    with store.database.write() as connection:
        user = users.new("ann", "test")
        users.keep(connection, user, "test")
        bindings.keep(connection, bindings.new(user.id, "owner", "", "test"), "test")
        made = Token(id, user.id, "t", "owner", "", now, now + timedelta(hours=1))
        tokens.keep(connection, made, digest(text), "test")
    return text


@contextmanager
def server(folder: Path, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server of its own, and its address."""
    port = nobody()
    words = [sys.executable, "-c", START, "serve", "--store", str(folder), "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with log.open("ab") as out, subprocess.Popen(words, stderr=out, start_new_session=True) as process:
        try:
            end = time.monotonic() + 120
            while not _ready(address):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end
                time.sleep(0.1)
            yield process, address
        finally:
            process.kill()


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/ready", timeout=30).status_code == 200
    except httpx.HTTPError:
        return False


def edit(address: str, headers: dict[str, str], policy: str) -> str:
    """Somebody turns a policy off; the id that he is told, or nothing where he is told nothing."""
    body = {"policy": policy, "effect": "disabled", "reason": "while it is killed"}
    try:
        answer = httpx.post(f"{address}/api/v1/assignments", json=body, headers=headers, timeout=60)
    except httpx.HTTPError:
        return ""
    return str(answer.json()["id"]) if answer.status_code == 201 else ""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(max(2, SEEDS // 5)))
def test_a_server_that_is_killed_loses_nothing_that_it_told(
    tmp_path: Path, seed: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite and on PostgreSQL in turn."""
    if seed % 2:
        monkeypatch.setenv("CLOUDWARD_DATABASE", request.getfixturevalue("database")())
    chance = random.Random(seed)
    number, again = (25, []) if seed < 2 else (chance.randrange(1, MOST), moments(chance))
    folder, log = tmp_path / "store", tmp_path / "log"
    payload = {"options": {"target": str(cluster(tmp_path / "cluster", FILES, PODS))}}
    policies = sorted(load().policies)[:EDITS]
    with Store.open(folder) as store:
        headers = {"Authorization": f"Bearer {token(store)}"}
        job = add(store, "scan", payload, lane="one")
        told: list[str] = []
        with server(folder, log) as (process, address), ThreadPoolExecutor(PEOPLE) as people:
            until(store, job, lambda _: begun_scan(store), 120)
            edits = [people.submit(edit, address, headers, policy) for policy in policies]
            for done in as_completed(edits):
                told += [done.result()] if done.result() else []
                if len(told) == number:
                    process.send_signal(signal.SIGKILL)
        assert number <= len(told) < EDITS, "it was killed in the middle"
        kept = {each.id for each in store.assignments()}
        assert set(told) <= kept
        assert kept == {each.id for each in store.revisions("assignment")}
        begun, before = begun_scan(store), state(store, job)
        assert before in (jobs.State.RUNNING, *([jobs.State.DONE] if seed > 1 else []))
        for seconds in again:
            with server(folder, log) as (process, _):
                time.sleep(seconds)
                process.send_signal(signal.SIGKILL)
            begun = begun or begun_scan(store)
        with server(folder, log) as (process, address):
            found = ended(store, job, 240)
            listed = httpx.get(f"{address}/api/v1/assignments?limit=500", headers=headers, timeout=60).json()
            assert {each["id"] for each in listed["items"]} == kept
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        assert found.state is jobs.State.DONE, found.problem
        assert found.result is not None
        assert found.result["resources"] == FILES * PODS
        assert found.result["resumed"] == begun or again
        assert not begun_scan(store)
    assert "Traceback" not in log.read_text()


def moments(chance: random.Random) -> list[float]:
    """Seconds from the start of the next server to its death too, while it waits for the lease of the scan or
    goes on with it; most live."""
    return [chance.uniform(0, 70)] if chance.random() < 0.3 else []


def begun_scan(store: Store) -> bool:
    """Whether a scan waits to be gone on with."""
    return any(scan.state == "running" for scan in store.scans())


def state(store: Store, job: Job) -> jobs.State:
    with store.database.read() as connection:
        return jobs.one(connection, job.id).state
