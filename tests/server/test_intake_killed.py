"""`kill -9` of the server while events come in: what was acknowledged is evaluated, and nothing twice."""

from __future__ import annotations

import gzip
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from cloudward.connect.events import Event
from cloudward.detect import load
from cloudward.detect.run import Run
from cloudward.rules.completion import sealer
from cloudward.server.auth.guard import digest
from cloudward.server.routes.tokens import NewToken, minted
from cloudward.store import Store, batches, bindings, tokens, users
from cloudward.store.alerts import Alerts
from cloudward.store.events import Events
from cloudward.store.spool import Spool
from tests.server.test_intake import HERE, lines, record
from tests.server.test_killed import server

SEEDS = max(1, int(os.environ.get("CLOUDWARD_SEEDS", "2")) // 5)
BATCHES, SIZE, SENDERS, KILLS = 60, 20, 4, 2


def bound(store: Store) -> str:
    """A token that brings events of CloudTrail."""
    with store.database.write() as connection:
        user = users.new("ann", "test")
        users.keep(connection, user, "test")
        bindings.keep(connection, bindings.new(user.id, "owner", "", "test"), "test")
        given = NewToken(name="trail", role="sender", source="aws-cloudtrail", account=HERE)
        token, text = minted(user.id, given)
        tokens.keep(connection, token, digest(text), "test")
    return text


def batch(number: int) -> list[dict[str, Any]]:
    """Most do nothing; trails are stopped and sign-ins fail, also across batches."""
    found = []
    for each in range(number * SIZE, (number + 1) * SIZE):
        made = record(each, minutes=each / 60)
        if each % 10:
            made["eventName"] = "DescribeTrails"
        elif each % 20:
            made |= {"eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com"}
            made |= {"errorMessage": "Failed authentication", "responseElements": {"ConsoleLogin": "Failure"}}
        found.append(made)
    return found


def expected(folder: Path) -> dict[str, int]:
    """The alerts of all batches in one run that nobody kills, with how many events each has."""
    with Store.open(folder) as store:
        run = Run(load(), Alerts(store.database), sealer(store.key), None, late=3600)
        records = [each for number in range(BATCHES) for each in batch(number)]
        run.over(
            Event("aws-cloudtrail", each["eventID"], datetime.fromisoformat(each["eventTime"]), each)
            for each in records
        )
        return {each.id: each.count for each in Alerts(store.database).every()}


def send(address: str, headers: dict[str, str], number: int, gone: threading.Event) -> bool:
    """Whether a batch was acknowledged."""
    if gone.is_set():
        return False
    packed = gzip.compress(lines(batch(number)), mtime=0)
    try:
        answer = httpx.post(f"{address}/api/v1/intake", content=packed, headers=headers, timeout=60)
    except httpx.HTTPError:
        return False
    return answer.status_code == 202


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_server_that_is_killed_while_events_come_in_loses_none_and_alerts_once(
    tmp_path: Path, seed: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite and on PostgreSQL in turn."""
    once = expected(tmp_path / "other")
    if seed % 2:
        monkeypatch.setenv("CLOUDWARD_DATABASE", request.getfixturevalue("database")())
    chance, folder, log = random.Random(seed), tmp_path / "store", tmp_path / "log"
    waiting = [*range(BATCHES)]
    with Store.open(folder) as store:
        headers = {"Authorization": f"Bearer {bound(store)}", "Content-Encoding": "gzip"}
        kept: set[int] = set()
        for turn in range(KILLS + 1):
            with server(folder, log) as (process, address), ThreadPoolExecutor(SENDERS) as senders:
                gone = threading.Event()
                killer = threading.Timer(chance.uniform(0.1, 2), _kill, (process, gone))
                if turn < KILLS:
                    killer.start()
                asked = {each: senders.submit(send, address, headers, each, gone) for each in waiting}
                kept |= {each for each, answer in asked.items() if answer.result()}
                waiting = [each for each in waiting if each not in kept]
                if turn < KILLS:
                    killer.join()
                    continue
                _evaluated(store)
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) == 0
        assert kept == {*range(BATCHES)}
        events = [each.id for each in Events(folder, store.files).read("aws-cloudtrail")]
        assert len(events) == len({*events}) == BATCHES * SIZE
        alerts = {each.id: each.count for each in Alerts(store.database).every()}
        assert alerts == once
        with store.database.read() as connection:
            (heard,) = batches.heard(connection)
        assert (heard.events, heard.unparsed, heard.rejected) == (BATCHES * SIZE, 0, 0)
    assert "Traceback" not in log.read_text()


def _kill(process: Any, gone: threading.Event) -> None:
    process.send_signal(signal.SIGKILL)
    gone.set()


def _evaluated(store: Store) -> None:
    """Wait until nothing waits."""
    spool, end = Spool(store.folder, store.files), datetime.now(UTC) + timedelta(seconds=120)
    while spool.waiting():
        assert datetime.now(UTC) < end
        time.sleep(0.1)
