"""Jobs: what is worked on, what waits, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import ConfigDict

from cloudward.errors import MissingError
from cloudward.server.answers import Listed, Page, Router, Word, page, place
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.state import Served
from cloudward.store import jobs as stored
from cloudward.store.jobs import Job, State

router = Router(prefix="/api/v1/jobs", tags=["jobs"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ, anywhere=False))]
Fixer = Annotated[Caller, Depends(Needs(Permission.FIX, anywhere=False))]


@dataclass(frozen=True, slots=True)
class JobItem:
    """One piece of work."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "20260131-010000-5f3a9c0d",
                    "kind": "scan",
                    "connector": "acme",
                    "state": "running",
                    "attempts": 1,
                    "due": "2026-01-31T01:00:00Z",
                    "created_by": "schedule of acme",
                    "created_at": "2026-01-31T01:00:00Z",
                    "started": "2026-01-31T01:00:01Z",
                    "ended": None,
                    "worker": "host-4711-a1b2c3",
                    "cancelling": False,
                    "progress": {"parts": 310, "done": 12, "resources": 940},
                    "result": None,
                    "problem": None,
                }
            ]
        },
    )

    id: str
    kind: str
    """`scan`, `export`, `notification`, `maintenance`, `indicators`."""
    connector: str | None
    """What is scanned; null for work of another kind."""
    state: State
    attempts: int
    """How often it was begun."""
    due: datetime
    """It does not run before."""
    created_by: str
    created_at: datetime
    started: datetime | None
    """When it was begun the last time."""
    ended: datetime | None
    worker: str | None
    """Who works on it, or did."""
    cancelling: bool
    """Its worker was asked to end it."""
    progress: Mapping[str, Any] | None
    """How far it is: of a scan its parts, those that are done, and the resources that they gave."""
    result: Mapping[str, Any] | None
    """What it found, when it is done."""
    problem: str | None
    """What went wrong the last time."""


class Asked(Listed):
    """Filters of jobs."""

    state: list[State] = []
    kind: list[Word] = []
    connector: Word = ""


@router.get("")
def jobs(state: Served, _caller: Reader, asked: Annotated[Asked, Query()]) -> Page[JobItem]:
    """The latest first. For who may read everywhere: work belongs to no scope."""
    after = place(state, "jobs", asked)
    with state.store.database.read() as connection:
        found = stored.every(
            connection,
            states=asked.state,
            kinds=asked.kind,
            lane=f"connector/{asked.connector}" if asked.connector else "",
            limit=asked.limit + 1,
            after=after or "",
        )
    return page(state, "jobs", asked, _rows(found), None)


@router.get("/{id}")
def job(state: Served, _caller: Reader, id: Word) -> JobItem:
    """One job."""
    with state.store.database.read() as connection:
        return item(_one(stored.every(connection, id=id), id))


@router.post("/{id}/cancel")
def cancel(state: Served, _caller: Fixer, id: Word) -> JobItem:
    """End a job: one that waits at once, one that runs as soon as its worker hears of it."""
    with state.store.database.write() as connection:
        _one(stored.every(connection, id=id), id)
        return item(stored.cancel(connection, id, datetime.now(UTC)))


def _one(found: list[Job], id: str) -> Job:
    if not found:
        raise MissingError(f"there is no job {id!r}")
    return found[0]


def _rows(found: list[Job]) -> Iterator[tuple[JobItem, str]]:
    return ((item(each), each.id) for each in found)


def item(job: Job) -> JobItem:
    """A job as the API tells it; its payload may hold what is nobody's business."""
    lane, _, connector = job.lane.partition("/")
    return JobItem(
        id=job.id,
        kind=job.kind,
        connector=connector if lane == "connector" else None,
        state=job.state,
        attempts=job.attempts,
        due=job.due,
        created_by=job.created_by,
        created_at=job.created_at,
        started=job.started,
        ended=job.ended,
        worker=job.owner or None,
        cancelling=job.cancelling,
        progress=job.progress,
        result=job.result,
        problem=job.problem or None,
    )
