"""The journal of scans: which run, which were interrupted, and what a killed one left behind."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from cloudward.errors import HeldError, UsageError, near
from cloudward.model import Provider, Scope
from cloudward.store import tables as t
from cloudward.store.atlas import kept
from cloudward.store.database import Database
from cloudward.store.encoding import decode_json, encode_json, micros, moment
from cloudward.store.files import Files

RUNNING, FINISHED, ABANDONED = "running", "finished", "abandoned"
BACKUP = "backup.lock"
"""While it is held, files of snapshots that are not kept any more stay."""
PATIENCE = 20
"""Tries to hold a scan, a tenth of a second apart: somebody who opens the store may hold it for a moment."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One run over a provider."""

    id: str
    provider: Provider
    connector: str
    options: Mapping[str, Any]
    state: str
    """`running` (also one that was interrupted), `finished` or `abandoned`."""
    started: datetime
    ended: datetime | None
    units: int
    done: int


@dataclass(frozen=True, slots=True)
class Published:
    """What the current snapshot of a scope is."""

    scan: str
    at: datetime
    resources: int
    assessments: int
    percentage: float | None
    """The secure score, 0..1; None for a scope that has none."""
    floor: float | None


@dataclass(frozen=True, slots=True)
class Scans:
    """Begins and ends scans. A live one holds a lock on its staging folder, whatever kills it lets go."""

    folder: Path
    database: Database
    files: Files

    def every(self) -> list[Scan]:
        """The last first."""
        c, u = t.scans.c, t.units.c
        counts = (
            select(u.scan, func.count().label("units"), func.count(u.ended).label("done"))
            .group_by(u.scan)
            .subquery()
        )
        columns = (
            func.coalesce(c.units, counts.c.units, 0).label("all_units"),
            func.coalesce(c.done, counts.c.done, 0).label("done_units"),
        )
        query = select(t.scans, *columns).outerjoin(counts, counts.c.scan == c.id)
        with self.database.read() as connection:
            return [
                Scan(
                    row.id,
                    Provider(row.provider),
                    row.connector,
                    decode_json(row.options),
                    row.state,
                    moment(row.started),
                    None if row.ended is None else moment(row.ended),
                    row.all_units,
                    row.done_units,
                )
                for row in connection.execute(query.order_by(c.started.desc(), c.id.desc()))
            ]

    def begin(
        self,
        provider: Provider,
        connector: str,
        scopes: Iterable[Scope],
        units: Iterable[str],
        options: Mapping[str, Any],
    ) -> str:
        """Write down a new scan; gives its id."""
        now = datetime.now(UTC)
        scan = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        values = {
            "id": scan,
            "provider": provider.value,
            "connector": connector,
            "options": encode_json(options).decode(),
            "scopes": encode_json([*scopes]).decode(),
            "state": RUNNING,
            "started": micros(now),
        }
        rows = [{"scan": scan, "id": id, "number": n} for n, id in enumerate(dict.fromkeys(units))]
        with self.database.write() as connection:
            connection.execute(insert(t.scans).values(**values))
            if rows:
                connection.execute(insert(t.units), rows)
        return scan

    def interrupted(self, scan: str | None) -> str:
        """The id of an unfinished scan, by default the last one."""
        scans = self.every()
        running = [item.id for item in scans if item.state == RUNNING]
        if scan is None and not running:
            raise UsageError("there is no interrupted scan to resume")
        if scan is not None and scan not in running:
            known = [item.id for item in scans]
            raise UsageError(
                f"scan {scan} {'has ended' if scan in known else 'is not known' + near(scan, known)}"
            )
        return scan or running[0]

    def hold(self, scan: str) -> IO[bytes]:
        """The lock that says that a scan is alive."""
        folder = self.staging(scan)
        self.files.folder(folder)
        for _ in range(PATIENCE):
            lock = self.files.lock(folder / "lock")
            if lock is not None:
                return lock
            time.sleep(0.1)
        raise HeldError(f"scan {scan} is running in another process")

    def end(self, scan: str, state: str) -> None:
        """Say how a scan ended. A finished one gives up older unfinished ones like it that nobody runs."""
        given_up = self._dead_before(scan) if state == FINISHED else []
        for older in given_up:
            self._sweep(older)
        with self.database.write() as connection:
            _end(connection, scan, state)
            for older in given_up:
                _end(connection, older, ABANDONED)

    def sweep(self) -> None:
        """Remove what belongs to nothing: files of dead scans, and of snapshots that are no more."""
        found = self.files.names(self.folder / "staging")
        with self.database.read() as connection:  # after the folder: a scan has its row first
            running = set(connection.scalars(select(t.scans.c.id).where(t.scans.c.state == RUNNING)))
            trash = connection.scalars(select(t.trash.c.path)).all()
        for scan in found:
            if scan in running:
                self._sweep(scan)
            else:
                self.files.remove_folder(self.staging(scan))
        if trash and (lock := self.files.lock(self.folder / BACKUP)) is not None:
            with lock:
                for path in trash:
                    self.files.remove(self.folder / path)
                with self.database.write() as connection:
                    connection.execute(delete(t.trash).where(t.trash.c.path.in_(trash)))

    def staging(self, scan: str) -> Path:
        return self.folder / "staging" / scan

    def _sweep(self, scan: str) -> None:
        """What an interrupted scan had not ended: half files, and snapshots that were not published."""
        lock = self.files.lock(self.staging(scan) / "lock")
        if lock is None:
            return
        with lock:
            for name in self.files.names(self.staging(scan)):
                if name.endswith(".tmp"):
                    self.files.remove(self.staging(scan) / name)
            with self.database.read() as connection:
                done = published(connection, scan)
                scopes = [*given(connection, scan), *found(connection, scan)]
            for scope in {scope.id for scope in scopes}:
                path = self.folder / history(scope, scan)
                self.files.remove(path.with_suffix(".tmp"))
                if scope not in done:
                    self.files.remove(path)

    def _dead_before(self, scan: str) -> list[str]:
        """Unfinished scans with the same connector and options that nobody runs any more."""
        scans = {item.id: item for item in self.every()}
        this = scans[scan]
        return [
            item.id
            for item in scans.values()
            if item.state == RUNNING
            and item.started < this.started
            and (item.connector, item.options) == (this.connector, this.options)
            and self._is_dead(item.id)
        ]

    def _is_dead(self, scan: str) -> bool:
        lock = self.files.lock(self.staging(scan) / "lock")
        if lock is not None:
            lock.close()
        return lock is not None


