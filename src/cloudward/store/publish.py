"""A scope's new current rows, in one transaction with the manifest row that makes them visible."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, literal, select, update

from cloudward.model import Assessment, Coverage, Scope, Score
from cloudward.store import tables as t
from cloudward.store.encoding import (
    SEVERITY_CODE,
    STATUS_CODE,
    batches,
    cause_text,
    digest_bytes,
    encode_json,
    micros,
)
from cloudward.store.snapshot import Snapshot

BATCH = 10_000
LOOKUP = 500
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
    basis: dict[tuple[Any, ...], tuple[int, Any]] = field(default_factory=dict)
    """Found by the identity of the parameters, which are kept here so that it stays theirs."""
    counts: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    inventory: Counter[tuple[int, str]] = field(default_factory=Counter)


def publish(
    connection: Connection, snapshot: Snapshot, path: str, size: int, now: datetime, score: Score | None
) -> None:
    """Replace the current rows of the snapshot's scope by what the snapshot holds."""
    contents = snapshot.contents
    work = _begin(connection, contents.scope)
    _resources(work, snapshot)
    _assessments(work, snapshot)
    _clear(work)
    _counts(work)
    _coverage(work, snapshot.coverage())
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
    return Publication(connection, row.key, (row.first, row.last), highest + 1, highest + 1)


def _resources(work: Publication, snapshot: Snapshot) -> None:
    for type in snapshot.types():
        key = _named(work.connection, t.types, type)
        row, _ = snapshot.place(type)
        for batch in batches(snapshot.headers(type), BATCH):
            rows = []
            tags = []
            for header in batch:
                rows.append(
                    {
                        "key": work.next,
                        "scope": work.scope,
                        "type": key,
                        "id": header.id,
                        "region": header.region,
                        "name": header.name,
                        "generation": header.generation,
                        "file": header.file,
                        "line": header.line,
                        "row": row,
                    }
                )
                tags += [{"resource": work.next, "key": k, "value": v} for k, v in header.tags.items()]
                work.inventory[key, header.region or ""] += 1
                work.next += 1
                row += 1
            work.connection.execute(insert(t.resources), rows)
            if tags:
                work.connection.execute(insert(t.tags), tags)


def _assessments(work: Publication, snapshot: Snapshot) -> None:
    keys = _Keys(work)
    policies: dict[str, int] = {}
    for batch in batches(snapshot.assessments(), BATCH):
        keys.look_up(batch)
        rows = []
        for item in batch:
            if item.policy not in policies:
                policies[item.policy] = _named(work.connection, t.policies, item.policy)
            policy = policies[item.policy]
            resource, type = keys.of(item)
            status, severity = STATUS_CODE[item.status], SEVERITY_CODE[item.severity]
            last = item.last_known
            rows.append(
                {
                    "resource": resource,
                    "policy": policy,
                    "scope": work.scope,
                    "status": status,
                    "severity": severity,
                    "basis": _basis(work, item),
                    "cause": cause_text(item.cause),
                    "since": micros(item.since),
                    "last_status": STATUS_CODE[last.status] if last else None,
                    "last_at": micros(last.at) if last else None,
                    "document_hash": digest_bytes(item.document_hash),
                    "decided": digest_bytes(item.key),
                    "evaluated_at": micros(item.evaluated_at),
                    "due": micros(item.due) if item.due else None,
                    "exemption": item.exemption,
                    "restarted": item.restarted,
                }
            )
            exempt = item.exemption is not None
            work.counts[policy, severity, status, exempt, type, item.region or ""] += 1
        work.connection.execute(insert(t.assessments), rows)


