"""What was learnt of behaviour: entities by detection, which events were learnt, and what people decided."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from cloudward.store import tables as t
from cloudward.store.database import Database
from cloudward.store.encoding import batches

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept for a detection."""

    detection: str
    entities: int
    size: int
    """Bytes."""
    evicted: int
    """Entities that were forgotten because there were too many."""
    late: int
    """Events of a day that was out of reach."""


class Kept:
    """What is kept between runs. Days are counted from 1970."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def trusted(self) -> dict[str, bool]:
        """Source -> whether it is learnt from, where somebody decided."""
        with self._database.read() as connection:
            return {row.source: row.trusted for row in connection.execute(select(t.baseline_sources))}

    def trust(self, source: str, trusted: bool) -> None:
        with self._database.write() as connection:
            connection.execute(delete(t.baseline_sources).where(t.baseline_sources.c.source == source))
            connection.execute(insert(t.baseline_sources).values(source=source, trusted=trusted))

    def unlearnt(self) -> frozenset[tuple[str, int]]:
        """Sources and days that are not to be learnt."""
        c = t.baseline_days.c
        with self._database.read() as connection:
            rows = connection.execute(select(c.source, c.day).where(c.unlearnt))
            return frozenset((row.source, row.day) for row in rows)

    def learnt(self, source: str, day: int) -> bytes | None:
        """Which events of a day were learnt."""
        c = t.baseline_days.c
        with self._database.read() as connection:
            return connection.scalar(select(c.data).where(c.source == source, c.day == day))

    def days(self) -> list[tuple[str, int, int, bool]]:
        """Source, day, how many of its events were learnt, and whether it is unlearnt."""
        c = t.baseline_days.c
        with self._database.read() as connection:
            query = select(c.source, c.day, c.learnt, c.unlearnt).order_by(c.source, c.day)
            return [(row.source, row.day, row.learnt, row.unlearnt) for row in connection.execute(query)]

    def entities(self, detection: str, model: str | None = None) -> Iterator[tuple[str, str, bytes]]:
        """Scope, entity and what is known of it; of another `model` nothing is given."""
        c = t.baselines.c
        query = select(c.scope, c.entity, c.data).where(c.detection == detection)
        if model is not None:
            query = query.where(c.model == model)
        with self._database.read() as connection:
            for row in connection.execute(query.order_by(c.day, c.scope, c.entity)):
                yield row.scope, row.entity, row.data

    def detections(self) -> list[Remembered]:
        """What is kept, in order of detection."""
        c, n = t.baselines.c, t.baseline_counts.c
        query = select(c.detection, func.count(), func.sum(func.length(c.data))).group_by(c.detection)
        with self._database.read() as connection:
            counts = {
                row.detection: (row.evicted, row.late)
                for row in connection.execute(select(n.detection, n.evicted, n.late))
            }
            rows = {row[0]: (row[1], row[2]) for row in connection.execute(query)}
        return [
            Remembered(id, *rows.get(id, (0, 0)), *counts.get(id, (0, 0))) for id in sorted({*rows, *counts})
        ]

    @contextmanager
    def saving(self) -> Iterator[Saving]:
        """All of it or nothing."""
        with self._database.write() as connection:
            yield Saving(connection)

    def reset(self, source: str = "", detections: Collection[str] = ()) -> int:
        """Forget all, or what detections learnt of a source; gives how many entities that were.

        With it goes which events were learnt, and which are not to be: they can be learnt again.
        """
        with self._database.write() as connection:
            days = delete(t.baseline_days)
            gone, counts = delete(t.baselines), delete(t.baseline_counts)
            if source:
                days = days.where(t.baseline_days.c.source == source)
                gone = gone.where(t.baselines.c.detection.in_(detections))
                counts = counts.where(t.baseline_counts.c.detection.in_(detections))
            connection.execute(days)
            connection.execute(counts)
            return connection.execute(gone).rowcount


class Saving:
    """One transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def entities(
        self,
        detection: str,
        model: str,
        rows: Iterable[tuple[str, str, int, bytes]],
        gone: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Rows are scope, entity, its latest day and what is known of it."""
        c = t.baselines.c
        made = [
            {
                "detection": detection,
                "model": model,
                "scope": scope,
                "entity": entity,
                "day": day,
                "data": data,
            }
            for scope, entity, day, data in rows
        ]
        old = [*((row["scope"], row["entity"]) for row in made), *gone]
        where = (c.detection == detection) & (c.scope == bindparam("s")) & (c.entity == bindparam("e"))
        for part in batches(old, CHUNK):
            self._connection.execute(delete(t.baselines).where(where), [{"s": s, "e": e} for s, e in part])
        for rest in batches(made, CHUNK):
            self._connection.execute(insert(t.baselines), rest)

    def counts(self, detection: str, evicted: int, late: int) -> None:
        """Add to what was not learnt."""
        if not (evicted or late):
            return
        c = t.baseline_counts.c
        changed = self._connection.execute(
            update(t.baseline_counts)
            .where(c.detection == detection)
            .values(evicted=c.evicted + evicted, late=c.late + late)
        )
        if not changed.rowcount:
            row = {"detection": detection, "evicted": evicted, "late": late}
            self._connection.execute(insert(t.baseline_counts).values(**row))

    def learnt(self, rows: Iterable[tuple[str, int, int, bytes]], *, unlearnt: bool = False) -> None:
        """Rows are source, day, how many events were learnt, and which."""
        c = t.baseline_days.c
        where = (c.source == bindparam("s")) & (c.day == bindparam("d"))
        for part in batches(rows, CHUNK):
            self._connection.execute(
                delete(t.baseline_days).where(where), [{"s": row[0], "d": row[1]} for row in part]
            )
            values = [
                dict(zip(("source", "day", "learnt", "data"), row, strict=True), unlearnt=unlearnt)
                for row in part
            ]
            self._connection.execute(insert(t.baseline_days), values)
