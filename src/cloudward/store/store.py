"""The store: one folder with the state database, the history and the scans on their way."""

from __future__ import annotations

import secrets
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import msgspec
from sqlalchemy import select

from cloudward.errors import StoreError, UsageError, near
from cloudward.model import (
    Assessment,
    Assignment,
    Attestation,
    Coverage,
    CustomPolicy,
    Exemption,
    Outcome,
    Provider,
    Resource,
    Revision,
    Scope,
    Score,
    Status,
    Switch,
)
from cloudward.rules.types import Type
from cloudward.store import (
    assignments,
    attestations,
    connectors,
    current,
    custom,
    exemptions,
    naming,
    place,
    plans,
    publish,
    revisions,
    scans,
    tallies,
)
from cloudward.store import tables as t
from cloudward.store.connectors import Connector
from cloudward.store.current import AssessmentRow, Facet, ResourceRow
from cloudward.store.database import Database
from cloudward.store.diff import Difference, diff
from cloudward.store.encoding import moment
from cloudward.store.files import Files
from cloudward.store.filters import Filters, below
from cloudward.store.naming import Called, Known
from cloudward.store.query import Answer, ask, question
from cloudward.store.retention import DAYS, Removed, expire
from cloudward.store.scans import ABANDONED, FINISHED, Published, Scan, Scans, given
from cloudward.store.snapshot import Snapshot
from cloudward.store.staging import Staging
from cloudward.store.sums import Sums
from cloudward.store.tallies import Tallied
from cloudward.store.vault import Vault


