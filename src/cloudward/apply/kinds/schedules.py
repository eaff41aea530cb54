"""When connectors are scanned. The id is the connector's name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from cloudward.apply.plan import Given, State
from cloudward.apply.read import Entry
from cloudward.errors import UsageError, near
from cloudward.store import schedules as kept
from cloudward.store.schedules import KIND as NOUN
from cloudward.store.schedules import Schedule, every, following, forget

__all__ = ["KEYS", "NOUN", "every", "forget", "keep", "problems", "read", "said"]

KEYS = ("cron", "zone", "enabled")


def read(entry: Entry, old: Schedule | None, given: Given) -> Schedule:
    enabled = entry.table.get("enabled", True)
    if not isinstance(enabled, bool):
        raise entry.wrong("enabled", "expected true or false")
    cron, zone = entry.text("cron"), entry.text("zone", "UTC")
    try:
        following(cron, zone, given.now)
    except UsageError as error:
        raise entry.wrong("zone" if "zone" in str(error) else "cron", str(error)) from error
    return Schedule(
        connector=entry.id,
        cron=cron,
        zone=zone,
        enabled=enabled,
        created_by=old.created_by if old else given.by,
        created_at=old.created_at if old else given.now,
        source=entry.source,
    )


def problems(state: State[Schedule], given: Given) -> Iterator[tuple[str, str, str]]:
    names = {*(each.name for each in given.store.connectors()), *given.written.get("connectors", ())}
    for id in state.wanted:
        if id not in names:
            yield id, "", f"there is no connector {id!r}{near(id, names)}"


def keep(connection: Connection, thing: Schedule, by: str) -> None:
    kept.keep(connection, thing, by)


def said(thing: Schedule) -> dict[str, Any]:
    values: dict[str, Any] = {"cron": thing.cron, "zone": thing.zone}
    if not thing.enabled:
        values["enabled"] = False
    return {**values, "source": thing.source}
