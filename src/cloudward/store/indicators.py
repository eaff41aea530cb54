"""Indicators that were added, by kind, value and who says it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, func, insert, not_, or_, select

from cloudward.model import Indicator
from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.database import Database
from cloudward.store.encoding import batches, decode_json, encode_json, micros, moment

CHUNK = 1000
KIND = "indicators"
SHOWN = 20
"""So many values does the audit log name."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the audit log says of indicators: how many a source says, or were taken out, and which."""

    count: int
    values: tuple[str, ...] = ()


class IndicatorFilters(TypedDict, total=False):
    """Several values of one are alternatives; None is any."""

    kind: Collection[str] | None
    source: Collection[str] | None
    search: str | None
    """Part of the value, in any case."""
    live: bool | None
    """Only what has not ended, or only what has."""


class IndicatorList:
    """The indicators of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, found: Iterable[Indicator], source: str, *, replace: bool = False, by: str = "cloudward"
    ) -> tuple[int, int]:
        """Add what a source says, in place of what it said of the same values, or of all.

        Gives how many it says now, and how many of before are gone.
        """
        c = t.indicators.c
        made = {(each.kind, each.value): each for each in found}
        with self._database.write() as connection:
            before = connection.scalar(select(func.count()).where(c.source == source)) or 0
            if replace:
                connection.execute(delete(t.indicators).where(c.source == source))
            where = (c.kind == bindparam("k")) & (c.value == bindparam("v")) & (c.source == source)
            for part in batches(made.values(), CHUNK):
                keys = [{"k": each.kind, "v": each.value} for each in part]
                connection.execute(delete(t.indicators).where(where), keys)
                connection.execute(insert(t.indicators), [_row(each, source) for each in part])
            after = connection.scalar(select(func.count()).where(c.source == source)) or 0
            revisions.note(connection, by, KIND, source, Said(before) if before else None, Said(after))
        return after, max(0, before - after)

    def every(
        self,
        *,
        kinds: Collection[str] = (),
        source: str = "",
        search: str = "",
        live: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Indicator]:
        """Indicators in order of kind and value; with `live` only those that have not ended then."""
        c = t.indicators.c
        query = select(t.indicators).order_by(c.kind, c.value, c.source).limit(limit)
        if kinds:
            query = query.where(c.kind.in_(kinds))
        if source:
            query = query.where(c.source == source)
        if search:
            query = query.where(c.value.contains(search.lower(), autoescape=True))
        if live is not None:
            query = query.where(c.expires.is_(None) | (c.expires > micros(live)))
        with self._database.read() as connection:
            yield from map(_indicator, connection.execute(query))

    def saying(self, kind: str, values: Collection[str]) -> Iterator[Indicator]:
        """All that is said of exactly these values of a kind."""
        c = t.indicators.c
        with self._database.read() as connection:
            for part in batches(sorted(values), CHUNK):
                query = select(t.indicators).where(c.kind == kind, c.value.in_(part))
                yield from map(_indicator, connection.execute(query))

    def page(
        self, filters: IndicatorFilters, limit: int, after: Sequence[str] | None, now: datetime
    ) -> tuple[list[Indicator], int]:
        """Indicators behind the `place` of the one before, in its order, and how many there are in all."""
        c = t.indicators.c
        where = [*_asked(filters, now)]
        query = select(t.indicators).where(*where).order_by(c.kind, c.value, c.source).limit(limit)
        if after is not None:
            kind, value, source = after
            behind = or_(c.value > value, and_(c.value == value, c.source > source))
            query = query.where(or_(c.kind > kind, and_(c.kind == kind, behind)))
        with self._database.read() as connection:
            count = select(func.count()).select_from(t.indicators).where(*where)
            return [*map(_indicator, connection.execute(query))], connection.scalar(count) or 0

    def kinds(self, live: datetime) -> set[tuple[str, tuple[str, ...]]]:
        """Kinds and labels of what has not ended."""
        c = t.indicators.c
        query = select(c.kind, c.labels).where(c.expires.is_(None) | (c.expires > micros(live))).distinct()
        with self._database.read() as connection:
            return {(row.kind, tuple(decode_json(row.labels))) for row in connection.execute(query)}

    def sources(self) -> dict[str, int]:
        """Who says something, and how much."""
        c = t.indicators.c
        with self._database.read() as connection:
            rows = connection.execute(select(c.source, func.count()).group_by(c.source).order_by(c.source))
            return {row[0]: row[1] for row in rows}

    def remove(
        self,
        *,
        source: str = "",
        values: Collection[str] = (),
        ended: datetime | None = None,
        by: str = "cloudward",
    ) -> int:
        """Take out what a source says, some values, or what ended before; each narrows the others.

        Gives how many that were.
        """
        c = t.indicators.c
        query = delete(t.indicators)
        if source:
            query = query.where(c.source == source)
        if values:
            query = query.where(c.value.in_(values))
        if ended is not None:
            query = query.where(c.expires <= micros(ended))
        with self._database.write() as connection:
            count = connection.execute(query).rowcount
            if count:
                revisions.note(connection, by, KIND, source, Said(count, tuple(values)[:SHOWN]), None)
            return count


def place(each: Indicator) -> tuple[str, str, str]:
    """Where it stands in a list; a page begins behind it."""
    return each.kind, each.value, each.source


def _asked(filters: IndicatorFilters, now: datetime) -> Iterator[ColumnElement[bool]]:
    c = t.indicators.c
    if (kinds := filters.get("kind")) is not None:
        yield c.kind.in_(kinds)
    if (sources := filters.get("source")) is not None:
        yield c.source.in_(sources)
    if search := filters.get("search"):
        yield c.value.contains(search.lower(), autoescape=True)
    live = c.expires.is_(None) | (c.expires > micros(now))
    if (wanted := filters.get("live")) is not None:
        yield live if wanted else not_(live)


def _row(each: Indicator, source: str) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "value": each.value,
        "source": source,
        "confidence": each.confidence,
        "expires": None if each.expires is None else micros(each.expires),
        "labels": encode_json(each.labels).decode(),
        "description": each.description,
    }


def _indicator(row: Row[Any]) -> Indicator:
    return Indicator(
        row.kind,
        row.value,
        row.source,
        row.confidence,
        None if row.expires is None else moment(row.expires),
        tuple(decode_json(row.labels)),
        row.description,
    )
