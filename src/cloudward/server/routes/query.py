"""The query box: one SELECT over the snapshots of the caller's scopes, answered by a child process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from threading import BoundedSemaphore
from typing import Annotated, Any

from fastapi import Depends
from pydantic import ConfigDict, Field, StringConstraints

from cloudward.errors import BusyError
from cloudward.server.answers import DOCUMENTED, Router
from cloudward.server.changes import Given
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.sight import seen
from cloudward.server.state import Served
from cloudward.store.query import LONGEST

router = Router(prefix="/api/v1/query", tags=["query"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
AT_ONCE = BoundedSemaphore(2)
"""Each answer may take 6 GiB and two processors for a minute: others wait, or are told to."""
PATIENCE = 5.0


class Question(Given):
    """One SELECT. The tables are resources, tags, assessments, coverage, scopes, scores, scans and
    exemptions; with _history behind the first four they hold every scan that is kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"sql": "SELECT type, count(*) AS n FROM resources GROUP BY type ORDER BY n DESC"}]
        }
    )

    sql: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST, pattern=r"^[^\x00]*$")]
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1000
    """Rows at most."""


@dataclass(frozen=True, slots=True)
class ColumnItem:
    """A column of an answer."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class AnswerItem:
    """Rows of plain values, in the order of the columns."""

    __pydantic_config__ = DOCUMENTED

    columns: Sequence[ColumnItem]
    rows: Sequence[Sequence[Any]]
    more: bool
    """There are more rows than were asked for."""


@router.post("")
def ask(state: Served, caller: Reader, given: Question) -> AnswerItem:
    """Ask a question in SQL. Nothing else than the caller's scopes can be read, and nothing written."""
    if not AT_ONCE.acquire(timeout=PATIENCE):
        raise BusyError("other questions are being answered", 10)
    try:
        with closing(state.store.query(given.sql, seen(state, caller))) as answer:
            rows = list(islice(answer.rows, given.limit + 1))
    finally:
        AT_ONCE.release()
    columns = [ColumnItem(name, type) for name, type in zip(answer.columns, answer.types, strict=True)]
    return AnswerItem(columns, rows[: given.limit], len(rows) > given.limit)
