"""A small scan over an old snapshot, what it must leave, and disks that fail or pull the plug."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cloudward.connect import Unit
from cloudward.inventory import collect
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
    Severity,
    Status,
)
from cloudward.store import Staging, Store
from cloudward.store.files import Files

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCOPES = ("one", "two")
TYPES = ("Bucket", "Key")


@dataclass
class Estate:
    """Two accounts, two units each; `version` is what changes from scan to scan."""

    version: int
    log: Path | None = None
    name: str = "estate"

    def scopes(self) -> list[Scope]:
        return [Scope(id, Provider.AWS, "account") for id in SCOPES]

    def units(self) -> list[Unit]:
        return [Unit(f"{scope.id}/{type}", scope, "eu", type) for scope in self.scopes() for type in TYPES]

    def collect(self, unit: Unit) -> Iterator[Resource | Coverage]:
        note(self.log, "collect", unit.id)
        scope, type = unit.scope.id, unit.service
        for n in range(self.version, self.version + 4):
            yield Resource(
                id=f"{scope}/{type}/{n}",
                type=type,
                provider=Provider.AWS,
                scope=scope,
                region="eu",
                name=f"{type} {n}",
                properties={"Version": self.version, "N": n},
                tags={"version": str(self.version), "n": str(n)},
                unread={"Policy": Cause(Reason.DENIED, "call")} if n % 2 else {},
            )
        yield Coverage(scope, "eu", type, "List", Outcome.READ, True, 4, NOW)


def assess(staging: Staging, scope: str) -> Iterator[Assessment]:
    """Two policies; a resource of before that is gone stays as unknown."""
    for type in staging.types(scope):
        seen = set()
        for item in staging.resources(scope, type):
            seen.add(item.id)
            for policy in ("p", "q"):
                status = (Status.HEALTHY, Status.UNHEALTHY, Status.UNKNOWN)[
                    (item.properties["N"] + len(policy)) % 3
                ]
                yield _assessment(item.id, type, scope, policy, status, item.properties["Version"])
        for old in staging.previous(scope, type):
            if old.resource not in seen:
                yield replace(old, status=Status.UNKNOWN)


def _assessment(id: str, type: str, scope: str, policy: str, status: Status, version: int) -> Assessment:
    return Assessment(
        policy=f"{type}-{policy}",
        resource=id,
        type=type,
        scope=scope,
        region="eu",
        status=status,
        severity=Severity.HIGH if policy == "p" else Severity.LOW,
        cause=None,
        since=NOW,
        last_known=None,
        snapshot="scan",
        document_hash=f"{version:032x}",
        policy_hash="h",
        parameters={"version": version},
        engine="1",
        evaluated_at=NOW,
        due=None,
    )


def scan(store: Store, version: int, log: Path | None = None) -> None:
    """A scan from beginning to end, or the rest of an interrupted one."""
    estate = Estate(version, log)
    assert len(store.key) == 32
    waiting = [item for item in store.scans() if item.state == "running"]
    if waiting:
        staging = store.resume()
    else:
        units = [unit.id for unit in estate.units()]
        staging = store.begin(Provider.AWS, estate.name, estate.scopes(), units, {"version": version})
    with staging:
        for unit in estate.units():
            if staging.done(unit.id):
                note(log, "done", unit.id)
        collect(estate, staging, workers=1)
        for scope in staging.scopes():
            staging.publish(
                scope.id, assess(staging, scope.id), Score(scope.id, 1, 2, version / 10, 4, None, None)
            )
        staging.finish()


def note(log: Path | None, what: str, unit: str) -> None:
    if log is not None:
        with log.open("a") as file:
            file.write(f"{what} {unit}\n")


def state(store: Store, scope: str) -> dict[str, Any]:
    """All that can be seen of a scope, without names and times that differ from run to run."""
    snapshot = store.snapshot(scope)
    return {
        "documents": list(snapshot.resources()),
        "snapshot": sorted(map(repr, snapshot.assessments())),
        "assessments": sorted(repr(row.assessment) for row in store.assessments(scope=scope)),
        "headers": sorted(
            (row.id, row.name, row.read, *sorted(row.tags.items())) for row in store.resources(scope=scope)
        ),
        "coverage": list(store.coverage(scope=scope)),
        "scores": [score.percentage for _, _, score in store.scores(scope, history=True)],
        "snapshots": len(store.snapshots(scope)),
    }


def check(store: Store) -> None:
    """What must hold whatever happened: counts are those of the rows, files those of the manifest."""
    rows = [row.assessment for row in store.assessments()]
    for by in ("scope", "policy", "type", "status", "severity"):
        counted = {facet.value: facet.count for facet in store.facets(by)}
        assert counted == Counter(str(getattr(row, by)) for row in rows), by
    for scope in SCOPES:
        counted = {facet.value: facet.count for facet in store.facets("status", scope=scope)}
        assert counted == Counter(row.status.value for row in rows if row.scope == scope)
    held = Counter(row.type for row in store.resources() if row.read)
    assert {facet.value: facet.count for facet in store.inventory()} == held
    files = {path.relative_to(store.folder).as_posix() for path in (store.folder / "history").rglob("*.*")}
    manifest = {
        store.snapshot(scope.id, scan).path.relative_to(store.folder).as_posix()
        for scope in store.scopes()
        for scan, _ in store.snapshots(scope.id)
    }
    assert files == manifest
    running = {item.id for item in store.scans() if item.state == "running"}
    assert {path.name for path in (store.folder / "staging").iterdir()} <= running
    assert not list((store.folder / "staging").rglob("*.tmp"))


@dataclass
class Faulty(Files):
    """A disk that fails at its n-th operation: once, or from then on; before its effect or after it."""

    buffer = 2000

    point: int
    lasting: bool = False
    after: bool = False
    seen: int = 0
    failed: str = ""
    """What failed first."""

    @contextmanager
    def at(self, operation: str, what: str) -> Iterator[None]:
        self.seen += 1
        fails = self.seen == self.point or (self.lasting and self.seen > self.point)
        if fails:
            self.failed = self.failed or f"{operation} {what}"
        opens = operation in ("open", "create", "lock")
        if fails and (opens or not self.after):
            raise OSError(5, "Input/output error")
        yield
        if fails:
            raise OSError(5, "Input/output error")


@dataclass
class Deadly(Files):
    """A disk that takes the process with it at its n-th operation."""

    buffer = 700

    point: int
    after: bool
    seen: int = 0

    @contextmanager
    def at(self, operation: str, what: str) -> Iterator[None]:
        self.seen += 1
        if self.seen == self.point and not self.after:
            os.kill(os.getpid(), signal.SIGKILL)
        yield
        if self.seen == self.point:
            os.kill(os.getpid(), signal.SIGKILL)
