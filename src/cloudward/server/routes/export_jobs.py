"""Exports that are jobs: files that take long to make, kept for a while, each with its hash.

Who asked for a file has it, for as long as he may export all that it was made of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from fastapi.responses import FileResponse, PlainTextResponse
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from cloudward.errors import BusyError, DeniedError, MissingError
from cloudward.server.answers import Listed, Page, Router, Word, encoded, page, place
from cloudward.server.changes import Given, Line
from cloudward.server.exporting import order
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.exports import FILE
from cloudward.server.state import Served, State
from cloudward.store import jobs as stored
from cloudward.store import revisions, upkeep
from cloudward.store.exports import Exports
from cloudward.store.jobs import ENDED, Job
from cloudward.store.jobs import State as JobState

router = Router(prefix="/api/v1/exports", tags=["exports"])
Exporter = Annotated[Caller, Depends(Needs(Permission.EXPORT))]
KIND = "export"
MOST, AGAIN = 10, 60
"""So many that have not ended may somebody have at once; seconds after which he asks again."""
EXAMPLE: dict[str, Any] = {
    "id": "20260131-010000-5f3a9c0d",
    "of": "assessments",
    "address": "/api/v1/assessments/export?form=csv&severity=high",
    "state": "done",
    "created_at": "2026-01-31T01:00:00Z",
    "ended": "2026-01-31T01:00:41Z",
    "progress": {"bytes": 401203441, "rows": 1000000, "done": 1000000},
    "problem": None,
    "name": "assessments.csv",
    "bytes": 401203441,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "expires": "2026-02-07T01:00:41Z",
}


@dataclass(frozen=True, slots=True)
class ExportItem:
    """A file that was asked for."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [EXAMPLE]})

    id: str
    of: str
    """`assessments`, `resources`, `recommendations`, `alerts`, `incidents`, or a standard."""
    address: str
    """The direct export that gives the same."""
    state: JobState
    created_at: datetime
    ended: datetime | None
    progress: Mapping[str, Any] | None
    """How far it is: `bytes` that are written, and of lists `rows` in all and those that are `done`."""
    problem: str | None
    """What went wrong the last time."""
    name: str | None
    """What the file is called; null until it is there."""
    bytes: int | None
    sha256: str | None
    """Of the file: who has both can tell that it is the one that was made."""
    expires: datetime | None
    """Until when the file is kept; null where there is none."""


class Ordered(Given):
    """What is wanted."""

    address: Annotated[Line, Field(examples=["/api/v1/assessments/export?form=csv&severity=high"])]
    """The address of a direct export, with its filters: of a list, or of a standard."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the log of changes has of it."""

    address: str


@router.post("", status_code=202, response_model=ExportItem)
def start(state: Served, caller: Exporter, given: Ordered) -> Response:
    """Have a file made as soon as a worker is free, of what the caller may export then."""
    wanted = order(given.address)
    wanted.check(state)
    now, lane = datetime.now(UTC), f"{KIND}/{caller.id}"
    payload = {"of": wanted.of, "address": given.address, "user": caller.id, "token": caller.token}
    with state.store.database.write() as connection:
        under_way = [each for each in _mine(connection, caller) if each.state not in ENDED]
        if len(under_way) >= MOST:
            raise BusyError(f"{len(under_way)} of your files are on their way", AGAIN)
        job = stored.add(connection, KIND, payload, by=caller.name, now=now, lane=lane)
        revisions.note(connection, caller.name, KIND, job.id, None, Order(given.address))
    return encoded(_item(state, job, 0), 202, {"Location": f"/api/v1/exports/{job.id}"})


@router.get("")
def export_jobs(state: Served, caller: Exporter, asked: Annotated[Listed, Query()]) -> Page[ExportItem]:
    """The caller's own, the latest first."""
    after = place(state, "exports", asked)
    with state.store.database.read() as connection:
        found = _mine(connection, caller, limit=asked.limit + 1, after=after or "")
        days = upkeep.retention(connection).exports
    return page(state, "exports", asked, ((_item(state, each, days), each.id) for each in found), None)


@router.get("/{id}")
def export(state: Served, caller: Exporter, id: Word) -> ExportItem:
    """One of the caller's own."""
    return _item(state, *_one(state, caller, id))


@router.get("/{id}/file", response_class=FileResponse, responses=FILE)
def content(state: Served, caller: Exporter, id: Word) -> FileResponse:
    """The file, for who may export now all that it was made of."""
    told = _made(state, caller, id)
    path = _files(state).path(id)
    if path is None:
        raise MissingError("this file is not kept any more", "export it again")
    return FileResponse(path, media_type=told["media"], filename=told["name"])


@router.get("/{id}/sha256", response_class=PlainTextResponse)
def digest(state: Served, caller: Exporter, id: Word) -> PlainTextResponse:
    """The hash of the file as `sha256sum --check` reads it."""
    told = _made(state, caller, id)
    return PlainTextResponse(f"{told['sha256']}  {told['name']}\n")


@router.delete("/{id}", status_code=204)
def drop(state: Served, caller: Exporter, id: Word) -> Response:
    """End one that is not done yet; remove the file of one that is."""
    job, days = _one(state, caller, id)
    ended = job.state in ENDED
    if ended and _item(state, job, days).expires is None:
        raise MissingError("this file is not kept any more")
    with state.store.database.write() as connection:
        if not ended:
            stored.cancel(connection, id, datetime.now(UTC))
        revisions.note(connection, caller.name, KIND, id, Order(job.payload["address"]), None)
    _files(state).remove(id)
    return Response(status_code=204)


def _mine(connection: Connection, caller: Caller, **more: Any) -> list[Job]:
    return stored.every(connection, kinds=[KIND], lane=f"{KIND}/{caller.id}", **more)


def _one(state: State, caller: Caller, id: str) -> tuple[Job, int]:
    """One of the caller's own, and how many days files are kept."""
    with state.store.database.read() as connection:
        found = _mine(connection, caller, id=id)
        days = upkeep.retention(connection).exports
    if not found:
        raise MissingError(f"there is no export {id!r}")
    return found[0], days


def _made(state: State, caller: Caller, id: str) -> Mapping[str, Any]:
    """What is known of a file that is there and that the caller may have."""
    job, days = _one(state, caller, id)
    if _item(state, job, days).expires is None or job.result is None:
        raise MissingError("there is no file yet, or no more", "its state is told without /file")
    if not _may(caller, job.result["scopes"]):
        raise DeniedError("you may not export any more all that is in this file")
    return job.result


def _may(caller: Caller, scopes: Sequence[str] | None) -> bool:
    """Whether he may export now what a file was made of; None is every scope."""
    if caller.everywhere(Permission.EXPORT):
        return True
    return scopes is not None and caller.scopes(Permission.EXPORT).issuperset(scopes)


def _files(state: State) -> Exports:
    return Exports(state.store.folder, state.store.files)


def _item(state: State, job: Job, days: int) -> ExportItem:
    told = job.result or {}
    ends = job.ended and job.ended + timedelta(days=days)
    there = job.state is JobState.DONE and ends is not None and ends > datetime.now(UTC)
    return ExportItem(
        id=job.id,
        of=job.payload["of"],
        address=job.payload["address"],
        state=job.state,
        created_at=job.created_at,
        ended=job.ended,
        progress=job.progress,
        problem=job.problem or None,
        name=told.get("name"),
        bytes=told.get("bytes"),
        sha256=told.get("sha256"),
        expires=ends if there and _files(state).path(job.id) else None,
    )
