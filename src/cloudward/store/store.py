"""The store: one folder with the state database, the history and the scans on their way."""

from __future__ import annotations

import hashlib
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, Unpack

import msgspec
from sqlalchemy import delete, func, insert, select, update

from cloudward.errors import StoreError, UsageError, near
from cloudward.model import (
    Assessment,
    Coverage,
    Exemption,
    ExemptionCategory,
    Outcome,
    Provider,
    Resource,
    Scope,
    Score,
)
from cloudward.rules.types import Type
from cloudward.store import current
from cloudward.store import tables as t
from cloudward.store.current import AssessmentRow, Facet, ResourceRow
from cloudward.store.database import Database
from cloudward.store.diff import Difference, diff
from cloudward.store.encoding import encode_json, micros, moment
from cloudward.store.files import Files
from cloudward.store.filters import Filters
from cloudward.store.query import Answer, ask, question
from cloudward.store.retention import DAYS, Removed, expire
from cloudward.store.snapshot import Snapshot
from cloudward.store.staging import Staging

RUNNING, FINISHED, ABANDONED = "running", "finished", "abandoned"
LOCK_TRIES = 20


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


class Store:
    """Everything that cloudward keeps. Open it with `Store.open`, close it or use it in a `with`."""

    def __init__(self, folder: Path, database: Database, files: Files) -> None:
        self.folder, self.database, self.files = folder, database, files

    @classmethod
    def open(cls, folder: Path | str, files: Files | None = None, url: str | None = None) -> Self:
        """The store in a folder, made if it is not there; what a killed process left over is removed."""
        files = files or Files()
        path = Path(folder).expanduser().absolute()
        for place in (path, path / "history", path / "staging"):
            files.folder(place)
        database = Database(url or f"sqlite:///{path / 'state.sqlite'}", files)
        store = cls(path, database, files)
        try:
            database.migrate()
            store.sweep()
        except BaseException:
            database.close()
            raise
        return store

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def key(self) -> bytes:
        """The secret of this store, for sealing; made when it is first asked for."""
        path = self.folder / "key"
        if not self.files.exists(path):
            self._make_key(path)
        with self.files.open(path) as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & 0o077:
                raise StoreError(f"{path} can be read by others", f"run: chmod 600 {path}")
            return self.files.read(file, 0, 32)

    def begin(
        self,
        provider: Provider,
        connector: str,
        scopes: Iterable[Scope] = (),
        units: Iterable[str] = (),
        options: Mapping[str, Any] | None = None,
    ) -> Staging:
        """Start a scan. `options` are kept as JSON, so that `resume` can run the same again."""
        now = datetime.now(UTC)
        scan = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        with self.database.write() as connection:
            connection.execute(
                insert(t.scans).values(
                    id=scan,
                    provider=provider.value,
                    connector=connector,
                    options=encode_json(options or {}).decode(),
                    scopes=encode_json(list(scopes)).decode(),
                    state=RUNNING,
                    started=micros(now),
                )
            )
            rows = [{"scan": scan, "id": id, "number": n} for n, id in enumerate(dict.fromkeys(units))]
            if rows:
                connection.execute(insert(t.units), rows)
        return Staging(self, scan, self._hold(scan))

    def resume(self, scan: str | None = None) -> Staging:
        """Go on with an interrupted scan, by default the last one."""
        running = [item.id for item in self.scans() if item.state == RUNNING]
        if scan is None and not running:
            raise UsageError("there is no interrupted scan to resume")
        chosen = scan or running[0]
        if chosen not in running:
            known = [item.id for item in self.scans()]
            reason = "has ended" if chosen in known else f"is not known{near(chosen, known)}"
            raise UsageError(f"scan {chosen} {reason}")
        return Staging(self, chosen, self._hold(chosen))

    def scans(self) -> list[Scan]:
        """The last first."""
        c, u = t.scans.c, t.units.c
        counts = (
            select(u.scan, func.count().label("units"), func.count(u.ended).label("done"))
            .group_by(u.scan)
            .subquery()
        )
        query = (
            select(
                t.scans,
                func.coalesce(c.units, counts.c.units).label("all_units"),
                func.coalesce(c.done, counts.c.done).label("done_units"),
            )
            .outerjoin(counts, counts.c.scan == c.id)
            .order_by(c.started.desc(), c.id.desc())
        )
        with self.database.read() as connection:
            return [
                Scan(
                    row.id,
                    Provider(row.provider),
                    row.connector,
                    msgspec.json.decode(row.options),
                    row.state,
                    moment(row.started),
                    None if row.ended is None else moment(row.ended),
                    row.all_units or 0,
                    row.done_units or 0,
                )
                for row in connection.execute(query)
            ]

    def scopes(self) -> list[Scope]:
        """Every scope that was published, in order of id."""
        with self.database.read() as connection:
            return current.scopes(connection)

    def assessments(
        self, *, limit: int | None = None, after: str | None = None, **filters: Unpack[Filters]
    ) -> Iterator[AssessmentRow]:
        """Current assessments, the most severe first. For pages: `limit`, and the last cursor as `after`."""
        with self.database.read() as connection:
            yield from current.assessments(connection, filters, limit, after)

    def previous(self, scope: str, type: str) -> Iterator[Assessment]:
        """The current assessments of a type's resources in a scope, sorted by resource id."""
        with self.database.read() as connection:
            yield from current.previous(connection, scope, type)

    def resources(
        self, *, limit: int | None = None, after: str | None = None, **filters: Unpack[Filters]
    ) -> Iterator[ResourceRow]:
        """Headers of current resources; `resource` and `snapshot` give documents."""
        with self.database.read() as connection:
            yield from current.resources(connection, filters, limit, after)

    def resource(self, id: str, **filters: Unpack[Filters]) -> Resource:
        """A resource with its document. An id that occurs twice needs a scope or type."""
        with self.database.read() as connection:
            found = current.located(connection, id, filters)
        if not found:
            raise UsageError(f"there is no resource {id!r}")
        if len(found) > 1:
            places = ", ".join(f"{type} in {scope}" for scope, _, type, _ in found[:5])
            raise UsageError(
                f"{id!r} is the id of {len(found)} resources: {places}", "name its scope or type"
            )
        scope, scan, type, row = found[0]
        if row is None:
            raise UsageError(f"{type} {id!r} was not read in the last scan of {scope}")
        return self.snapshot(scope, scan).row(row)

    def facets(self, by: str, **filters: Unpack[Filters]) -> list[Facet]:
        """Current assessments counted by one of `current.FACETS`, the most first."""
        with self.database.read() as connection:
            return current.facets(connection, by, filters)

    def inventory(self, by: str = "type", **filters: Unpack[Filters]) -> list[Facet]:
        """Current resources counted by type, scope, provider or region."""
        with self.database.read() as connection:
            return current.inventory(connection, by, filters)

    def coverage(
        self, *, outcome: Outcome | Sequence[Outcome] = (), **filters: Unpack[Filters]
    ) -> Iterator[Coverage]:
        """What the current snapshots could and could not read. Filters: scope, provider, type, region."""
        outcomes = [outcome] if isinstance(outcome, Outcome) else list(outcome)
        with self.database.read() as connection:
            yield from current.coverage(connection, filters, outcomes)

    def scores(
        self, scope: str | Iterable[str] | None = None, history: bool = False
    ) -> Iterator[tuple[datetime, str, Score]]:
        """(when, scan, score) of each scope's current snapshot, or of all that are kept; the last first."""
        c, s = t.scores.c, t.scopes.c
        query = select(c.at, c.scan, c.document).join(t.scopes, s.key == c.scope)
        if not history:
            query = query.where(c.scan == s.scan)
        if scope is not None:
            query = query.where(s.id.in_([scope] if isinstance(scope, str) else list(scope)))
        with self.database.read() as connection:
            for row in connection.execute(query.order_by(c.at.desc(), s.id)):
                yield moment(row.at), row.scan, msgspec.json.decode(row.document, type=Score)

    def exemptions(self) -> list[Exemption]:
        with self.database.read() as connection:
            rows = connection.execute(select(t.exemptions).order_by(t.exemptions.c.created_at)).mappings()
            return [_exemption(dict(row)) for row in rows]

    def exempt(self, exemption: Exemption) -> None:
        """Keep an exemption, or its new form when the id is known."""
        values = {
            "id": exemption.id,
            "policy": exemption.policy,
            "scope": exemption.scope,
            "category": exemption.category.value,
            "reason": exemption.reason,
            "created_by": exemption.created_by,
            "created_at": micros(exemption.created_at),
            "resource": exemption.resource,
            "expires": micros(exemption.expires) if exemption.expires else None,
            "approved_by": exemption.approved_by,
        }
        with self.database.write() as connection:
            connection.execute(delete(t.exemptions).where(t.exemptions.c.id == exemption.id))
            connection.execute(insert(t.exemptions).values(values))

    def unexempt(self, id: str) -> None:
        """Forget an exemption."""
        known = [item.id for item in self.exemptions()]
        if id not in known:
            raise UsageError(f"there is no exemption {id!r}{near(id, known)}")
        with self.database.write() as connection:
            connection.execute(delete(t.exemptions).where(t.exemptions.c.id == id))

    def snapshots(self, scope: str) -> list[tuple[str, datetime]]:
        """(scan, when) of what is kept of a scope, the last first."""
        m, s = t.manifest.c, t.scopes.c
        query = (
            select(m.scan, m.published)
            .join(t.scopes, s.key == m.scope)
            .where(s.id == scope)
            .order_by(m.published.desc())
        )
        with self.database.read() as connection:
            return [(row.scan, moment(row.published)) for row in connection.execute(query)]

    def snapshot(self, scope: str, scan: str | None = None) -> Snapshot:
        """What a scope was at a scan, by default the current one."""
        m, s = t.manifest.c, t.scopes.c
        query = select(m.path).join(t.scopes, s.key == m.scope).where(s.id == scope)
        query = query.where(m.scan == (s.scan if scan is None else scan))
        with self.database.read() as connection:
            path = connection.scalar(query)
        if path is None:
            known = [item.id for item in self.scopes()]
            if scope not in known:
                raise UsageError(f"there is no scope {scope!r}{near(scope, known)}")
            raise UsageError(
                f"scan {scan} of {scope} is not kept{near(scan or '', [s for s, _ in self.snapshots(scope)])}"
            )
        return Snapshot(self.folder / path, self.files)

    def query(self, sql: str, scopes: Iterable[str] | None = None) -> Answer:
        """The answer to one SELECT over the snapshots of some scopes, by default all."""
        with self.database.read() as connection:
            asked = question(connection, self.folder, sql, scopes)
        return ask(asked)

    def history(self, scope: str, scan: str) -> str:
        """Where the snapshot of a scope lies, below the folder of the store."""
        return f"history/{_folder_name(scope)}/{scan}.parquet"

    def diff(
        self,
        scope: str,
        old: str | None = None,
        new: str | None = None,
        types: Mapping[str, Type] | None = None,
    ) -> Difference:
        """What changed in a scope between two scans, by default the current one and the one before it.

        `types` tell which fields change by themselves; those are not compared.
        """
        scans = [scan for scan, _ in self.snapshots(scope)]
        newer = self.snapshot(scope, new)
        if old is None:
            before = scans[scans.index(newer.contents.scan) + 1 :]
            if not before:
                raise UsageError(f"there is no snapshot of {scope} before {newer.contents.scan}")
            old = before[0]
        return diff(self.snapshot(scope, old), newer, types or {})

    def maintain(self, now: datetime | None = None, days: int = DAYS) -> Removed:
        """Remove snapshots that are not kept: after two days all but the last of a day, later of a month."""
        with self.database.write() as connection:
            removed = expire(connection, now or datetime.now(UTC), days)
        self.sweep()
        return removed

    def end(self, scan: str, state: str) -> None:
        """Say that a scan is over. Older unfinished scans like it are given up with it."""
        c, u, now = t.scans.c, t.units.c, micros(datetime.now(UTC))
        with self.database.write() as connection:
            row = connection.execute(select(t.scans).where(c.id == scan)).one()
            older = select(c.id).where(
                c.state == RUNNING,
                c.started < row.started,
                c.connector == row.connector,
                c.options == row.options,
            )
            given_up = connection.scalars(older).all() if state == FINISHED else []
            for id, outcome in [(scan, state), *((id, ABANDONED) for id in given_up)]:
                units = select(func.count(), func.count(u.ended)).where(u.scan == id)
                number, done = connection.execute(units).one()
                values = {"state": outcome, "ended": now, "units": number, "done": done}
                connection.execute(update(t.scans).where(c.id == id).values(**values))
                for table in (t.units, t.unit_scopes):
                    connection.execute(delete(table).where(table.c.scan == id))

    def abandon(self, scan: str) -> None:
        """Give up an interrupted scan and what it collected."""
        with self.resume(scan):
            self.end(scan, ABANDONED)
        self.sweep()

    def sweep(self) -> None:
        """Remove what belongs to nothing: files of dead scans, of snapshots that are no more."""
        with self.database.read() as connection:
            running = set(connection.scalars(select(t.scans.c.id).where(t.scans.c.state == RUNNING)))
            trash = connection.scalars(select(t.trash.c.path)).all()
        for scan in self.files.names(self.folder / "staging"):
            if scan not in running:
                self.files.remove_folder(self.folder / "staging" / scan)
            else:
                self._sweep_scan(scan)
        for path in trash:
            self.files.remove(self.folder / path)
        if trash:
            with self.database.write() as connection:
                connection.execute(delete(t.trash).where(t.trash.c.path.in_(trash)))

    def _sweep_scan(self, scan: str) -> None:
        """What a killed scan had not ended."""
        folder = self.folder / "staging" / scan
        lock = self.files.lock(folder / "lock")
        if lock is None:
            return
        with lock:
            for name in self.files.names(folder):
                if name.endswith(".tmp"):
                    self.files.remove(folder / name)
            staging = Staging(self, scan, lock)
            for scope in staging.scopes():
                path = self.folder / self.history(scope.id, scan)
                if not staging.published(scope.id):
                    self.files.remove(path)
                self.files.remove(path.with_suffix(".tmp"))

    def _hold(self, scan: str) -> IO[bytes]:
        """The lock that says that a scan is alive."""
        folder = self.folder / "staging" / scan
        self.files.folder(folder)
        for _ in range(LOCK_TRIES):
            lock = self.files.lock(folder / "lock")
            if lock is not None:
                return lock
            time.sleep(0.1)
        raise StoreError(f"scan {scan} is running in another process")

    def _make_key(self, path: Path) -> None:
        with self.database.write():  # one process at a time
            if not self.files.exists(path):
                aside = path.with_suffix(".tmp")
                file = self.files.create(aside)
                file.write(secrets.token_bytes(32))
                self.files.publish(file, aside, path)


def _folder_name(scope: str) -> str:
    """A scope id as a name in any file system; one that had to be changed carries a hash."""
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,99}", scope):
        return scope
    slug = re.sub(r"[^a-z0-9._-]+", "-", scope.lower()).strip(".-")[:60]
    return f"{slug}~{hashlib.sha256(scope.encode()).hexdigest()[:16]}"


def _exemption(row: dict[str, Any]) -> Exemption:
    row["category"] = ExemptionCategory(row["category"])
    row["created_at"] = moment(row["created_at"])
    row["expires"] = None if row["expires"] is None else moment(row["expires"])
    return Exemption(**row)
