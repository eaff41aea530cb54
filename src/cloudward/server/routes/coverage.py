"""Coverage: what could and could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import ConfigDict

from cloudward.model import Cause, Coverage, Outcome, Provider
from cloudward.respond.causes import remedy
from cloudward.server.answers import Listed, Page, Router, Words, page, place
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.sight import seen
from cloudward.server.state import Served
from cloudward.store.filters import Filters

router = Router(prefix="/api/v1/coverage", tags=["coverage"])
Place = tuple[int, int]
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]


@dataclass(frozen=True, slots=True)
class CoverageItem:
    """What one call gave for one type in one place."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "call": "s3:GetBucketPolicy",
                    "outcome": "denied",
                    "type": "AWS::S3::Bucket",
                    "scope": "111122223333",
                    "region": "eu-west-1",
                    "listing": False,
                    "count": 3,
                    "at": "2026-01-31T12:00:00Z",
                    "cause": {"reason": "denied", "call": "s3:GetBucketPolicy", "message": ""},
                    "remedy": "allow s3:GetBucketPolicy",
                }
            ]
        },
    )

    call: str
    """The permission's spelling; for a file, the file."""
    outcome: Outcome
    type: str
    """The resource type that it tells about."""
    scope: str
    region: str | None
    """Null for what is global."""
    listing: bool
    """It says which resources exist."""
    count: int
    """How many times it ended so."""
    at: datetime
    """When the answer was given."""
    cause: Cause | None
    """Why it was not answered."""
    remedy: str | None
    """What would make it known."""


class Asked(Listed):
    """Filters of coverage."""

    scope: Words = []
    """A scope, with all below it."""
    provider: list[Provider] = []
    type: Words = []
    region: Words = []
    outcome: list[Outcome] = [Outcome.DENIED, Outcome.FAILED, Outcome.UNSUPPORTED, Outcome.NOT_REQUESTED]
    """How the call ended; give `read`, `empty` and `gone` too for every call."""


@router.get("")
def coverage(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[CoverageItem]:
    """What could not be read, by scope. What needs an answer that is missing is unknown, never healthy."""
    filters: Filters = {
        "scope": seen(state, caller, asked.scope),
        "provider": asked.provider or None,
        "type": asked.type or None,
        "region": asked.region or None,
    }
    start = place(state, "coverage", asked)
    rows = state.store.covered(asked.outcome, filters, asked.limit + 1, start)
    total = state.store.covered_count(asked.outcome, filters)
    return page(state, "coverage", asked, _items(rows), total)


def _items(
    rows: Iterator[tuple[Coverage, tuple[int, int]]],
) -> Iterator[tuple[CoverageItem, tuple[int, int]]]:
    for row, at in rows:
        yield (
            CoverageItem(
                call=row.call,
                outcome=row.outcome,
                type=row.type,
                scope=row.scope,
                region=row.region,
                listing=row.listing,
                count=row.count,
                at=row.at,
                cause=row.cause,
                remedy=remedy(row.cause) if row.cause else None,
            ),
            at,
        )
