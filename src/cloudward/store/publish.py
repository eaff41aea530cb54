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

from sqlalchemy import Connection, Table, delete, func, insert, literal, select, update

from cloudward.model import Scope, Score, Severity, Status
from cloudward.store import tables as t
from cloudward.store.encoding import (
    SEVERITY_CODE,
    STATUS_CODE,
    batches,
    digest_bytes,
    encode_json,
    micros,
)
from cloudward.store.snapshot import Snapshot

LOOKUP = 2000
"""Resource ids asked for in one statement."""


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
    counts: Counter[tuple[Any, ...]] = field(default_factory=Counter)


def publish(
    connection: Connection, snapshot: Snapshot, path: str, size: int, now: datetime, score: Score | None
) -> None:
    """Replace the current rows of the snapshot's scope by what the snapshot holds."""
    contents = snapshot.contents
    work = _begin(connection, contents.scope)
    for table in (t.counts, t.inventory, t.coverage):
        connection.execute(delete(table).where(table.c.scope == work.scope))
    _resources(work, snapshot)
    _assessments(work, snapshot)
    _clear(work)
    _count(work, t.counts, ("policy", "severity", "status", "exempt", "type", "region"), work.counts)
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
        .values(scan=contents.scan, published=micros(now), first=work.first, last=work.next - 1)
    )


def _begin(connection: Connection, scope: Scope) -> Publication:
    c = t.scopes.c
    values = {
        "provider": scope.provider.value,
        "kind": scope.kind,
        "name": scope.name,
        "parent": scope.parent,
    }
    row = connection.execute(select(c.key, c.first, c.last).where(c.id == scope.id)).first()
    if row is None:
        connection.execute(insert(t.scopes).values(id=scope.id, **values))
        row = connection.execute(select(c.key, c.first, c.last).where(c.id == scope.id)).one()
    else:
        connection.execute(update(t.scopes).where(c.key == row.key).values(**values))
    highest = connection.scalar(select(func.max(t.resources.c.key))) or 0
    old, first = (row.first, row.last), highest + 1
    types, policies = _ids(connection, t.types), _ids(connection, t.policies)
    return Publication(connection, row.key, old, first, first, types, policies)


def _resources(work: Publication, snapshot: Snapshot) -> None:
    names = ("type", "id", "region", "name", "generation", "file", "line", "tags")
    held: Counter[tuple[int, str]] = Counter()
    for columns in snapshot.columns("resource", names):
        count = len(columns["id"])
        keys = range(work.next, work.next + count)
        types = [_key(work, t.types, work.types, name) for name in columns["type"]]
        held.update(zip(types, [region or "" for region in columns["region"]], strict=True))
        bulk(
            work.connection,
            t.resources,
            key=keys,
            scope=[work.scope] * count,
            type=types,
            row=range(work.next - work.first, work.next - work.first + count),
            **{name: columns[name] for name in names[1:-1]},
        )
        tags = [(key, *tag) for key, given in zip(keys, columns["tags"], strict=True) for tag in given]
        if tags:
            owners, names_of, values = zip(*tags, strict=True)
            bulk(work.connection, t.tags, resource=owners, key=names_of, value=values)
        work.next += count
    _count(work, t.inventory, ("type", "region"), held)


