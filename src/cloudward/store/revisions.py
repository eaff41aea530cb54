"""Who changed what of that which people decide, and when: the audit log.

What is written here is never changed. Each entry has a digest over itself and the digest before it, so a
row that was changed, removed or put in between shows, and so does a cut end to whoever noted the last digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from cloudward.errors import StaleError, StoreError
from cloudward.model import Revision
from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json, micros, moment

through: ContextVar[str] = ContextVar("through", default="")
"""By what somebody acts just now, `token cw_...`; empty for he himself. The log says it beside his name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision with its place in the chain."""

    number: int
    """Grows with time; there may be gaps."""
    revision: Revision
    scope: str
    """Where it counts; empty for what belongs to no scope."""
    digest: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of the chain."""

    length: int
    digest: str
    """Of the last entry: whoever noted it can tell later that nothing before it was changed."""
    broken: int | None = None
    """The number of the first entry that is not as it was written; 0 when the last ones are missing."""
    noted: bool | None = None
    """Whether the digest that was asked for stands in the chain; None when none was."""


def note(connection: Connection, by: str, kind: str, id: str, before: Any, after: Any) -> None:
    """Say in the same transaction that `by` made `after` of `before`; None is nothing."""
    c, first = t.chain.c, t.chain.c.id == 1
    last = connection.scalar(update(t.chain).where(first).values(length=c.length + 1).returning(c.digest))
    if last is None:
        raise StoreError("the log of changes has lost its end; nothing can be changed", "restore a backup")
    values = {
        "at": micros(datetime.now(UTC)),
        "who": f"{by} ({through.get()})" if through.get() else by,
        "kind": kind,
        "id": id,
        "scope": _scope(before, after),
        "before": _text(before),
        "after": _text(after),
    }
    digest = _digest(last, values)
    connection.execute(insert(t.revisions).values(**values, digest=digest))
    connection.execute(update(t.chain).where(first).values(digest=digest))


def version(thing: Any) -> str:
    """A word that is another one for every other form of a thing."""
    return hashlib.blake2b(encode_json(thing), digest_size=12).hexdigest()


def expect(before: Any, expected: str | None, kind: str, id: str) -> None:
    """Refuse a change of something that is not what it was when it was read; None takes any form.

    Stands in the transaction of the change, so nobody can come between.
    """
    if expected is not None and (before is None or version(before) != expected):
        raise StaleError(f"{kind} {id} was changed since it was read", "read it again, then change it")


def every(connection: Connection, kind: str = "") -> list[Revision]:
    """The latest first, of one kind or of all."""
    return [each.revision for each in entries(connection, kind=kind)]


def entries(
    connection: Connection,
    *,
    kind: str = "",
    who: str = "",
    id: str = "",
    scopes: Collection[str] | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> Iterator[Entry]:
    """The latest first, those with a number under `before`. `scopes`: only what counts in one of these."""
    c = t.revisions.c
    query = select(t.revisions).order_by(c.key.desc()).limit(limit)
    for column, value in ((c.kind, kind), (c.who, who), (c.id, id)):
        query = query.where(column == value) if value else query
    if scopes is not None:
        query = query.where(c.scope.in_(scopes))
    if before is not None:
        query = query.where(c.key < before)
    return (_entry(row) for row in _rows(connection, query))


def verify(connection: Connection, noted: str = "") -> Verified:
    """Compute the whole chain anew."""
    c, digest, length, found = t.revisions.c, "", 0, not noted
    for row in _rows(connection, select(t.revisions).order_by(c.key)):
        digest, length = _digest(digest, row._mapping), length + 1
        found = found or digest == noted
        if digest != row.digest:
            return Verified(length, digest, row.key, found if noted else None)
    head = connection.execute(select(t.chain)).first()
    whole = head is not None and (head.length, head.digest) == (length, digest)
    return Verified(length, digest, None if whole else 0, found if noted else None)


def _scope(before: Any, after: Any) -> str | None:
    """Where a change counts. What goes from one scope to another is for those alone who see both."""
    scopes = {getattr(each, "scope", "") for each in (before, after) if each is not None}
    return (scopes.pop() or None) if len(scopes) == 1 else None


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    with connection.execution_options(yield_per=1000).execute(query) as rows:
        yield from rows


def _entry(row: Row[Any]) -> Entry:
    revision = Revision(
        moment(row.at), row.who, row.kind, row.id, _document(row.before), _document(row.after)
    )
    return Entry(row.key, revision, row.scope or "", row.digest)


def _digest(last: str, row: Any) -> str:
    fields = [row[name] for name in ("at", "who", "kind", "id", "scope", "before", "after")]
    return hashlib.sha256(json.dumps([last, *fields], ensure_ascii=False).encode()).hexdigest()


def _text(thing: Any) -> str | None:
    return None if thing is None else encode_json(thing).decode()


def _document(text: str | None) -> Any:
    return None if text is None else decode_json(text)
