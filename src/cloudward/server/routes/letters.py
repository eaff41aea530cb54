"""Dead letters: notifications that did not arrive, and can be sent again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import ConfigDict

from cloudward.errors import MissingError
from cloudward.server.answers import Listed, Page, Router, Word, encoded, page, place
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.jobs import JobItem, item
from cloudward.server.state import Served
from cloudward.store import jobs
from cloudward.store.jobs import Job, State

router = Router(prefix="/api/v1/letters", tags=["notifications"])
Teller = Annotated[Caller, Depends(Needs(Permission.NOTIFY, anywhere=False))]
KIND = "notification"


@dataclass(frozen=True, slots=True)
class LetterItem:
    """A notification, and how it went."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "20260131-010000-5f3a9c0d",
                    "state": "failed",
                    "channel": "on-call",
                    "event": "recommendations",
                    "level": "high",
                    "title": "3 resources newly unhealthy in acme-prod",
                    "at": "2026-01-31T01:00:00Z",
                    "attempts": 8,
                    "ended": "2026-01-31T03:10:00Z",
                    "problem": "the webhook answered 503: down for maintenance",
                }
            ]
        },
    )

    id: str
    state: State
    """`done`: it arrived; `failed`: it was given up."""
    channel: str
    event: str
    level: str
    title: str
    at: datetime
    """When it happened."""
    attempts: int
    """How often it was tried."""
    ended: datetime | None
    """When it arrived or was given up."""
    problem: str
    """Why it did not arrive the last time; empty when nothing went wrong."""


@router.get("")
def letters(state: Served, _caller: Teller, asked: Annotated[Listed, Query()]) -> Page[LetterItem]:
    """The latest first."""
    after = place(state, "letters", asked) or ""
    with state.store.database.read() as connection:
        found = jobs.every(
            connection, states=[State.FAILED], kinds=[KIND], limit=asked.limit + 1, after=after
        )
    return page(state, "letters", asked, ((told(each), each.id) for each in found), None)


@router.post("/{id}/send", status_code=202, response_model=JobItem)
def send(state: Served, _caller: Teller, id: Word) -> Response:
    """Send it again, with all attempts anew."""
    with state.store.database.write() as connection:
        found = jobs.every(connection, id=id, kinds=[KIND], states=[State.FAILED])
        if not found:
            raise MissingError(f"there is no dead letter {id!r}")
        job = jobs.again(connection, id, datetime.now(UTC))
    return encoded(item(job), 202, {"Location": f"/api/v1/jobs/{id}"})


def told(job: Job) -> LetterItem:
    """The notification that a job sends."""
    message = job.payload["message"]
    return LetterItem(
        job.id,
        job.state,
        job.payload["channel"],
        message["event"],
        message["level"],
        message["title"],
        datetime.fromisoformat(message["at"]),
        job.attempts,
        job.ended,
        job.problem,
    )