def _assessments(work: Publication, snapshot: Snapshot) -> None:
    finder = _Finder(work)
    for columns in snapshot.columns("assessment", _READ):
        count = len(columns["resource"])
        policies = [_key(work, t.policies, work.policies, name) for name in columns["policy"]]
        types = [_key(work, t.types, work.types, name) for name in columns["type"]]
        statuses = [STATUS_CODE[Status(value)] for value in columns["status"]]
        severities = [SEVERITY_CODE[Severity(value)] for value in columns["severity"]]
        bulk(
            work.connection,
            t.assessments,
            resource=finder.keys(types, columns),
            policy=policies,
            scope=[work.scope] * count,
            status=statuses,
            severity=severities,
            basis=_basis(work, columns),
            last_status=[value and STATUS_CODE[Status(value)] for value in columns["last_status"]],
            document_hash=[digest_bytes(value) for value in columns["document_hash"]],
            decided=[digest_bytes(value) for value in columns["key"]],
            **{name: columns[name] for name in _AS_IS},
        )
        exempt = [value is not None for value in columns["exemption"]]
        regions = [value or "" for value in columns["region"]]
        work.counts.update(zip(policies, severities, statuses, exempt, types, regions, strict=True))


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
        self._found: dict[tuple[int, str], int] = {}

    def keys(self, types: list[int], columns: Mapping[str, list[Any]]) -> list[int]:
        """The key of each row's resource. Only what the last rows asked for stays in memory."""
        wanted = list(dict.fromkeys(zip(types, columns["resource"], strict=True)))
        self._found = {pair: self._found[pair] for pair in wanted if pair in self._found}
        missing = [pair for pair in wanted if pair not in self._found]
        for type, pairs in groupby(missing, itemgetter(0)):
            for ids in batches((id for _, id in pairs), LOOKUP):
                self._look_up(type, ids)
        regions = dict(zip(zip(types, columns["resource"], strict=True), columns["region"], strict=True))
        for type, id in missing:
            if (type, id) not in self._found:
                self._found[type, id] = self._vanished(type, id, regions[type, id])
        return [self._found[pair] for pair in zip(types, columns["resource"], strict=True)]

    def _look_up(self, type: int, ids: list[str]) -> None:
        c = t.resources.c
        query = select(c.id, c.key).where(c.scope == self._work.scope, c.type == type, c.id.in_(ids))
        for id, key in self._work.connection.execute(query.where(c.key >= self._work.first)):
            self._found[type, id] = key

    def _vanished(self, type: int, id: str, region: str | None) -> int:
        work, c, key = self._work, t.resources.c, self._work.next
        query = select(t.resources).where(c.scope == work.scope, c.type == type, c.id == id)
        old = work.connection.execute(query.where(c.key.between(*work.old))).first()
        header = {"region": region, "name": id, "generation": ""}
        if old:
            header = {"region": old.region, "name": old.name, "generation": old.generation}
        work.connection.execute(
            insert(t.resources).values(key=key, scope=work.scope, type=type, id=id, **header)
        )
        if old:
            copied = select(literal(key), t.tags.c.key, t.tags.c.value).where(t.tags.c.resource == old.key)
            work.connection.execute(insert(t.tags).from_select(["resource", "key", "value"], copied))
        work.next += 1
        return key


def _clear(work: Publication) -> None:
    """The rows of the publication before this one."""
    first, last = work.old
    for table, key in ((t.assessments, "resource"), (t.tags, "resource"), (t.resources, "key")):
        work.connection.execute(delete(table).where(table.c[key].between(first, last)))


def _count(work: Publication, table: Table, names: tuple[str, ...], counted: Counter[Any]) -> None:
    if counted:
        columns = dict(zip(names, zip(*counted, strict=True), strict=True))
        bulk(work.connection, table, scope=[work.scope] * len(counted), n=list(counted.values()), **columns)


def _coverage(work: Publication, snapshot: Snapshot) -> None:
    names = ("region", "type", "call", "outcome", "listing", "count", "at", "cause")
    first = 0
    for columns in snapshot.columns("coverage", names):
        count = len(columns["type"])
        numbers = range(first, first + count)
        bulk(work.connection, t.coverage, scope=[work.scope] * count, number=numbers, **columns)
        first += count


def _score(work: Publication, scan: str, now: datetime, score: Score) -> None:
    work.connection.execute(
        insert(t.scores).values(
            scope=work.scope,
            scan=scan,
            at=micros(now),
            percentage=score.percentage,
            floor=score.floor,
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
            bulk(work.connection, t.basis, digest=[new[row] for row in missing], **values)
    work.basis.update({row: keys[digest] for row, digest in new.items()})
    return [work.basis[row] for row in rows]


def _digest(values: tuple[str, ...]) -> str:
    return hashlib.blake2b(encode_json(values), digest_size=16).hexdigest()


def _ids(connection: Connection, table: Table) -> dict[str, int]:
    return {row.id: row.key for row in connection.execute(select(table.c.id, table.c.key))}


def _key(work: Publication, table: Table, known: dict[str, int], id: str) -> int:
    """The key of a type or policy, made when it is new."""
    if id not in known:
        work.connection.execute(insert(table).values(id=id))
        known.update(_ids(work.connection, table))
    return known[id]


def bulk(connection: Connection, table: Table, **columns: Sequence[Any]) -> None:
    """Insert rows given as columns, without looking at each value."""
    names = list(columns)
    compiled = insert(table).compile(dialect=connection.dialect, column_keys=names)
    order = compiled.positiontup or names
    rows: Any = list(zip(*(columns[name] for name in order), strict=True))
    if not compiled.positional:
        rows = [dict(zip(order, row, strict=True)) for row in rows]
    connection.exec_driver_sql(str(compiled), rows)
