"""A scope's new current rows, in one transaction with the manifest row that makes them visible."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from cloudward.model import Scope, Score, Status
from cloudward.store import tables as t
from cloudward.store.atlas import changed
from cloudward.store.counts import Cell, recount, stand
from cloudward.store.database import bulk
from cloudward.store.encoding import (
    SEVERITY_CODE,
    STATUS_CODE,
    batches,
    digest_bytes,
    encode_json,
    micros,
)
from cloudward.store.filters import one_of
from cloudward.store.snapshot import Snapshot

UNHEALTHY = STATUS_CODE[Status.UNHEALTHY]
LOOKUP = 2000
"""Resource ids asked for in one statement."""
REMEMBERED = 100_000
"""Resources of a scope whose keys stay in memory while it is published."""


@dataclass
class Publication:
    """What a publication knows while its transaction is open."""

    connection: Connection
    scope: int
    old: tuple[int, int]
    """First and last key of the rows that it replaces."""
    first: int
    next: int
    """The key of the next resource."""
    types: dict[str, int]
    policies: dict[str, int]
    basis: dict[tuple[str, ...], int] = field(default_factory=dict)
    found: dict[tuple[int, str], int] = field(default_factory=dict)
    """Keys by type and id, of so many resources as may stand in memory."""
    cells: Counter[tuple[int, int, str, int, int, bool]] = field(default_factory=Counter)
    """How many there are of each `counts.Cell`; plain tuples, of which so many are made."""
    held: Counter[tuple[int, str]] = field(default_factory=Counter)
    ages: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Policy -> since when the first and the last of the unhealthy are so."""


def publish(
    connection: Connection, snapshot: Snapshot, path: str, size: int, now: datetime, score: Score | None
) -> None:
    """Replace the current rows of the snapshot's scope by what the snapshot holds."""
    contents = snapshot.contents
    work = _begin(connection, contents.scope)
    connection.execute(delete(t.coverage).where(t.coverage.c.scope == work.scope))
    _resources(work, snapshot)
    _assessments(work, snapshot)
    _clear(work)
    cells = Counter({Cell(*cell): n for cell, n in work.cells.items()})
    recount(connection, work.scope, cells, work.held)
    stand(connection, work.scope, work.ages)
    _coverage(work, snapshot)
    connection.execute(
        insert(t.manifest).values(
            scope=work.scope,
            scan=contents.scan,
            path=path,
            published=micros(now),
            resources=contents.resources,
            assessments=contents.assessments,
            bytes=size,
        )
    )
    if score is not None:
        _score(work, contents.scan, now, score)
    connection.execute(
        update(t.scopes)
        .where(t.scopes.c.key == work.scope)
        .values(
            scan=contents.scan,
            published=micros(now),
            first=work.first,
            last=work.next - 1,
            version=changed(),
        )
    )


def know(connection: Connection, scope: Scope) -> None:
    """Keep what is said of a scope, published or not."""
    c = t.scopes.c
    values = {
        "provider": scope.provider.value,
        "kind": scope.kind,
        "name": scope.name,
        "parent": scope.parent,
        "state": scope.state.value,
        "version": changed(),
    }
    if connection.scalar(select(c.key).where(c.id == scope.id)) is None:
        connection.execute(insert(t.scopes).values(id=scope.id, **values))
    else:
        connection.execute(update(t.scopes).where(c.id == scope.id).values(**values))


def _begin(connection: Connection, scope: Scope) -> Publication:
    know(connection, scope)
    c = t.scopes.c
    row = connection.execute(select(c.key, c.first, c.last).where(c.id == scope.id)).one()
    highest = connection.scalar(select(func.max(t.resources.c.key))) or 0
    old, first = (row.first, row.last), highest + 1
    types, policies = _ids(connection, t.types), _ids(connection, t.policies)
    return Publication(connection, row.key, old, first, first, types, policies)


