"""History: snapshots of a scope, what changed between two, and how a resource came to be what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import ConfigDict

from cloudward.errors import MissingError, UsageError
from cloudward.server.answers import DOCUMENTED, Listed, Page, Router, Word, page, place
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.resources import located
from cloudward.server.sight import Uid
from cloudward.server.sight import scope as visible_scope
from cloudward.server.state import Served, State
from cloudward.store import Change, ChangeKind, ResourceRow
from cloudward.store.diff import diff, of_resource, value

router = Router(prefix="/api/v1", tags=["history"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]


@dataclass(frozen=True, slots=True)
class SnapshotItem:
    """What is kept of a scope."""

    scan: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """A resource that is not the same in two snapshots, or of which that cannot be said."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "uid": "MTExMTIyMjIzMzMzAEFXUzo6UzM6OkJ1Y2tldABhcm46YXdzOnMzOjo6YWNtZS1sb2dz",
                    "kind": "changed",
                    "type": "AWS::S3::Bucket",
                    "id": "arn:aws:s3:::acme-logs",
                    "name": "acme-logs",
                    "region": "eu-west-1",
                    "paths": ["VersioningConfiguration.Status"],
                    "unread": [],
                    "recreated": False,
                }
            ]
        },
    )

    uid: str
    kind: ChangeKind
    """`not_comparable` where one of the scans could not read it."""
    type: str
    id: str
    name: str
    region: str | None
    paths: Sequence[str]
    """What changed in the document; `meta.` is name, region and tags."""
    unread: Sequence[str]
    """What was not read in one of the scans, and so is not compared."""
    recreated: bool
    """It is another resource under the same id."""


@dataclass(frozen=True, slots=True)
class PathItem:
    """One place of a document that changed."""

    __pydantic_config__ = DOCUMENTED

    path: str
    before: Any
    """Null also for what was not there."""
    after: Any


@dataclass(frozen=True, slots=True)
class StepItem:
    """What became of a resource from one snapshot to the next."""

    __pydantic_config__ = DOCUMENTED

    old: str
    """The earlier scan."""
    new: str
    """The later scan."""
    at: datetime
    """When the later one was kept."""
    kind: ChangeKind | None
    """Null where nothing changed that both could read."""
    paths: Sequence[PathItem]
    unread: Sequence[str]
    recreated: bool


class ChangesAsked(Listed):
    """Which two snapshots are compared."""

    old: Word = ""
    """The earlier scan; the last before `new`."""
    new: Word = ""
    """The later scan; the last."""
    kind: list[ChangeKind] = [ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.CHANGED]


@router.get("/scopes/{scope}/snapshots")
def snapshots(
    state: Served, caller: Reader, scope: Word, asked: Annotated[Listed, Query()]
) -> Page[SnapshotItem]:
    """The snapshots that are kept of a scope, the last first."""
    visible_scope(state, caller, scope)
    kept = state.store.snapshots(scope)
    rest = _behind([(SnapshotItem(scan, at), scan) for scan, at in kept], place(state, f"of {scope}", asked))
    return page(state, f"of {scope}", asked, rest, len(kept))


@router.get("/scopes/{scope}/changes")
def changes(
    state: Served, caller: Reader, scope: Word, asked: Annotated[ChangesAsked, Query()]
) -> Page[ChangeItem]:
    """What changed in a scope between two scans, in order of type and id. What one of them could not read is
    not compared, and never counts as removed."""
    visible_scope(state, caller, scope)
    kept = [scan for scan, _ in state.store.snapshots(scope)]
    new = asked.new or next(iter(kept), "")
    old = asked.old or next(iter(kept[kept.index(new) + 1 :]) if new in kept else iter(()), "")
    for scan in (new, old):
        if scan not in kept:
            raise UsageError(
                f"scan {scan!r} of {scope} is not kept", f"kept are {', '.join(kept[:5]) or 'none'}"
            )
    found = diff(state.store.snapshot(scope, old), state.store.snapshot(scope, new), state.pack.types)
    start = place(state, f"{old} {new}", asked)
    rows = (
        (_change(scope, each), (each.type, each.id))
        for each in found.changes
        if each.kind in asked.kind and (start is None or (each.type, each.id) > tuple(start))
    )
    return page(state, f"{old} {new}", asked, rows, None)


@router.get("/resources/{uid}/history")
def history(state: Served, caller: Reader, uid: Word, asked: Annotated[Listed, Query()]) -> Page[StepItem]:
    """What became of a resource from each snapshot that is kept to the next, the last first."""
    row = located(state, caller, uid)
    kept = state.store.snapshots(row.scope)
    pairs = [((new, old), new[0]) for new, old in pairwise(kept)]
    rest = islice(_behind(pairs, place(state, uid, asked)), asked.limit + 1)
    return page(state, uid, asked, ((_step(state, row, *pair), at) for pair, at in rest), len(pairs))


def _behind(rows: Sequence[tuple[Any, str]], start: Any) -> Iterator[tuple[Any, str]]:
    """The rows behind the one of a scan; that it is not kept any more is said."""
    scans = [scan for _, scan in rows]
    if start is not None and start not in scans:
        raise MissingError("this page began behind a scan that is not kept any more")
    return iter(rows[scans.index(start) + 1 :] if start is not None else rows)


def _step(state: State, row: ResourceRow, new: tuple[str, datetime], old: tuple[str, datetime]) -> StepItem:
    before, after = (state.store.snapshot(row.scope, scan) for scan, _ in (old, new))
    change, left, right = of_resource(before, after, row.type, row.id, state.pack.types)
    paths = [
        PathItem(path, value(left, path), value(right, path)) for path in (change.paths if change else ())
    ]
    return StepItem(
        old=old[0],
        new=new[0],
        at=new[1],
        kind=change.kind if change else None,
        paths=paths,
        unread=change.unread if change else (),
        recreated=change.recreated if change else False,
    )


def _change(scope: str, each: Change) -> ChangeItem:
    return ChangeItem(
        uid=Uid(scope, each.type, each.id).text,
        kind=each.kind,
        type=each.type,
        id=each.id,
        name=each.name,
        region=each.region,
        paths=each.paths,
        unread=each.unread,
        recreated=each.recreated,
    )
