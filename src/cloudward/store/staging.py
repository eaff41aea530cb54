"""A scan on its way: what its units gave, journaled one by one, until its scopes are published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, Self

from sqlalchemy import func, insert, select, update

from cloudward.errors import StoreError
from cloudward.model import (
    Assessment,
    Cause,
    Coverage,
    Outcome,
    Provider,
    Reason,
    Resource,
    Scope,
    Score,
)
from cloudward.store import current, scans, snapshot
from cloudward.store import tables as t
from cloudward.store.coverage import complete
from cloudward.store.encoding import decode_json, encode_json, micros, moment, unpack
from cloudward.store.publish import publish
from cloudward.store.segments import COVERAGE, Budget, Segment, Writer, merged

if TYPE_CHECKING:
    from cloudward.store.store import Store

SEGMENTS = 256
"""Staging files whose index is kept in memory."""
SCOPES = 4
"""Scopes of which it is kept which of all their files hold a type: an account has hundreds of files."""


class Staging:
    """One scan. Units are written by several threads; everything is read after they ended."""

    def __init__(self, store: Store, scan: str, lock: IO[bytes]) -> None:
        self._store, self._lock, self._budget = store, lock, Budget()
        self.scan = scan
        self.folder = store.folder / "staging" / scan
        with store.database.read() as connection:
            row = connection.execute(select(t.scans).where(t.scans.c.id == scan)).one()
            units = connection.execute(select(t.units).where(t.units.c.scan == scan)).all()
            self._given = scans.given(connection, scan)
            every = (*current.scopes(connection), *self._given, *scans.found(connection, scan))
            self._known = {scope.id: scope for scope in every}
        self._called: dict[str, Scope] = {}
        self.provider = Provider(row.provider)
        self.connector: str = row.connector
        self.options: Mapping[str, Any] = decode_json(row.options)
        self.started = moment(row.started)
        self._numbers = {unit.id: unit.number for unit in units}
        self._done = {unit.id for unit in units if unit.ended is not None}
        self._segment = lru_cache(maxsize=SEGMENTS)(self._open_segment)
        self._units_of = lru_cache(maxsize=SEGMENTS)(self._find_units)
        self._parts_of = lru_cache(maxsize=SCOPES)(self._find_parts)
        self._coverage_of = lru_cache(maxsize=1)(self._read_coverage)

    def done(self, unit: str) -> bool:
        """True when the unit is in the journal and its file is durable."""
        return unit in self._done

    @contextmanager
    def unit(self, unit: str) -> Iterator[Writer]:
        """Take what a unit gives. It counts as done when the block ends well; else nothing of it is kept."""
        number = self._number(unit)
        path = self.folder / f"{number}.unit"
        aside = path.with_suffix(".tmp")
        file = self._store.files.create(aside)
        writer = Writer(file, self._budget, self.provider, self._known)
        try:
            yield writer
            writer.finish()
            self._store.files.publish(file, aside, path)
            self._journal(unit, number, writer)
        except BaseException:
            with suppress(StoreError, OSError):
                file.close()
            with suppress(StoreError):
                self._store.files.remove(aside)
            raise
        finally:
            writer.release()

    def scopes(self) -> list[Scope]:
        """Those that the scan was begun for and those that its units found, in order of id."""
        with self._store.database.read() as connection:
            every = [*scans.found(connection, self.scan), *self._given]
        known = {scope.id: self._called.get(scope.id, scope) for scope in every}
        return [known[id] for id in sorted(known)]

    def call(self, scope: Scope) -> None:
        """Give a scope of this scan the name under which it is published; a resumed scan does so again."""
        self._called[scope.id] = self._known[scope.id] = scope

    def types(self, scope: str) -> list[str]:
        """Types of which there are resources."""
        return sorted(type for type in self._parts_of(scope) if type != COVERAGE)

    def resources(self, scope: str, type: str | None = None) -> Iterator[Resource]:
        """The resources of a scope, of one type or of all in order of type; sorted by id, each id once."""
        for name in self.types(scope) if type is None else [type]:
            for stored in merged(self._segments(scope, name), (scope, name)):
                yield unpack(stored, name, scope)

    def count(self, scope: str, type: str) -> int:
        """How many resources were given, before those with the same id are joined."""
        return sum(segment.count((scope, type)) for segment in self._segments(scope, type))

    def coverage(self, scope: str) -> list[Coverage]:
        """The rows of a scope; those of the last one that was asked for are held."""
        return list(self._coverage_of(scope))

    def complete(self, scope: str, region: str | None, type: str) -> bool:
        """True when all there is of a type was listed; `region` None asks for every region."""
        return complete(self.coverage(scope), type, region)

    def previous(self, scope: str, type: str) -> Iterator[Assessment]:
        """The current assessments of a type's resources, sorted by resource id."""
        return self._store.previous(scope, type)

    def published(self, scope: str) -> bool:
        """True when this scan's snapshot of the scope is the manifest's."""
        with self._store.database.read() as connection:
            return scans.is_published(connection, self.scan, scope)

    def publish(
        self,
        scope: str,
        assessments: Iterable[Assessment],
        score: Score | Callable[[], Score | None] | None = None,
    ) -> bool:
        """Make a scope's snapshot durable, then current, in one transaction; False when it already was.

        `assessments` is consumed once, before the transaction begins; `score`, if callable, is asked
        for when it is used up.
        """
        if self.published(scope):
            return False
        if not self._units_of(scope) and all(item.id != scope for item in self._given):
            raise StoreError(f"scope {scope!r} is not part of scan {self.scan}")
        subject = self._known[scope]
        now = datetime.now(UTC)
        path = self._write(subject, assessments, now)
        final = score() if callable(score) else score
        size = self._store.files.size(self._store.folder / path)
        written = snapshot.Snapshot(self._store.folder / path, self._store.files)
        with self._store.database.write() as connection:
            if scans.is_published(connection, self.scan, scope):
                return False
            publish(connection, written, path, size, now, final)
        return True

    def finish(self) -> None:
        """The scan is complete: its staging files go, and those of older unfinished scans like it."""
        self._store.end(self.scan, finished=True)
        self.close()
        self._store.sweep()

    def close(self) -> None:
        """Let go of the scan; what is journaled stays for `resume`."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _write(self, scope: Scope, assessments: Iterable[Assessment], now: datetime) -> str:
        """The snapshot's file, durable under its name."""
        path = scans.history(scope.id, self.scan)
        full = self._store.folder / path
        aside = full.with_suffix(".tmp")
        self._store.files.folder(full.parent)
        file = self._store.files.create(aside)
        try:
            writer = snapshot.Writer(file, scope, self.scan, now)
            repeated: Counter[str] = Counter()
            with writer:
                writer.resources(
                    (type, merged(self._segments(scope.id, type), (scope.id, type), repeated))
                    for type in self.types(scope.id)
                )
                writer.assessments(assessments)
                writer.coverage([*self.coverage(scope.id), *_repeated(scope.id, repeated, now)])
            self._store.files.publish(file, aside, full)
        except BaseException:
            with suppress(StoreError, OSError):
                file.close()
            with suppress(StoreError):
                self._store.files.remove(aside)
            raise
        return path

    def _number(self, unit: str) -> int:
        if unit in self._done:
            raise StoreError(f"unit {unit!r} was already collected in scan {self.scan}")
        if unit not in self._numbers:
            c = t.units.c
            with self._store.database.write() as connection:
                query = select(func.coalesce(func.max(c.number), -1)).where(c.scan == self.scan)
                number = int(connection.execute(query).scalar_one()) + 1
                connection.execute(insert(t.units).values(scan=self.scan, id=unit, number=number))
            self._numbers[unit] = number
        return int(self._numbers[unit])

    def _journal(self, unit: str, number: int, writer: Writer) -> None:
        c = t.units.c
        with self._store.database.write() as connection:
            connection.execute(
                update(t.units)
                .where(c.scan == self.scan, c.id == unit)
                .values(ended=micros(datetime.now(UTC)), resources=writer.resources)
            )
            rows = [
                {
                    "scan": self.scan,
                    "scope": scope.id,
                    "number": number,
                    "document": encode_json(scope).decode(),
                }
                for scope in writer.scopes
            ]
            if rows:
                connection.execute(insert(t.unit_scopes), rows)
        self._done.add(unit)
        self._known.update({scope.id: scope for scope in writer.scopes})
        for held in (self._units_of, self._parts_of, self._coverage_of):
            held.cache_clear()

    def _segments(self, scope: str, type: str) -> Sequence[Segment]:
        """Those that hold something of the type, or of `COVERAGE`, in the order of their units."""
        return self._parts_of(scope).get(type, ())

    def _find_parts(self, scope: str) -> Mapping[str, Sequence[Segment]]:
        parts: dict[str, list[Segment]] = {}
        for number in self._units_of(scope):
            segment = self._segment(number)
            for type in segment.parts(scope):
                parts.setdefault(type, []).append(segment)
        return parts

    def _read_coverage(self, scope: str) -> Sequence[Coverage]:
        held = self._segments(scope, COVERAGE)
        return tuple(row for segment in held for row in segment.coverage(scope))

    def _find_units(self, scope: str) -> list[int]:
        c = t.unit_scopes.c
        query = select(c.number).where(c.scan == self.scan, c.scope == scope).order_by(c.number)
        with self._store.database.read() as connection:
            return list(connection.scalars(query))

    def _open_segment(self, number: int) -> Segment:
        return Segment(self.folder / f"{number}.unit", self._store.files)


def _repeated(scope: str, types: Counter[str], now: datetime) -> list[Coverage]:
    """Other documents with the id of one that was kept."""
    cause = Cause(Reason.BAD_VALUE, "", "another document had the same id; the first one is kept")
    return [
        Coverage(scope, None, type, "same id", Outcome.FAILED, False, count, now, cause)
        for type, count in sorted(types.items())
    ]
