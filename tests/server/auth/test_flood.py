"""A flood of bad tokens and bad sign-ins leaves other users alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from cloudward.server.auth.links import first_link
from cloudward.store import Store, tokens, users
from cloudward.store.tokens import Token
from tests.server.auth.people import minted
from tests.store.build import company

SECONDS = float(os.environ.get("CLOUDWARD_FLOOD_SECONDS", "60"))
"""Of each of the two measurements."""
FLOODERS = 4
SLACK = 0.05
"""Seconds that any machine may stumble."""

START = """
from cloudward.cli import main
from cloudward.server import assets
assets.renew = lambda: None  # whether there is a portal is not asked here
main()
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """(address, a good token) of a server that is a process of its own."""
    with Store.open(tmp_path / "store") as store:
        company(store)
        first_link(store)
        with store.database.write() as connection:
            admin = users.named(connection, "admin")
            assert admin is not None
            token, text, digest = minted(admin.id)
            assert isinstance(token, Token)
            tokens.keep(connection, token, digest, "test")
    words = [sys.executable, "-c", START, "serve", "--store", str(tmp_path / "store"), "--port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        reader = threading.Thread(target=process.stderr.read, daemon=True)
        reader.start()
        yield line.split()[-1], text
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.mark.exam
def test_other_users_keep_twice_their_time_in_a_flood(served: tuple[str, str]) -> None:
    url, token = served
    quiet = measured(url, token)
    words = [sys.executable, "-m", "tests.server.auth.flooding", url, str(FLOODERS)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flooding:
        time.sleep(2)
        flooded = measured(url, token)
        answers = json.loads(flooding.communicate(timeout=60)[0])
    assert {*answers} == {"401", "429"}, answers
    assert answers["429"] > 20 * SECONDS, answers
    assert flooded <= max(2 * quiet, quiet + SLACK), (quiet, flooded, answers)


def measured(url: str, token: str) -> float:
    """The p95 of a user's calls, ten a second."""
    took = []
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=30) as client:
        client.get("/api/v1/recommendations").raise_for_status()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            start = time.perf_counter()
            client.get("/api/v1/recommendations").raise_for_status()
            took.append(time.perf_counter() - start)
            time.sleep(max(0, 0.1 - took[-1]))
    return sorted(took)[int(len(took) * 0.95)]
