"""A question in SQL, answered by DuckDB in a child that can read the caller's snapshots and no more."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, select

from cloudward.errors import InputError, QueryError
from cloudward.runtime import isolated
from cloudward.runtime.isolated import Limits
from cloudward.store import tables as t
from cloudward.store.filters import below, one_of
from cloudward.store.questions import Head, Question

LONGEST = 100_000
"""Characters of a question."""
MEMORY = 2 << 30
"""Bytes that DuckDB may use; the child's address space is twice that and what it maps."""
LIMITS = Limits(cpu=120, memory=3 * MEMORY, wait=60)


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns, their types as DuckDB names them, and rows of plain values as they come."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: Generator[list[Any], None, None]

    def close(self) -> None:
        """End the child before all rows were taken."""
        self.rows.close()


def question(connection: Connection, folder: Path, sql: str, scopes: Iterable[str] | None) -> Question:
    """The question with all that somebody who may see these scopes can ask about; None is every scope."""
    s, m = t.scopes.c, t.manifest.c
    chosen = select(s.key, s.id)
    if scopes is not None:
        chosen = chosen.where(s.id.in_(below(connection, scopes)))
    names = {row.key: row.id for row in connection.execute(chosen)}
    keys = one_of(s.key, list(names))
    kept = select(m.path, (m.scan == s.scan).label("current")).join(t.scopes, s.key == m.scope).where(keys)
    files = connection.execute(kept.order_by(m.scope, m.published)).all()
    return Question(
        sql=sql,
        memory=MEMORY,
        current=[str(folder / row.path) for row in files if row.current],
        history=[str(folder / row.path) for row in files],
        tables={
            "scopes": _table(connection, _SCOPES, select(*(s[name] for name in _SCOPES)).where(keys)),
            "scores": _table(connection, _SCORES, _scores().where(keys)),
            "scans": _table(connection, _SCANS, _scans(keys if scopes is not None else None)),
            "exemptions": _table(connection, _EXEMPTIONS, _exemptions(list(names.values()))),
        },
    )


_SCOPES = dict.fromkeys(("id", "provider", "kind", "name", "parent", "state"), "VARCHAR")
_SCORES = {
    "scope": "VARCHAR",
    "scan": "VARCHAR",
    "at": "TIMESTAMP",
    "percentage": "DOUBLE",
    "floor": "DOUBLE",
}
_SCANS = {
    "id": "VARCHAR",
    "provider": "VARCHAR",
    "connector": "VARCHAR",
    "state": "VARCHAR",
    "started": "TIMESTAMP",
    "ended": "TIMESTAMP",
}
_EXEMPTIONS = {
    "id": "VARCHAR",
    "policy": "VARCHAR",
    "scope": "VARCHAR",
    "resource": "VARCHAR",
    "category": "VARCHAR",
    "reason": "VARCHAR",
    "created_by": "VARCHAR",
    "created_at": "TIMESTAMP",
    "expires": "TIMESTAMP",
    "approved_by": "VARCHAR",
}


def _scores() -> Select[Any]:
    c = t.scores.c
    columns = (t.scopes.c.id.label("scope"), c.scan, c.at, c.percentage, c.floor)
    return select(*columns).join(t.scopes, t.scopes.c.key == c.scope)


def _scans(scopes: ColumnElement[bool] | None) -> Select[Any]:
    """All, or those that published a snapshot of one of the scopes."""
    c, m = t.scans.c, t.manifest.c
    query = select(*(c[name] for name in _SCANS))
    if scopes is None:
        return query
    kept = select(m.scan).join(t.scopes, t.scopes.c.key == m.scope).where(scopes)
    return query.where(c.id.in_(kept))


def _exemptions(scopes: list[str]) -> Select[Any]:
    c = t.exemptions.c
    return select(*(c[name] for name in _EXEMPTIONS)).where(c.scope.in_(scopes))


def _table(
    connection: Connection, columns: dict[str, str], query: Select[Any]
) -> tuple[dict[str, str], list[list[Any]]]:
    rows = [tuple(row) for row in connection.execute(query)]
    return columns, [list(values) for values in zip(*rows, strict=True)] or [[] for _ in columns]


def ask(question: Question, limits: Limits = LIMITS) -> Answer:
    """Run one SELECT. A refusal or mistake is a `QueryError` in one line, before any row comes."""
    if len(question.sql) > LONGEST:
        raise QueryError(f"a question has at most {LONGEST:,} characters")
    files = [*question.current, *question.history]
    data = msgspec.msgpack.encode(question)
    frames = _frames(
        isolated.frames("cloudward.store.answer", limits=limits, data=data, readable=files), limits
    )
    head = next(frames)
    assert isinstance(head, Head)
    return Answer(tuple(head.columns), tuple(head.types), _rows(frames))


def _rows(frames: Generator[Head | list[list[Any]], None, None]) -> Generator[list[Any], None, None]:
    with closing(frames):
        for frame in frames:
            if isinstance(frame, list):
                yield from frame


def _frames(
    raw: Generator[bytearray, None, None], limits: Limits
) -> Generator[Head | list[list[Any]], None, None]:
    """An answer that does not come is a matter of the question."""
    try:
        with closing(raw):
            for data in raw:
                frame = _decode(data)
                if isinstance(frame, Head) and frame.error:
                    raise QueryError(frame.error)
                yield frame
    except InputError as error:
        bounds = f"{limits.cpu} seconds of processor time and {MEMORY >> 30} GiB of memory"
        raise QueryError(
            f"the question was given up: {error}", f"it may use {bounds}; ask for less"
        ) from error


_decode = msgspec.msgpack.Decoder(Head | list[list[Any]]).decode
