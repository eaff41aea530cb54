"""When connectors are scanned, as people and their files say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from sqlalchemy import Connection, Row, delete, insert, select, update

from cloudward.errors import UsageError, near
from cloudward.store import jobs, revisions
from cloudward.store import tables as t
from cloudward.store.encoding import micros, moment

KIND = "schedule"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When one connector is scanned."""

    connector: str
    cron: str
    """Five fields: minute, hour, day, month, weekday."""
    zone: str
    """The time zone of these, as `Europe/Berlin`."""
    enabled: bool
    created_by: str
    created_at: datetime
    source: str = ""
    """The file that says so; empty when a person did."""
    next: datetime | None = field(default=None, compare=False)
    """The next run; None while it is not enabled."""

    @property
    def id(self) -> str:
        """What all things that people decide have."""
        return self.connector


def following(cron: str, zone: str, after: datetime) -> datetime:
    """The first moment after one that the expression names, in UTC.

    As cron of Debian does it: what falls into the hour that a clock skips runs right after it, and what
    falls into the hour that a clock repeats runs once.
    """
    from cronsim import CronSim, CronSimError

    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        named = near(zone, available_timezones())
        raise UsageError(f"unknown time zone {zone!r}{named}", "UTC, Europe/Berlin") from error
    if len(cron.split()) != 5:
        raise UsageError(f"{cron!r} is no cron expression", "minute hour day month weekday: 0 2 * * *")
    try:
        found: datetime = next(CronSim(cron, after.astimezone(there)))
    except (CronSimError, StopIteration) as error:
        raise UsageError(f"{cron!r} is no cron expression: {error}", "for each night: 0 2 * * *") from error
    return found.astimezone(UTC)


def every(connection: Connection) -> list[Schedule]:
    """In order of the connector's name."""
    query = select(t.schedules).order_by(t.schedules.c.connector)
    return [_made(row) for row in connection.execute(query)]


def one(connection: Connection, connector: str) -> Schedule:
    known = {each.connector: each for each in every(connection)}
    if connector not in known:
        raise UsageError(f"there is no schedule of {connector!r}{near(connector, known)}")
    return known[connector]


def keep(connection: Connection, schedule: Schedule, by: str, now: datetime | None = None) -> Schedule:
    """A new schedule, or the new form of a known one. Its next run is counted from now."""
    before = next((each for each in every(connection) if each.connector == schedule.connector), None)
    if before == schedule:
        return before
    at = following(schedule.cron, schedule.zone, now or datetime.now(UTC))
    made = replace(schedule, next=at if schedule.enabled else None)
    values = {
        "connector": made.connector,
        "cron": made.cron,
        "zone": made.zone,
        "enabled": made.enabled,
        "created_by": made.created_by,
        "created_at": micros(made.created_at),
        "source": made.source or None,
        "next": None if made.next is None else micros(made.next),
    }
    connection.execute(delete(t.schedules).where(t.schedules.c.connector == made.connector))
    connection.execute(insert(t.schedules).values(**values))
    revisions.note(connection, by, KIND, made.connector, before, made)
    return made


def forget(connection: Connection, connector: str, by: str) -> None:
    """Take one away; one that went with its connector is gone already."""
    before = next((each for each in every(connection) if each.connector == connector), None)
    if before is not None:
        connection.execute(delete(t.schedules).where(t.schedules.c.connector == connector))
        revisions.note(connection, by, KIND, connector, before, None)


def due(connection: Connection, now: datetime) -> bool:
    """Whether there is something to fire."""
    c = t.schedules.c
    query = select(c.connector).where(c.enabled, c.next <= micros(now)).limit(1)
    return connection.execute(query).first() is not None


def fire(connection: Connection, now: datetime) -> list[jobs.Job]:
    """Queue a scan for each schedule whose time has come.

    Times that passed while nobody worked are made up for by one scan. While one still waits, no other is
    queued behind it.
    """
    c = t.schedules.c
    query = select(t.schedules).where(c.enabled, c.next <= micros(now)).with_for_update(skip_locked=True)
    made = []
    for schedule in map(_made, connection.execute(query)):
        upcoming = following(schedule.cron, schedule.zone, now)
        connection.execute(
            update(t.schedules).where(c.connector == schedule.connector).values(next=micros(upcoming))
        )
        before = _waiting(connection, schedule.connector)
        key = f"schedule/{schedule.connector}/{schedule.next:%Y-%m-%dT%H:%MZ}"
        by = f"schedule of {schedule.connector}"
        job = start(connection, schedule.connector, by, now, key)
        made += [job] if before is None else []
    return made


def start(connection: Connection, connector: str, by: str, now: datetime, key: str = "") -> jobs.Job:
    """The scan of a connector that waits already, or a new one. With a `key` it is that of then."""
    waiting = _waiting(connection, connector)
    if waiting is not None:
        return waiting
    payload, lane = {"connector": connector}, f"connector/{connector}"
    return jobs.add(connection, "scan", payload, by=by, now=now, lane=lane, key=key)


def _waiting(connection: Connection, connector: str) -> jobs.Job | None:
    lane = f"connector/{connector}"
    found = jobs.every(connection, states=[jobs.State.QUEUED], kinds=["scan"], lane=lane, limit=1)
    return found[0] if found else None


def _made(row: Row[Any]) -> Schedule:
    return Schedule(
        connector=row.connector,
        cron=row.cron,
        zone=row.zone,
        enabled=bool(row.enabled),
        created_by=row.created_by,
        created_at=moment(row.created_at),
        source=row.source or "",
        next=None if row.next is None else moment(row.next),
    )
