"""Scans: when what was read, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict

from cloudward.errors import MissingError
from cloudward.model import Provider
from cloudward.server.answers import Listed, Page, Router, Word, Words, encoded, sliced
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.jobs import JobItem, item
from cloudward.server.sight import seen
from cloudward.server.state import Served, State
from cloudward.store import Scan, schedules

router = Router(prefix="/api/v1/scans", tags=["scans"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Fixer = Annotated[Caller, Depends(Needs(Permission.FIX, anywhere=False))]


@dataclass(frozen=True, slots=True)
class ScanItem:
    """One run over a provider."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "20260131-120000-a1b2c3",
                    "provider": "aws",
                    "connector": "acme",
                    "state": "finished",
                    "started": "2026-01-31T12:00:00Z",
                    "ended": "2026-01-31T12:04:10Z",
                    "units": 310,
                    "done": 310,
                    "scopes": ["111122223333"],
                }
            ]
        },
    )

    id: str
    provider: Provider
    connector: str
    """The connector's name, or what was scanned without one."""
    state: str
    """`running` (also one that was interrupted), `finished` or `abandoned`."""
    started: datetime
    ended: datetime | None
    units: int
    """Pieces of collecting that there are."""
    done: int
    """Those that have ended."""
    scopes: list[str]
    """Scopes of which it published a snapshot that is kept, as far as the caller may see them."""


class NewScan(BaseModel):
    """What is to be scanned."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    connector: Word
    """The connector's name."""


Key = Annotated[Word, Header(max_length=200, description="Makes the call safe to repeat.")]


class Asked(Listed):
    """Filters of scans."""

    state: list[str] = []
    connector: Words = []
    provider: list[Provider] = []


@router.get("")
def scans(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[ScanItem]:
    """The last first. Who may not see every scope sees those that published one he may see."""
    found = [each for each in _items(state, caller) if _fits(each, asked)]
    return sliced(state, "scans", asked, found, lambda each: (-each.started.timestamp(), each.id))


@router.get("/{scan}")
def scan(state: Served, caller: Reader, scan: Word) -> ScanItem:
    """One scan."""
    found = next((each for each in _items(state, caller) if each.id == scan), None)
    if found is None:
        raise MissingError(f"there is no scan {scan!r}")
    return found


@router.post("", status_code=202, response_model=JobItem)
def start(state: Served, caller: Fixer, given: NewScan, idempotency_key: Key = "") -> Response:
    """Scan all that a connector reads, as soon as a worker is free. One that waits already is enough.

    With an `Idempotency-Key` the same call again is the scan of then, also when it has ended.
    """
    now, key = datetime.now(UTC), f"call/{caller.id}/{idempotency_key}" if idempotency_key else ""
    if all(each.name != given.connector for each in state.store.connectors()):
        raise MissingError(f"there is no connector {given.connector!r}")
    with state.store.database.write() as connection:
        job = schedules.start(connection, given.connector, caller.name, now, key)
    return encoded(item(job), 202, {"Location": f"/api/v1/jobs/{job.id}"})


def _fits(each: ScanItem, asked: Asked) -> bool:
    return (
        (not asked.state or each.state in asked.state)
        and (not asked.connector or each.connector in asked.connector)
        and (not asked.provider or each.provider in asked.provider)
    )


def _items(state: State, caller: Caller) -> list[ScanItem]:
    kept = state.store.kept(seen(state, caller))
    every = caller.everywhere(Permission.READ)
    return [_item(each, kept.get(each.id, [])) for each in state.store.scans() if every or each.id in kept]


def _item(scan: Scan, scopes: list[str]) -> ScanItem:
    named: Any = scan.options.get("connector")
    return ScanItem(
        id=scan.id,
        provider=scan.provider,
        connector=str(named or scan.connector),
        state=scan.state,
        started=scan.started,
        ended=scan.ended,
        units=scan.units,
        done=scan.done,
        scopes=scopes,
    )