def _resources(work: Publication, snapshot: Snapshot) -> None:
    names = ("type", "id", "region", "name", "generation", "file", "line", "tags")
    for columns in snapshot.columns("resource", names):
        count = len(columns["id"])
        keys = range(work.next, work.next + count)
        types = _keys(work, t.types, work.types, columns["type"])
        regions = [region or "" for region in columns["region"]]
        work.held.update(zip(types, regions, strict=True))
        if len(work.found) < REMEMBERED:
            work.found.update(zip(zip(types, columns["id"], strict=True), keys, strict=True))
        bulk(
            work.connection,
            t.resources,
            dict(
                key=keys,
                scope=[work.scope] * count,
                type=types,
                row=range(work.next - work.first, work.next - work.first + count),
                **{name: columns[name] for name in names[1:-1]},
            ),
        )
        tags = [(key, *tag) for key, given in zip(keys, columns["tags"], strict=True) for tag in given]
        if tags:
            owners, names_of, values = zip(*tags, strict=True)
            bulk(work.connection, t.tags, {"resource": owners, "key": names_of, "value": values})
        work.next += count


def _assessments(work: Publication, snapshot: Snapshot) -> None:
    finder = _Finder(work)
    for columns in snapshot.columns("assessment", _READ):
        count = len(columns["resource"])
        policies = _keys(work, t.policies, work.policies, columns["policy"])
        types = _keys(work, t.types, work.types, columns["type"])
        statuses = _codes(STATUS_CODE, columns["status"])
        severities = _codes(SEVERITY_CODE, columns["severity"])
        bulk(
            work.connection,
            t.assessments,
            dict(
                resource=finder.keys(types, columns),
                policy=policies,
                scope=[work.scope] * count,
                status=statuses,
                severity=severities,
                basis=_basis(work, columns),
                last_status=_codes({**STATUS_CODE, None: None}, columns["last_status"]),
                document_hash=_digests(columns["document_hash"]),
                decided=_digests(columns["key"]),
                **{name: columns[name] for name in _AS_IS},
            ),
        )
        exempt = [value is not None for value in columns["exemption"]]
        regions = [value or "" for value in columns["region"]]
        cells = zip(policies, types, regions, severities, statuses, exempt, strict=True)
        work.cells.update(cells)
        rows = zip(policies, statuses, exempt, columns["since"], strict=True)
        for policy, status, is_exempt, since in rows:
            if status == UNHEALTHY and not is_exempt:
                oldest, newest = work.ages.get(policy, (since, since))
                work.ages[policy] = min(oldest, since), max(newest, since)


_AS_IS = ("cause", "since", "last_at", "evaluated_at", "due", "exemption", "restarted")
_BASIS = ("policy", "policy_hash", "parameters", "engine", "snapshot")
_READ = (
    *_AS_IS,
    *_BASIS,
    "type",
    "region",
    "resource",
    "status",
    "severity",
    "last_status",
    "document_hash",
    "key",
)


class _Finder:
    """Finds the rows of assessed resources; one that was not read this time keeps the header it had."""

    def __init__(self, work: Publication) -> None:
        self._work = work
        self._all_known = work.next - work.first == len(work.found)
        self._asked: dict[tuple[int, str], int] = {}

    def keys(self, types: list[int], columns: Mapping[str, list[Any]]) -> list[int]:
        """The key of each row's resource. Only what the last rows asked for stays in memory."""
        pairs = list(zip(types, columns["resource"], strict=True))
        found = self._work.found
        others = dict(zip(pairs, columns["region"], strict=True))
        others = {pair: region for pair, region in others.items() if pair not in found}
        self._asked = {pair: self._asked[pair] for pair in others if pair in self._asked}
        for type, group in groupby((pair for pair in others if pair not in self._asked), itemgetter(0)):
            for ids in batches((id for _, id in group), LOOKUP):
                self._ask(type, {id: others[type, id] for id in ids})
        return [found[pair] if pair in found else self._asked[pair] for pair in pairs]

    def _ask(self, type: int, regions: dict[str, str | None]) -> None:
        if not self._all_known:
            for row in self._rows(type, list(regions), self._work.first, self._work.next):
                self._asked[type, row.id] = row.key
        vanished = {id: region for id, region in regions.items() if (type, id) not in self._asked}
        if vanished:
            self._all_known = False
            self._keep(type, vanished)

    def _keep(self, type: int, regions: dict[str, str | None]) -> None:
        """Headers and tags as they were in the publication before, or what the assessment says."""
        work = self._work
        old = {row.id: row for row in self._rows(type, list(regions), *work.old)}
        keys = dict(zip(regions, range(work.next, work.next + len(regions)), strict=True))
        work.next += len(regions)
        bulk(
            work.connection,
            t.resources,
            {
                "key": list(keys.values()),
                "scope": [work.scope] * len(keys),
                "type": [type] * len(keys),
                "id": list(keys),
                "region": [old[id].region if id in old else region for id, region in regions.items()],
                "name": [old[id].name if id in old else id for id in keys],
                "generation": [old[id].generation if id in old else "" for id in keys],
            },
        )
        moved = {row.key: keys[id] for id, row in old.items()}
        tags = work.connection.execute(select(t.tags).where(one_of(t.tags.c.resource, list(moved)))).all()
        if tags:
            owners, names, values = zip(*tags, strict=True)
            bulk(
                work.connection,
                t.tags,
                {
                    "resource": [moved[key] for key in owners],
                    "key": names,
                    "value": values,
                },
            )
        self._asked.update({(type, id): key for id, key in keys.items()})

    def _rows(self, type: int, ids: list[str], first: int, last: int) -> Sequence[Any]:
        c = t.resources.c
        query = select(t.resources).where(c.scope == self._work.scope, c.type == type, c.id.in_(ids))
        return self._work.connection.execute(query.where(c.key.between(first, last))).all()


