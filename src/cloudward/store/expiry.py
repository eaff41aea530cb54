"""Events that came long ago go, and how far that went is kept: who asks for that time is told.

A file goes as a whole, so many days after the last of it came. So logs that were old when they were read
stay as long as others. What is evidence of an alert is kept with the alert, in the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select

from cloudward.errors import StoreError
from cloudward.store import batches
from cloudward.store import tables as t
from cloudward.store.compaction import ended
from cloudward.store.encoding import decode_json, micros, moment
from cloudward.store.events import ASIDE, FOLDER, gone
from cloudward.store.files import Files

if TYPE_CHECKING:
    from cloudward.store.store import Store

DONE = "expired/"
"""What the checkpoint of a source begins with, which says how far its events are gone."""
DAY = timedelta(days=1)


class Expired(NamedTuple):
    """What went."""

    files: int
    bytes: int


class File(NamedTuple):
    """A file of events."""

    path: Path
    source: str
    place: str
    """Its hour, or where what has a problem lies."""
    bytes: int
    written: float


def expire(store: Store, now: datetime, days: int) -> Expired:
    """Remove files of events that came more than so many days ago."""
    events, before = store.folder / FOLDER, now - days * DAY
    old = [*_files(events, store.files, before)]
    if not old:
        return Expired(0, 0)
    until: dict[str, int] = defaultdict(int)
    for each in old:
        if each.place not in ASIDE:
            until[each.source] = max(until[each.source], ended(each.place))
    with store.database.write() as connection:  # said before it is true: nobody takes what is left for all
        mark(connection, {source: moment(end) for source, end in until.items()}, now)
    for each in old:
        store.files.remove(each.path)
    for folder in {each.path.parent for each in old}:
        store.files.remove_empty(folder)
    return Expired(len(old), sum(each.bytes for each in old))


def mark(connection: Connection, until: Mapping[str, datetime], now: datetime) -> None:
    """Say that events of these sources from before a moment are not there any more, or not all."""
    known = expired(connection)
    for source, end in until.items():
        if source not in known or known[source] < end:
            batches.reached(connection, f"{DONE}{source}", {"until": micros(end)}, now)


def expired(connection: Connection) -> dict[str, datetime]:
    """Source -> before when events of it are gone, if some are."""
    c = t.checkpoints.c
    rows = connection.execute(select(c.id, c.document).where(c.id.startswith(DONE, autoescape=True)))
    return {row.id.removeprefix(DONE): moment(decode_json(row.document)["until"]) for row in rows}


def room(
    folder: Path, files: Files, now: datetime, days: int, horizons: Iterable[int]
) -> tuple[int, list[int]]:
    """Bytes of events now, and in so many days, when they come as in the last week."""
    found = [(now.timestamp() - each.written, each.bytes) for each in _files(folder / FOLDER, files)]
    if not found:
        return 0, [0 for _ in horizons]
    week = 7 * DAY.total_seconds()
    span = max(DAY.total_seconds(), min(week, max(age for age, _ in found)))
    rate = sum(bytes for age, bytes in found if age < week) / span * DAY.total_seconds()
    ahead = [
        round(
            sum(bytes for age, bytes in found if age / DAY.total_seconds() + each <= days)
            + rate * min(each, days)
        )
        for each in horizons
    ]
    return sum(bytes for _, bytes in found), ahead


def _files(events: Path, files: Files, before: datetime | None = None) -> Iterator[File]:
    """The files of events, or those that came before a moment; an event does not come before it happens."""
    last = before.strftime("%Y%m%dT%H") if before else "9"
    for source in files.names(events):
        for place in files.names(events / source):
            if place in ASIDE or place <= last:
                yield from _inside(events / source / place, source, files, before)


def _inside(folder: Path, source: str, files: Files, before: datetime | None) -> Iterator[File]:
    for name in files.names(folder):
        path = folder / name
        if not name.endswith(".parquet"):
            continue
        try:
            size, written = files.size(path), files.written_at(path)
        except StoreError as error:
            if not gone(error):
                raise
            continue  # it was merged meanwhile
        if before is None or written < before.timestamp():
            yield File(path, source, folder.name, size, written)