def given(connection: Connection, scan: str) -> list[Scope]:
    """The scopes that a scan was begun for."""
    text = connection.scalar(select(t.scans.c.scopes).where(t.scans.c.id == scan))
    return msgspec.json.decode(text or "[]", type=list[Scope])


def found(connection: Connection, scan: str) -> list[Scope]:
    """The scopes of which the units of a scan gave something."""
    c = t.unit_scopes.c
    rows = connection.scalars(select(c.document).where(c.scan == scan).distinct())
    return [msgspec.json.decode(row, type=Scope) for row in rows]


def published(connection: Connection, scan: str) -> set[str]:
    """The scopes whose snapshot of a scan is in the manifest."""
    query = select(t.scopes.c.id).join(t.manifest, t.scopes.c.key == t.manifest.c.scope)
    return set(connection.scalars(query.where(t.manifest.c.scan == scan)))


def published_now(connection: Connection) -> dict[str, Published]:
    """Scope -> its current snapshot."""
    return {**kept(connection, _published)}


def _published(connection: Connection) -> dict[str, Published]:
    s, m, c = t.scopes.c, t.manifest.c, t.scores.c
    query = (
        select(s.id, m.scan, m.published, m.resources, m.assessments, c.percentage, c.floor)
        .join_from(t.scopes, t.manifest, (m.scope == s.key) & (m.scan == s.scan))
        .outerjoin(t.scores, (c.scope == s.key) & (c.scan == s.scan))
    )
    return {row[0]: Published(row[1], moment(row[2]), *row[3:]) for row in connection.execute(query)}


def scored(connection: Connection) -> dict[str, str]:
    """Scope -> the scan of its current score, in order of scope."""
    return {**kept(connection, _scored)}


def _scored(connection: Connection) -> dict[str, str]:
    c, s = t.scores.c, t.scopes.c
    query = select(s.id, c.scan).join_from(t.scopes, t.scores, (c.scope == s.key) & (c.scan == s.scan))
    return {row.id: row.scan for row in connection.execute(query.order_by(s.id))}


def is_published(connection: Connection, scan: str, scope: str) -> bool:
    query = select(t.manifest.c.scan).join(t.scopes, t.scopes.c.key == t.manifest.c.scope)
    return connection.scalar(query.where(t.scopes.c.id == scope, t.manifest.c.scan == scan)) is not None


def history(scope: str, scan: str) -> str:
    """Where the snapshot of a scope lies, below the folder of the store."""
    return f"history/{_folder_name(scope)}/{scan}.parquet"


def _folder_name(scope: str) -> str:
    """A scope id as a name in any file system; one that had to be changed carries a hash."""
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,99}", scope):
        return scope
    slug = re.sub(r"[^a-z0-9._-]+", "-", scope.lower()).strip(".-")[:60]
    return f"{slug}~{hashlib.sha256(scope.encode()).hexdigest()[:16]}"


def _end(connection: Connection, scan: str, state: str) -> None:
    """Write down how a scan ended; its journal is not needed any more."""
    c, u = t.scans.c, t.units.c
    number, done = connection.execute(select(func.count(), func.count(u.ended)).where(u.scan == scan)).one()
    values = {"state": state, "ended": micros(datetime.now(UTC)), "units": number, "done": done}
    connection.execute(update(t.scans).where(c.id == scan).values(**values))
    for table in (t.units, t.unit_scopes):
        connection.execute(delete(table).where(table.c.scan == scan))