class _Keys:
    """Finds the rows of assessed resources; one that was not read this time keeps the header it had."""

    def __init__(self, work: Publication) -> None:
        self._work = work
        self._types: dict[str, int] = {}
        self._found: dict[tuple[str, str], int] = {}

    def look_up(self, items: Sequence[Assessment]) -> None:
        """Find all of a batch with few statements."""
        last = (items[0].type, items[0].resource)
        self._found = {last: self._found[last]} if last in self._found else {}
        for type, group in groupby(items, attrgetter("type")):
            ids = list(dict.fromkeys(item.resource for item in group))
            for start in range(0, len(ids), LOOKUP):
                self._select(type, ids[start : start + LOOKUP])

    def of(self, item: Assessment) -> tuple[int, int]:
        """The keys of an assessment's resource and its type."""
        found = self._found.get((item.type, item.resource))
        if found is None:
            found = self._found[item.type, item.resource] = self._vanished(item)
        return found, self._type(item.type)

    def _type(self, type: str) -> int:
        if type not in self._types:
            self._types[type] = _named(self._work.connection, t.types, type)
        return self._types[type]

    def _select(self, type: str, ids: list[str]) -> None:
        c = t.resources.c
        rows = self._work.connection.execute(
            select(c.id, c.key).where(
                c.scope == self._work.scope,
                c.type == self._type(type),
                c.id.in_(ids),
                c.key >= self._work.first,
            )
        )
        self._found.update({(type, id): key for id, key in rows})

    def _vanished(self, item: Assessment) -> int:
        work, c, key = self._work, t.resources.c, self._work.next
        old = work.connection.execute(
            select(t.resources).where(
                c.scope == work.scope,
                c.type == self._type(item.type),
                c.id == item.resource,
                c.key.between(*work.old),
            )
        ).first()
        header = (
            {"region": old.region, "name": old.name, "generation": old.generation}
            if old
            else {"region": item.region, "name": item.resource, "generation": ""}
        )
        work.connection.execute(
            insert(t.resources).values(
                key=key, scope=work.scope, type=self._type(item.type), id=item.resource, **header
            )
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
    for table in (t.counts, t.inventory, t.coverage):
        work.connection.execute(delete(table).where(table.c.scope == work.scope))


def _counts(work: Publication) -> None:
    names = ("policy", "severity", "status", "exempt", "type", "region")
    counted = [
        {"scope": work.scope, "n": n, **dict(zip(names, values, strict=True))}
        for values, n in work.counts.items()
    ]
    held = [
        {"scope": work.scope, "type": type, "region": region, "n": n}
        for (type, region), n in work.inventory.items()
    ]
    for table, rows in ((t.counts, counted), (t.inventory, held)):
        if rows:
            work.connection.execute(insert(table), rows)


def _coverage(work: Publication, items: Iterable[Coverage]) -> None:
    number = 0
    for batch in batches(items, BATCH):
        rows = []
        for item in batch:
            rows.append(
                {
                    "scope": work.scope,
                    "number": number,
                    "region": item.region,
                    "type": item.type,
                    "call": item.call,
                    "outcome": item.outcome.value,
                    "listing": item.listing,
                    "count": item.count,
                    "at": micros(item.at),
                    "cause": cause_text(item.cause),
                }
            )
            number += 1
        work.connection.execute(insert(t.coverage), rows)


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


def _basis(work: Publication, item: Assessment) -> int:
    """The key of what an assessment shares with others."""
    quick = (item.policy, item.policy_hash, item.engine, item.snapshot, id(item.parameters))
    if quick not in work.basis:
        parameters = encode_json(item.parameters).decode()
        values = (item.policy, item.policy_hash, parameters, item.engine, item.snapshot)
        digest = hashlib.blake2b(encode_json(values), digest_size=16).hexdigest()
        c = t.basis.c
        key = work.connection.scalar(select(c.key).where(c.digest == digest))
        if key is None:
            names = ("policy", "policy_hash", "parameters", "engine", "snapshot")
            row = dict(zip(names, values, strict=True))
            work.connection.execute(insert(t.basis).values(digest=digest, **row))
            key = work.connection.scalar(select(c.key).where(c.digest == digest))
        work.basis[quick] = (int(key or 0), item.parameters)
    return work.basis[quick][0]


def _named(connection: Connection, table: Table, id: str) -> int:
    """The key of a type or policy, made when it is new."""
    found = connection.scalar(select(table.c.key).where(table.c.id == id))
    if found is None:
        connection.execute(insert(table).values(id=id))
        found = connection.scalar(select(table.c.key).where(table.c.id == id))
    return int(found or 0)
