"""`cloudward detect --follow`: an alert is told when it is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cloudward.cli.alerts import record
from cloudward.cli.exits import Exit
from cloudward.cli.options import Format
from cloudward.cli.output import counted, moment, note

if TYPE_CHECKING:
    from cloudward.detect.run import Run, Summary
    from cloudward.model import Alert
    from cloudward.store import Store

PAUSE = 1.0
"""Seconds between two looks at files."""
STORAGE = 30.0
"""Seconds between two lists of what a provider keeps, each of which costs."""


def follow_all(
    store: Store,
    run: Run,
    paths: list[Path],
    prefixes: list[str],
    source: str,
    output: Format,
    join: Callable[[], object],
) -> int:
    """Evaluate what comes until Ctrl-C or SIGTERM, and tell of each new alert in a line.

    `join` joins alerts to incidents; it is called when nothing more comes for the moment.
    """
    import signal
    from threading import Event

    from cloudward.detect.following import Following
    from cloudward.respond import news
    from cloudward.store.alerts import Alerts

    alerts, known, ended, events = Alerts(store.database), set[str](), Event(), 0

    def told(summary: Summary) -> None:
        found = alerts.named(summary.alerts)
        news.alerts(store, found, datetime.now(UTC))
        for each in found:
            if each.id not in known:
                known.add(each.id)
                typer.echo(_line(each, output))

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    following = Following(store, run, paths, prefixes, source, told, STORAGE)
    note("following; Ctrl-C ends it")
    changed = False
    while not ended.is_set():
        summary = following.round()
        if summary is None:
            if changed:
                join()
            changed = False
            ended.wait(PAUSE)
        else:
            changed = changed or bool(summary.new or summary.grown)
            events += sum(summary.events.values())
    note(f"{counted(events, 'event')}, {counted(len(known), 'alert')}; the next --follow goes on from here.")
    return Exit.OK


def _line(alert: Alert, output: Format) -> str:
    if output is Format.JSON:
        import msgspec

        return msgspec.json.encode(record(alert)).decode()
    words: list[Any] = [moment(alert.last)[:16], alert.severity.value, alert.id[:8], alert.title]
    words += [alert.principal, alert.resource]
    return "  ".join(str(word) for word in words if word)
