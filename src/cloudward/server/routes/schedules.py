"""Schedules: when connectors are scanned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import ConfigDict

from cloudward.apply.ownership import by_hand
from cloudward.errors import MissingError
from cloudward.server.answers import Listed, Page, Router, Word, sliced
from cloudward.server.changes import READ, Given, Perhaps, conditional, tagged
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.state import Served, State
from cloudward.store import schedules as kept
from cloudward.store.schedules import Schedule

router = Router(prefix="/api/v1/schedules", tags=["schedules"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ, anywhere=False))]
Connecting = Annotated[Caller, Depends(Needs(Permission.CONNECT, anywhere=False))]


@dataclass(frozen=True, slots=True)
class ScheduleItem:
    """When one connector is scanned."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "connector": "acme",
                    "cron": "0 2 * * *",
                    "zone": "Europe/Berlin",
                    "enabled": True,
                    "next": "2026-02-01T01:00:00Z",
                    "created_by": "ann",
                    "created_at": "2026-01-12T08:30:00Z",
                    "source": None,
                }
            ]
        },
    )

    connector: str
    cron: str
    """Minute, hour, day, month, weekday."""
    zone: str
    """The time zone of these."""
    enabled: bool
    next: datetime | None
    """The next run; null while it does not run."""
    created_by: str
    created_at: datetime
    source: str | None
    """The file that owns it, for `cloudward apply`; null for one that was made by hand."""


class Terms(Given):
    """When a connector is scanned."""

    cron: Word
    """Minute, hour, day, month, weekday: `0 2 * * *`."""
    zone: Word = "UTC"
    """The time zone of these, as `Europe/Berlin`."""
    enabled: bool = True


@router.get("")
def schedules(state: Served, _caller: Reader, asked: Annotated[Listed, Query()]) -> Page[ScheduleItem]:
    """Every schedule, in order of the connector's name."""
    with state.store.database.read() as connection:
        found = [_item(each) for each in kept.every(connection)]
    return sliced(state, "schedules", asked, found, lambda each: (each.connector,))


@router.get("/{connector}", response_model=ScheduleItem, responses={**READ})
def schedule(state: Served, _caller: Reader, connector: Word) -> Response:
    """One schedule."""
    found = _one(state, connector)
    if found is None:
        raise MissingError(f"there is no schedule of {connector!r}")
    return tagged(_item(found), _form(found))


@router.put("/{connector}", response_model=ScheduleItem, responses={**READ})
def keep(state: Served, caller: Connecting, connector: Word, given: Terms, expected: Perhaps) -> Response:
    """Say when a connector is scanned. One that is there is changed with its ETag as If-Match."""
    if all(each.name != connector for each in state.store.connectors()):
        raise MissingError(f"there is no connector {connector!r}")
    now = datetime.now(UTC).replace(microsecond=0)
    with state.store.database.write() as connection:
        old = _old(state, connector)
        conditional(old and _form(old), expected, "schedule", connector)
        made = Schedule(
            connector,
            given.cron,
            given.zone,
            given.enabled,
            old.created_by if old else caller.name,
            old.created_at if old else now,
        )
        made = kept.keep(connection, made, caller.name)
    return tagged(_item(made), _form(made))


@router.delete("/{connector}", status_code=204)
def drop(state: Served, caller: Connecting, connector: Word) -> Response:
    """Scan a connector only when somebody asks for it."""
    if _old(state, connector) is None:
        raise MissingError(f"there is no schedule of {connector!r}")
    with state.store.database.write() as connection:
        kept.forget(connection, connector, caller.name)
    return Response(status_code=204)


def _one(state: State, connector: str) -> Schedule | None:
    with state.store.database.read() as connection:
        return next((each for each in kept.every(connection) if each.connector == connector), None)


def _old(state: State, connector: str) -> Schedule | None:
    """The one that is there; refused when a file owns it."""
    found = _one(state, connector)
    if found is not None:
        by_hand("schedule of", connector, found.source)
    return found


def _form(schedule: Schedule) -> Schedule:
    """What people change of it: the next run changes by itself."""
    return replace(schedule, next=None)


def _item(each: Schedule) -> ScheduleItem:
    return ScheduleItem(
        each.connector,
        each.cron,
        each.zone,
        each.enabled,
        each.next,
        each.created_by,
        each.created_at,
        each.source or None,
    )
