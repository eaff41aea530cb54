"""From logs to alerts, by what the product itself does; the truth is joined afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from benchmarks.campaigns import made
from cloudward.connect.events import Event, Unparsed
from cloudward.connect.events.reading import read
from cloudward.detect import Detections, load
from cloudward.detect.run import Run
from cloudward.model import Alert
from cloudward.rules.completion import sealer
from cloudward.store import Store
from cloudward.store import tables as t
from cloudward.store.alerts import Alerts


@dataclass
class Found:
    """What the detections found in the logs of a seed."""

    alerts: list[Alert]
    truth: dict[str, str]
    """Alert -> the campaign that an event of it belongs to; empty for none."""
    unseen: set[str] = field(default_factory=set)
    """Campaigns that raised no alert."""


@cache
def _detections() -> Detections:
    return load()


def found(seed: int, noise: int) -> Found:
    """Read, detected and kept as `cloudward detect` does it."""
    with TemporaryDirectory() as folder, Store.open(Path(folder) / "store") as store:
        logs = made(seed, noise)
        lines = logs.written(Path(folder))
        events: dict[str, str] = {}
        kept = Alerts(store.database)
        for source in sorted(logs.lines):
            path = Path(folder) / f"{source}.log"
            run = Run(_detections(), kept, sealer(store.key))
            summary = run.over(_noted(read([path], source), lines, events))
            assert not summary.unparsed, summary.problems[0]
        truth = dict.fromkeys((each.id for each in kept.every()), "")
        with store.database.read() as connection:
            for alert, event in connection.execute(select(t.alert_events.c.alert, t.alert_events.c.event)):
                truth[alert] = max(truth[alert], events.get(event, ""))
        campaigns = {campaign for campaign in lines.values() if campaign}
        return Found(kept.every(), truth, campaigns - {*truth.values()})


def _noted(
    read: Iterable[Event | Unparsed], lines: dict[tuple[str, int], str], events: dict[str, str]
) -> Iterator[Event | Unparsed]:
    """Note on the way which campaign an event is of."""
    for each in read:
        if isinstance(each, Event):
            events[each.id] = lines[each.source, each.line]
        yield each
