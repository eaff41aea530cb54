"""The process of one scan: told on standard input what to scan, it says on standard output how it goes.

A line each, in JSON: `progress`, and at the end `result` or `problem`. When standard input ends, whoever
asked is dead, and so is this: the scan is gone on with by somebody else.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cloudward.assess.asked import Options, run
from cloudward.assess.custom import with_custom
from cloudward.assess.scan import Summary
from cloudward.connect import Unit
from cloudward.errors import CloudwardError, HeldError, StoreError
from cloudward.respond.news import after_scan
from cloudward.store import Staging, Store

INTERVAL = 0.5
"""Seconds between two words on how far it is."""
NICE = 10
"""A scan has what processors are left by those who wait for a page."""


def main() -> None:
    """Scan what standard input asks for."""
    # Who starts a server in the background may have it ignore interrupts; a scan is ended by one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.nice(NICE)
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_watch, daemon=True).start()
    try:
        say({"result": _scanned(asked)})
    except KeyboardInterrupt:
        sys.exit(130)
    except CloudwardError as error:
        problem = f"{error}; {error.hint}" if error.hint else str(error)
        again, busy = isinstance(error, StoreError), isinstance(error, HeldError)
        say({"problem": problem, "again": again, "busy": busy})
        sys.exit(1)
    except Exception as error:
        say({"problem": f"{type(error).__name__}: {error}", "again": True, "busy": False})
        raise


def say(word: dict[str, Any]) -> None:
    """One line; nobody listens when there is none to hear it."""
    try:
        print(json.dumps(word), flush=True)  # noqa: T201 the channel to who asked
    except BrokenPipeError:
        os._exit(1)


def _watch() -> None:
    """End at once when whoever asked is gone: what is journaled stays, and the lock is let go."""
    # Not over the buffer, whose lock this thread would hold when the process ends by itself.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


def _scanned(asked: dict[str, Any]) -> dict[str, Any]:
    from cloudward.pack import load

    options, since = Options.kept(asked["options"]), datetime.fromtimestamp(asked["since"], UTC)
    with Store.open(asked["folder"], url=asked["url"]) as store:
        pack = with_custom(store, load(*map(Path, options.content)))
        staging = _interrupted(store, options, since)
        summary = run(store, pack, options, staging=staging, progress=Spoken())
        told = after_scan(store, pack, summary.scopes, asked["job"], since, datetime.now(UTC))
        return {**_numbers(summary), "resumed": staging is not None, "notifications": told}


def _interrupted(store: Store, options: Options, since: datetime) -> Staging | None:
    """The scan of this job that was interrupted: one like it that began after the job was made."""
    for scan in store.scans():
        if scan.state == "running" and scan.started >= since and Options.kept(scan.options) == options:
            return store.resume(scan.id)
    return None


def _numbers(summary: Summary) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for (_, status), number in summary.counts.items():
        counts[status.value] = counts.get(status.value, 0) + number
    return {
        "scan": summary.scan,
        "scopes": [scope.id for scope in summary.scopes],
        "resources": summary.resources,
        "counts": counts,
        "score": summary.score.percentage,
        "holes": len(summary.holes),
    }


class Spoken:
    """Progress as lines."""

    def __init__(self) -> None:
        self._units = self._done = self._resources = 0
        self._said = 0.0

    def begun(self, units: Sequence[Unit], done: int) -> None:
        self._units, self._done = len(units) + done, done
        self._say()

    def started(self, unit: Unit) -> None: ...

    def counted(self, unit: Unit, resources: int) -> None: ...

    def ended(self, _unit: Unit, resources: int, _error: str | None) -> None:
        self._done += 1
        self._resources += resources
        if time.monotonic() - self._said > INTERVAL or self._done == self._units:
            self._say()

    def _say(self) -> None:
        self._said = time.monotonic()
        say({"progress": {"parts": self._units, "done": self._done, "resources": self._resources}})