def _clear(work: Publication) -> None:
    """The rows of the publication before this one."""
    first, last = work.old
    for table, key in ((t.assessments, "resource"), (t.tags, "resource"), (t.resources, "key")):
        work.connection.execute(delete(table).where(table.c[key].between(first, last)))


def _coverage(work: Publication, snapshot: Snapshot) -> None:
    names = ("region", "type", "call", "outcome", "listing", "count", "at", "cause")
    first = 0
    for columns in snapshot.columns("coverage", names):
        count = len(columns["type"])
        numbers = range(first, first + count)
        bulk(work.connection, t.coverage, dict(scope=[work.scope] * count, number=numbers, **columns))
        first += count


def _score(work: Publication, scan: str, now: datetime, score: Score) -> None:
    work.connection.execute(
        insert(t.scores).values(
            scope=work.scope,
            scan=scan,
            at=micros(now),
            percentage=score.percentage,
            floor=score.floor,
            max=score.max,
            weight=score.weight,
            least=score.weight_bounds and score.weight_bounds[0],
            most=score.weight_bounds and score.weight_bounds[1],
            document=encode_json(score).decode(),
        )
    )


def _basis(work: Publication, columns: Mapping[str, list[Any]]) -> list[int]:
    """The key of what each assessment shares with others."""
    rows = list(zip(*(columns[name] for name in _BASIS), strict=True))
    new = {row: _digest(row) for row in dict.fromkeys(rows) if row not in work.basis}
    for attempt in (1, 2):
        c = t.basis.c
        found = work.connection.execute(select(c.digest, c.key).where(c.digest.in_(new.values())))
        keys = {row.digest: row.key for row in found}
        missing = [row for row, digest in new.items() if digest not in keys]
        if attempt == 1 and missing:
            values = dict(zip(_BASIS, zip(*missing, strict=True), strict=True))
            bulk(work.connection, t.basis, dict(digest=[new[row] for row in missing], **values))
    work.basis.update({row: keys[digest] for row, digest in new.items()})
    return [work.basis[row] for row in rows]


def _digest(values: tuple[str, ...]) -> str:
    return hashlib.blake2b(encode_json(values), digest_size=16).hexdigest()


def _ids(connection: Connection, table: Table) -> dict[str, int]:
    return {row.id: row.key for row in connection.execute(select(table.c.id, table.c.key))}


def _keys(work: Publication, table: Table, known: dict[str, int], ids: Sequence[str]) -> list[int]:
    """The keys of types or policies, made where they are new."""
    for id in dict.fromkeys(ids):
        if id not in known:
            work.connection.execute(insert(table).values(id=id))
            known.update(_ids(work.connection, table))
    return [known[id] for id in ids]


def _codes(codes: Mapping[Any, int | None], words: Sequence[str | None]) -> list[int | None]:
    return [codes[word] for word in words]


def _digests(texts: Sequence[str]) -> list[bytes]:
    """A document has as many assessments as there are policies on it."""
    packed = {text: digest_bytes(text) for text in set(texts)}
    return [packed[text] for text in texts]