class Store:
    """Everything that cloudward keeps. Open it with `Store.open`, close it or use it in a `with`."""

    def __init__(self, folder: Path, database: Database, files: Files) -> None:
        self.folder, self.database, self.files = folder, database, files
        self.vault = Vault(folder / "keys", files, database)
        self._scans = Scans(folder, database, files)
        self._sums = Sums()
        self._open: list[Staging] = []

    @classmethod
    def open(cls, folder: Path | str, files: Files | None = None, url: str | None = None) -> Self:
        """The store in a folder, made if it is not there; what a killed process left over is removed.

        `url` is that of its state database, by default what `place.url` says.
        """
        files = files or Files()
        path = Path(folder).expanduser().absolute()
        for made in (path, path / "history", path / "staging"):
            files.folder(made)
        url = url or place.url(path)
        if url.startswith("sqlite"):
            files.touch(path / "state.sqlite")
        database = Database(url, files)
        store = cls(path, database, files)
        try:
            database.migrate()
            store.sweep()
        except BaseException:
            database.close()
            raise
        return store

    def ping(self) -> None:
        """Raise `StoreError` where the database does not answer."""
        with self.database.read() as connection:
            connection.execute(select(t.scopes.c.key).limit(1))

    def close(self) -> None:
        """Let go of everything, scans that are on their way too."""
        for staging in self._open:
            staging.close()
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
        scan = self._scans.begin(provider, connector, scopes, units, options or {})
        return self._staging(scan)

    def resume(self, scan: str | None = None) -> Staging:
        """Go on with an interrupted scan, by default the last one."""
        return self._staging(self._scans.interrupted(scan))

    def _staging(self, scan: str) -> Staging:
        lock = self._scans.hold(scan)
        try:
            staging = Staging(self, scan, lock)
        except BaseException:
            lock.close()
            raise
        self._open.append(staging)
        return staging

    def scans(self) -> list[Scan]:
        """The last first."""
        return self._scans.every()

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

    def called(self, things: Collection[Called]) -> dict[Called, tuple[Known, ...]]:
        """What logs call resources -> which it may be: one, or several; what is not there is left out."""
        with self.database.read() as connection:
            return naming.resolved(connection, things)

    def facets(self, by: str, **filters: Unpack[Filters]) -> list[Facet]:
        """Current assessments counted by one of `current.FACETS`, the most first."""
        with self.database.read() as connection:
            return current.facets(connection, by, filters, self._sums)

    def counted(self, *by: str, **filters: Unpack[Filters]) -> list[tuple[tuple[str, ...], int]]:
        """Current assessments counted by several of `current.FACETS` together."""
        with self.database.read() as connection:
            return current.counted(connection, by, filters, self._sums)

    def unhealthy(self, resources: Sequence[int]) -> dict[int, Counter[str]]:
        """Key of a resource -> its unhealthy assessments by severity, without those that are exempt."""
        with self.database.read() as connection:
            return current.unhealthy(connection, resources)

    def standing(
        self, policies: Sequence[str] | None = None, scope: Iterable[str] | None = None
    ) -> dict[str, tuple[datetime, datetime]]:
        """Policy -> since when the first and the last of its unhealthy resources are so."""
        with self.database.read() as connection:
            return current.standing(connection, policies, scope, self._sums)

    def published(self) -> dict[str, Published]:
        """Scope -> what its current snapshot is."""
        with self.database.read() as connection:
            return scans.published_now(connection)

    def inventory(self, by: str = "type", **filters: Unpack[Filters]) -> list[Facet]:
        """Current resources counted by type, scope, provider or region."""
        with self.database.read() as connection:
            return current.inventory(connection, by, filters, self._sums)

    def coverage(
        self, *, outcome: Outcome | Sequence[Outcome] = (), **filters: Unpack[Filters]
    ) -> Iterator[Coverage]:
        """What the current snapshots could and could not read. Filters: scope, provider, type, region."""
        outcomes = [outcome] if isinstance(outcome, Outcome) else list(outcome)
        with self.database.read() as connection:
            yield from current.coverage(connection, filters, outcomes)

    def covered(
        self, outcomes: Sequence[Outcome], filters: Filters, limit: int, after: Sequence[int] | None
    ) -> Iterator[tuple[Coverage, tuple[int, int]]]:
        """A page of coverage, each row with its place; `after` is the place of the row before."""
        with self.database.read() as connection:
            yield from current.covered(connection, filters, outcomes, limit, after)

    def covered_count(self, outcomes: Sequence[Outcome], filters: Filters) -> int:
        """How many rows of coverage there are."""
        with self.database.read() as connection:
            return current.covered_count(connection, filters, outcomes)

    def kept(self, scopes: Collection[str] | None = None) -> dict[str, list[str]]:
        """Scan -> those of the scopes of which its snapshot is kept, in order of id."""
        m, s = t.manifest.c, t.scopes.c
        query = select(m.scan, s.id).join_from(t.manifest, t.scopes, s.key == m.scope).order_by(s.id)
        found: dict[str, list[str]] = {}
        with self.database.read() as connection:
            for scan, scope in connection.execute(query):
                if scopes is None or scope in scopes:
                    found.setdefault(scan, []).append(scope)
        return found

    def scores(
        self, scope: str | Iterable[str] | None = None, history: bool = False
    ) -> Iterator[tuple[datetime, str, Score]]:
        """(when, scan, score) of each scope's current snapshot, or of all that are kept; the last first."""
        c, s = t.scores.c, t.scopes.c
        query = select(c.at, c.scan, c.document).join(t.scopes, s.key == c.scope)
        if not history:
            query = query.where(c.scan == s.scan)
        with self.database.read() as connection:
            if scope is not None:
                query = query.where(s.id.in_(below(connection, [scope] if isinstance(scope, str) else scope)))
            for row in connection.execute(query.order_by(c.at.desc(), s.id)):
                yield moment(row.at), row.scan, _score(row.document)

    def scored(self) -> dict[str, str]:
        """Scope -> the scan of its current score, in order of scope."""
        with self.database.read() as connection:
            return scans.scored(connection)

    def scores_of(self, scopes: Iterable[str]) -> Iterator[tuple[datetime, str, Score]]:
        """(when, scan, score) of the current snapshots of just these scopes."""
        c, s = t.scores.c, t.scopes.c
        query = select(c.at, c.scan, c.document).join(t.scopes, (s.key == c.scope) & (s.scan == c.scan))
        with self.database.read() as connection:
            for row in connection.execute(query.where(s.id.in_(list(scopes)))):
                yield moment(row.at), row.scan, _score(row.document)

    def trend(self, scope: Iterable[str] | None = None) -> list[tuple[datetime, Score]]:
        """(when, score) of every snapshot that is kept, without controls and gains; in order of time."""
        c, s = t.scores.c, t.scopes.c
        columns = (c.at, s.id, c.percentage, c.floor, c.max, c.weight, c.least, c.most)
        query = select(*columns).join_from(t.scores, t.scopes, s.key == c.scope).order_by(c.at)
        with self.database.read() as connection:
            if scope is not None:
                query = query.where(s.id.in_(below(connection, scope)))
            return [
                (
                    moment(at),
                    Score(
                        scope=id,
                        current=0.0,
                        max=most_points,
                        percentage=percentage,
                        weight=weight,
                        assessed=None,
                        floor=floor,
                        weight_bounds=None if least is None else (least, most),
                    ),
                )
                for at, id, percentage, floor, most_points, weight, least, most in connection.execute(query)
            ]

    def know(self, scopes: Iterable[Scope]) -> None:
        """Keep scopes that hold others and are never published themselves."""
        with self.database.write() as connection:
            for scope in scopes:
                publish.know(connection, scope)

    def below(self, scopes: Iterable[str]) -> set[str]:
        """The ids of scopes, and of all that stand under them."""
        with self.database.read() as connection:
            return set(below(connection, scopes))

    def begun_for(self, scan: str) -> list[Scope]:
        """The scopes that a scan was begun for, as they were then."""
        with self.database.read() as connection:
            return given(connection, scan)

    def connectors(self) -> list[Connector]:
        """In order of name."""
        with self.database.read() as connection:
            return connectors.every(connection)

    def connector(self, name: str) -> Connector:
        """The one of a name; another name is a `UsageError`."""
        with self.database.read() as connection:
            return connectors.one(connection, name)

    def connect(
        self,
        name: str,
        provider: Provider,
        settings: Mapping[str, Any],
        by: str,
        source: str = "",
        expected: str | None = None,
    ) -> Connector:
        """Keep a connector. A new one gets an ExternalId, one that is known keeps it with new settings.

        `expected` is the `revisions.version` of what it changes; another form is a `StaleError`.
        """
        with self.database.write() as connection:
            return connectors.keep(connection, name, provider, settings, by, source, expected)

    def disconnect(self, name: str, by: str, expected: str | None = None) -> None:
        """Forget a connector; what it scanned stays."""
        with self.database.write() as connection:
            connectors.forget(connection, name, by, expected)

    def exemptions(self) -> list[Exemption]:
        """The oldest first."""
        with self.database.read() as connection:
            return exemptions.every(connection)

    def exempt(self, exemption: Exemption, by: str = "", expected: str | None = None) -> None:
        """Keep an exemption, or its new form when the id is known. `by` is who does it; its author.

        `expected` is the `revisions.version` of what it changes; another form is a `StaleError`.
        """
        self.exempt_all([exemption], by, expected)

    def exempt_all(self, every: Iterable[Exemption], by: str = "", expected: str | None = None) -> None:
        """Keep several exemptions, all of them or none."""
        with self.database.write() as connection:
            for each in every:
                exemptions.keep(connection, each, by or each.created_by, expected)

    def unexempt(self, id: str, by: str, expected: str | None = None) -> None:
        """Forget an exemption."""
        with self.database.write() as connection:
            exemptions.forget(connection, id, by, expected)

    def unexempt_all(self, ids: Iterable[str], by: str) -> None:
        """Forget several exemptions, all of them or none."""
        with self.database.write() as connection:
            for id in ids:
                exemptions.forget(connection, id, by)

    def assignments(self) -> list[Assignment]:
        """The oldest first."""
        with self.database.read() as connection:
            return assignments.every(connection)

    def assign(self, assignment: Assignment, by: str = "", expected: str | None = None) -> None:
        """Keep an assignment, or its new form when the id is known. `by` is who does it; its author.

        `expected` is the `revisions.version` of what it changes; another form is a `StaleError`.
        """
        with self.database.write() as connection:
            assignments.keep(connection, assignment, by or assignment.created_by, expected)

    def unassign(self, id: str, by: str, expected: str | None = None) -> None:
        """Forget an assignment."""
        with self.database.write() as connection:
            assignments.forget(connection, id, by, expected)

    def plans(self) -> list[Switch]:
        """Which plans somebody switched, the oldest first."""
        with self.database.read() as connection:
            return plans.every(connection)

    def custom_policies(self) -> list[CustomPolicy]:
        """The policies that people wrote in the portal, in order of id."""
        with self.database.read() as connection:
            return custom.every(connection)

    def revisions(self, kind: str = "") -> list[Revision]:
        """Who changed what of that which people decide; the latest first, of one kind or of all."""
        with self.database.read() as connection:
            return revisions.every(connection, kind)

    def decided(self, kinds: Collection[str]) -> int:
        """A number that grows with everything of these kinds that people decide."""
        c = t.revisions.c
        query = select(c.key).where(c.kind.in_(kinds)).order_by(c.key.desc()).limit(1)
        with self.database.read() as connection:
            return connection.scalar(query) or 0

    def attestations(self) -> list[Attestation]:
        """The oldest first, with those that count no more."""
        with self.database.read() as connection:
            return attestations.every(connection)

    def attest(self, attestation: Attestation) -> None:
        """Keep what somebody says of a control."""
        with self.database.write() as connection:
            attestations.keep(connection, attestation)

    def withdraw(self, id: str, by: str, at: datetime) -> None:
        """Say that an attestation does not count any more."""
        with self.database.write() as connection:
            attestations.withdraw(connection, id, by, at)

    def tallies(self, scopes: Collection[str], policies: Collection[str]) -> list[Tallied]:
        """How many resources of each scope the policies find how, now."""
        with self.database.read() as connection:
            return list(tallies.tallies(connection, scopes, policies))

    def worst(self, scopes: Collection[str], policies: Collection[str]) -> dict[str, Counter[Status]]:
        """Scope -> its resources by the worst that any of the policies finds, exemptions as in the score."""
        with self.database.read() as connection:
            categories = {each.id: each.category for each in exemptions.every(connection)}
            return tallies.worst(connection, scopes, policies, categories)

    def held(self, scopes: Collection[str]) -> dict[str, set[str]]:
        """Scope -> the types of which it has resources now."""
        with self.database.read() as connection:
            return tallies.held(connection, scopes)

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

    def end(self, scan: str, finished: bool) -> None:
        """Say that a scan is finished or given up. An older unfinished one like it is given up with it."""
        self._scans.end(scan, FINISHED if finished else ABANDONED)

    def abandon(self, scan: str) -> None:
        """Give up an interrupted scan and what it collected."""
        self.sweep()
        with self.resume(scan):
            self.end(scan, finished=False)
        self.sweep()

    def sweep(self) -> None:
        """Remove what belongs to nothing: files of dead scans, and of snapshots that are no more."""
        self._scans.sweep()

    def _make_key(self, path: Path) -> None:
        with self.database.write():  # one process at a time
            if not self.files.exists(path):
                aside = path.with_suffix(".tmp")
                file = self.files.create(aside)
                file.write(secrets.token_bytes(32))
                self.files.publish(file, aside, path)


def _score(text: str) -> Score:
    score = msgspec.json.decode(text, type=Score)
    return replace(score, controls=tuple(score.controls), gains=tuple(score.gains))
