"""The process of one scan. When it ends early what is journaled stays, and somebody else goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cloudward.assess.asked import Options, run
from cloudward.assess.custom import with_custom
from cloudward.assess.scan import Summary
from cloudward.connect import Unit
from cloudward.respond.news import after_scan
from cloudward.server.child import answer, say
from cloudward.store import Staging, Store

INTERVAL = 0.5
"""Seconds between two words on how far it is."""


def main() -> None:
    """Scan what standard input asks for."""
    answer(_scanned)


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
