"""How long things are kept, how much room they take, and how much they will."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Connection, select

from cloudward.errors import UsageError
from cloudward.store import expiry, jobs, security
from cloudward.store import tables as t
from cloudward.store.encoding import moment
from cloudward.store.retention import DAYS, RECENT

if TYPE_CHECKING:
    from cloudward.store.store import Store

NAME = "retention"
DAY = timedelta(days=1)
MONTH = timedelta(days=30.4)
WEEK = timedelta(days=7)
LARGE = 8 << 30
"""Bytes of a SQLite with which PostgreSQL is the better place."""
SILENT = timedelta(minutes=2)
"""A worker that was not seen for so long is dead."""
OVERDUE = timedelta(minutes=15)
"""A job that waits so long has nobody who would take it."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days things are kept."""

    snapshots: int = DAYS
    """One a day so long, then one a month."""
    jobs: int = 30
    """Jobs that ended, and dead letters."""
    exports: int = 7
    """Files that exports made."""
    events: int = 90
    """Events, after they came. What is evidence of an alert stays with the alert."""

    def __post_init__(self) -> None:
        for name, least in (("snapshots", 2), ("jobs", 1), ("exports", 1), ("events", 1)):
            if not least <= getattr(self, name) <= 36500:
                raise UsageError(f"{name} are kept for {least} days at least, and 100 years at most")


@dataclass(frozen=True, slots=True)
class Room:
    """What a store takes on its disk."""

    snapshots: int
    """Bytes of the history."""
    events: int
    """Bytes of the events that are kept."""
    database: int
    """Bytes of the state database, wherever it is."""
    free: int
    """Bytes that are free where the folder is."""
    forecast: Sequence[tuple[int, int]]
    """(days from now, bytes of snapshots and events then), as it goes on like in the last week."""

    @property
    def taken(self) -> int:
        """Bytes of snapshots and events."""
        return self.snapshots + self.events

    @property
    def full(self) -> int | None:
        """In how many of the days of the forecast there is no room any more; None: in none of them."""
        return next((days for days, bytes in self.forecast if bytes - self.taken > self.free), None)


def retention(connection: Connection) -> Retention:
    """As somebody set it, or as it is by default."""
    kept = security.setting(connection, NAME)
    return Retention() if kept is None else msgspec.convert(kept, Retention)


def keep(connection: Connection, wanted: Retention, by: str) -> None:
    """Set how long things are kept; it takes effect with the next upkeep."""
    security.keep(connection, NAME, asdict(wanted), by)


def expire_events(store: Store, now: datetime) -> expiry.Expired:
    """Remove events that came longer ago than they are kept."""
    with store.database.read() as connection:
        days = retention(connection).events
    return expiry.expire(store, now, days)


def room(store: Store, now: datetime, wanted: Retention, horizons: Sequence[int] = (30, 90, 365)) -> Room:
    """What is taken now, and what will be."""
    import shutil

    found: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    m = t.manifest.c
    with store.database.read() as connection:
        for row in connection.execute(select(m.scope, m.published, m.bytes)):
            found[row.scope].append((moment(row.published), row.bytes))
        database = _size(connection, store.folder)
    taken = sum(bytes for kept in found.values() for _, bytes in kept)
    events, later = expiry.room(store.folder, store.files, now, wanted.events, horizons)
    ahead = [
        (days, more + sum(_then(kept, now, wanted.snapshots, days) for kept in found.values()))
        for days, more in zip(horizons, later, strict=True)
    ]
    return Room(taken, events, database, shutil.disk_usage(store.folder).free, ahead)


def _then(kept: list[tuple[datetime, int]], now: datetime, days: int, ahead: int) -> int:
    """Bytes of one scope in so many days: its last size, as often as will be kept."""
    first, (last, size) = min(at for at, _ in kept), max(kept)
    recent = [at for at, _ in kept if now - at <= WEEK]
    rate = len(recent) / max(1.0, min(WEEK, now - first) / DAY)  # scans a day
    if now - last > WEEK:
        return sum(bytes for _, bytes in kept)  # it is not scanned any more
    age = (now - first) / DAY + ahead
    daily = min(rate, 1.0) * max(0.0, min(age, days) - RECENT / DAY)
    monthly = min(rate * (MONTH / DAY), 1.0) * max(0.0, age - days) / (MONTH / DAY)
    return round(size * (rate * min(age, RECENT / DAY) + daily + monthly))


def _size(connection: Connection, folder: Path) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    return sum(path.stat().st_size for path in folder.glob("state.sqlite*"))


def outgrown(store: Store) -> str:
    """Why it is time for PostgreSQL; empty: it is not."""
    if store.database.engine.dialect.name != "sqlite":
        return ""
    with store.database.read() as connection:
        size, hosts = _size(connection, store.folder), {each.host for each in jobs.workers(connection)}
    if size > LARGE:
        return f"the state database has {size >> 30:,} GiB"
    return f"workers of {len(hosts)} machines share a SQLite" if len(hosts) > 1 else ""


@dataclass(frozen=True, slots=True)
class Work:
    """How work goes."""

    workers: int
    """That live."""
    dead: int
    """That did not say goodbye."""
    overdue: int
    """Jobs that should have begun long ago."""
    stuck: int
    """Jobs whose worker died, and that nobody took since."""
    letters: int
    """Notifications that did not arrive."""


def work(connection: Connection, now: datetime) -> Work:
    """How work goes, now."""
    known = jobs.workers(connection)
    alive = [each for each in known if now - each.seen <= SILENT]
    waiting = jobs.every(connection, states=[jobs.State.QUEUED])
    running = jobs.every(connection, states=[jobs.State.RUNNING])
    lanes = {each.lane for each in running if each.lane}
    failed: list[Any] = jobs.every(connection, states=[jobs.State.FAILED], kinds=["notification"])
    return Work(
        len(alive),
        len(known) - len(alive),
        sum(now - each.due > OVERDUE and each.lane not in lanes for each in waiting),
        sum(each.expires is not None and now - each.expires > SILENT for each in running),
        len(failed),
    )
