"""What became of batches of events, what came of which log, and how far was read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json, micros, moment


class Done(NamedTuple):
    """A batch that was evaluated."""

    key: str
    token: str
    digest: str
    received: int
    """Microseconds since 1970."""
    evaluated: int
    records: int = 0
    """Events that were evaluated."""
    unparsed: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a log by one way: the id of a token, or `files`."""

    source: str
    way: str
    received: datetime
    """When the last of it came."""
    evaluated: datetime
    """When the last of it was evaluated."""
    events: int = 0
    unparsed: int = 0
    rejected: int = 0
    first: datetime | None = field(default=None)
    """Of the events, when the first and the last happened."""
    last: datetime | None = None


def digests(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """Of these batches those that are evaluated, each with the digest of what it held."""
    c = t.batches.c
    query = select(c.key, c.digest).where(c.key.in_(list(keys)))
    return {row.key: row.digest for row in connection.execute(query)}


def keep(connection: Connection, done: Iterable[Done]) -> None:
    """These batches are evaluated."""
    rows = [each._asdict() for each in done]
    if rows:
        connection.execute(insert(t.batches), rows)


def forget(connection: Connection, before: datetime) -> int:
    """Forget batches that were evaluated before; who sends one of them again has it evaluated again."""
    return connection.execute(delete(t.batches).where(t.batches.c.evaluated < micros(before))).rowcount


def hear(connection: Connection, more: Heard) -> None:
    """Add to what came of a log by one way."""
    c = t.heard.c
    here = (c.source == more.source) & (c.way == more.way)
    row = connection.execute(select(t.heard).where(here)).first()
    if row is None:
        connection.execute(insert(t.heard).values(**_row(more)))
        return
    known = _heard(row)
    made = replace(
        more,
        received=max(known.received, more.received),
        evaluated=max(known.evaluated, more.evaluated),
        events=known.events + more.events,
        unparsed=known.unparsed + more.unparsed,
        rejected=known.rejected + more.rejected,
        first=min(filter(None, (known.first, more.first)), default=None),
        last=max(filter(None, (known.last, more.last)), default=None),
    )
    connection.execute(update(t.heard).where(here).values(**_row(made)))


def heard(connection: Connection) -> list[Heard]:
    """What came, by source and way."""
    c = t.heard.c
    return [_heard(row) for row in connection.execute(select(t.heard).order_by(c.source, c.way))]


@dataclass(frozen=True, slots=True)
class Health:
    """How it goes with what comes of a log by one way."""

    source: str
    way: str
    """The id of the token that brings it, or `files`."""
    events: int
    """Those that were evaluated."""
    unparsed: int
    rejected: int
    last: datetime | None
    """When the last event happened, by its own words."""
    received: datetime
    """When something came last."""
    lag: float
    """Seconds from there until it was evaluated."""
    silent: bool
    """Nothing came for longer than was asked."""


def health(connection: Connection, now: datetime, patience: timedelta) -> list[Health]:
    """Everything that ever came; what was not heard for longer than `patience` is silent."""
    return [
        Health(
            each.source,
            each.way,
            each.events,
            each.unparsed,
            each.rejected,
            each.last,
            each.received,
            round(max(0.0, (each.evaluated - each.received).total_seconds()), 3),
            now - each.received > patience,
        )
        for each in heard(connection)
    ]


def checkpoint(connection: Connection, id: str) -> Any:
    """How far something was read; None when it was not."""
    query = select(t.checkpoints.c.document).where(t.checkpoints.c.id == id)
    found = connection.scalar(query)
    return None if found is None else decode_json(found)


def reached(connection: Connection, id: str, document: Any, at: datetime) -> None:
    """Something was read so far."""
    connection.execute(delete(t.checkpoints).where(t.checkpoints.c.id == id))
    values = {"id": id, "document": encode_json(document).decode(), "at": micros(at)}
    connection.execute(insert(t.checkpoints).values(**values))


def _row(each: Heard) -> dict[str, Any]:
    return {
        "source": each.source,
        "way": each.way,
        "records": each.events,
        "unparsed": each.unparsed,
        "rejected": each.rejected,
        "first": None if each.first is None else micros(each.first),
        "last": None if each.last is None else micros(each.last),
        "received": micros(each.received),
        "evaluated": micros(each.evaluated),
    }


def _heard(row: Any) -> Heard:
    return Heard(
        row.source,
        row.way,
        moment(row.received),
        moment(row.evaluated),
        row.records,
        row.unparsed,
        row.rejected,
        None if row.first is None else moment(row.first),
        None if row.last is None else moment(row.last),
    )
