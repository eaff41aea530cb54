"""Reading the current tables: pages, facets and what is kept of a resource."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, func, select, tuple_

from cloudward.errors import UsageError
from cloudward.model import Assessment, Coverage, LastKnown, Outcome, Provider, Scope, Source
from cloudward.store import tables as t
from cloudward.store.encoding import (
    SEVERITIES,
    STATUSES,
    batches,
    decode_json,
    digest_text,
    moment,
    text_cause,
)
from cloudward.store.filters import Filters, Wanted, one_of, wanted

FETCH = 1000


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """The header of a resource."""

    id: str
    type: str
    provider: Provider
    scope: str
    region: str | None
    name: str
    tags: dict[str, str]
    source: Source | None
    generation: str
    read: bool
    """False for one that was assessed before and not read in the current snapshot."""
    cursor: str
    """Given as `after`, the list goes on behind this row."""


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """A current assessment, and what a list shows of its resource."""

    assessment: Assessment
    name: str
    provider: Provider
    cursor: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A value and how many there are of it."""

    value: str
    count: int


class Names:
    """Keys to what they stand for, looked up once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.scopes = {row.key: row for row in connection.execute(select(t.scopes))}
        self.types = _ids(connection, t.types)
        self.policies = _ids(connection, t.policies)
        self._basis: dict[int, Any] = {}

    def basis(self, keys: set[int]) -> dict[int, Any]:
        missing = keys - self._basis.keys()
        if missing:
            for row in self._connection.execute(select(t.basis).where(one_of(t.basis.c.key, list(missing)))):
                self._basis[row.key] = (row, decode_json(row.parameters))
        return self._basis


def assessments(
    connection: Connection, filters: Filters, limit: int | None, after: str | None
) -> Iterator[AssessmentRow]:
    """By severity, policy, status, scope, and in the order in which resources were published."""
    want = wanted(connection, filters)
    names = Names(connection)
    start = _cursor(after, 5)
    rows = _assessment_rows(connection, want, start)
    for batch in batches(islice(rows, limit), FETCH):
        basis = names.basis({row.basis for _, row in batch})
        for severity, row in batch:
            cursor = _text([severity, names.policies[row.policy], row.status, row.scope, row.resource])
            provider = Provider(names.scopes[row.scope].provider)
            yield AssessmentRow(_assessment(row, names, basis), row.name, provider, cursor)


def _assessment_rows(
    connection: Connection, want: Wanted, start: Sequence[Any] | None
) -> Iterator[tuple[int, Row[Any]]]:
    for severity, id, policy in _policies(connection, want):
        if start and (severity, id) < (start[0], start[1]):
            continue
        here = start if start and (severity, id) == (start[0], start[1]) else None
        for status in want.statuses:
            if here and status < here[2]:
                continue
            place = (here[3], here[4]) if here and status == here[2] else None
            query = _page(want, policy, status, severity, place)
            for row in connection.execution_options(yield_per=FETCH).execute(query):
                yield severity, row


def _policies(connection: Connection, want: Wanted) -> list[tuple[int, str, int]]:
    """Severity, id and key of each policy that has something to show."""
    c = t.counts.c
    query = (
        select(c.severity, t.policies.c.id, c.policy)
        .join(t.policies, t.policies.c.key == c.policy)
        .where(*want.counted())
        .distinct()
    )
    return sorted((row.severity, row.id, row.policy) for row in connection.execute(query))


def _page(
    want: Wanted, policy: int, status: int, severity: int, place: tuple[int, int] | None
) -> Select[Any]:
    a, r = t.assessments.c, t.resources.c
    query = (
        select(t.assessments, r.id.label("resource_id"), r.type, r.region, r.name)
        .join(t.resources, r.key == a.resource)
        .where(a.policy == policy, a.status == status, a.severity == severity)
        .where(*want.assessed(), *want.headed())
        .order_by(a.scope, a.resource)
    )
    if want.scopes is not None:
        query = query.where(one_of(a.scope, want.scopes))
    if place:
        query = query.where(tuple_(a.scope, a.resource) > tuple_(*place))
    return query


def previous(connection: Connection, scope: str, type: str) -> Iterator[Assessment]:
    """The assessments of a type's resources in a scope, sorted by resource id and policy."""
    a, r = t.assessments.c, t.resources.c
    names = Names(connection)
    found = next((row for row in names.scopes.values() if row.id == scope), None)
    kind = next((key for key, name in names.types.items() if name == type), None)
    if found is None or kind is None:
        return
    query = (
        select(t.assessments, r.id.label("resource_id"), r.type, r.region, r.name)
        .join(t.assessments, a.resource == r.key)
        .where(r.scope == found.key, r.type == kind)
        .order_by(r.id, r.key, a.policy)
    )
    rows = connection.execution_options(yield_per=FETCH).execute(query)
    for batch in batches(rows, FETCH):
        basis = names.basis({row.basis for row in batch})
        for row in batch:
            yield _assessment(row, names, basis)


def resources(
    connection: Connection, filters: Filters, limit: int | None, after: str | None
) -> Iterator[ResourceRow]:
    """By scope, and in the order of type and id in it."""
    want, names, c = wanted(connection, filters), Names(connection), t.resources.c
    query = select(t.resources).where(*want.headed()).order_by(c.key)
    if want.scopes is not None:
        query = query.where(one_of(c.scope, want.scopes))
    if start := _cursor(after, 1):
        query = query.where(c.key > start[0])
    rows = connection.execution_options(yield_per=FETCH).execute(query.limit(limit))
    for batch in batches(rows, FETCH):
        tags = _tags(connection, [row.key for row in batch])
        for row in batch:
            yield _header(row, names, tags.get(row.key, {}))


def located(connection: Connection, id: str, filters: Filters) -> list[tuple[str, str, str, int | None]]:
    """Scope, scan, type and row of every resource that has an id."""
    want, c, s = wanted(connection, filters), t.resources.c, t.scopes.c
    query = (
        select(s.id, s.scan, t.types.c.id, c.row)
        .join(t.scopes, s.key == c.scope)
        .join(t.types, t.types.c.key == c.type)
        .where(c.id == id, *want.headed())
        .order_by(c.key)
    )
    if want.scopes is not None:
        query = query.where(one_of(c.scope, want.scopes))
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


FACETS = ("scope", "provider", "policy", "type", "region", "status", "severity", "exempt")


def facets(connection: Connection, by: str, filters: Filters) -> list[Facet]:
    """How many assessments there are of each value, the most first."""
    if by not in FACETS:
        raise UsageError(f"cannot count by {by!r}", f"one of {', '.join(FACETS)}")
    want, c = wanted(connection, filters), t.counts.c
    column = c.scope if by == "provider" else c[by]
    if want.only_counted:
        query = select(column, func.sum(c.n)).where(*want.counted()).group_by(column)
    else:
        query = _counted_one_by_one(want, by)
    return _named(connection, by, query)


def _counted_one_by_one(want: Wanted, by: str) -> Select[Any]:
    """For filters on single resources, which no count knows."""
    a, r = t.assessments.c, t.resources.c
    columns: dict[str, Any] = {
        "scope": a.scope,
        "provider": a.scope,
        "policy": a.policy,
        "type": r.type,
        "region": func.coalesce(r.region, ""),
        "status": a.status,
        "severity": a.severity,
        "exempt": a.exemption.is_not(None),
    }
    query = (
        select(columns[by], func.count())
        .join_from(t.assessments, t.resources, r.key == a.resource)
        .where(a.status.in_(want.statuses), *want.assessed(), *want.headed())
        .group_by(columns[by])
    )
    for column, keys in ((a.scope, want.scopes), (a.policy, want.policies)):
        if keys is not None:
            query = query.where(one_of(column, keys))
    return query


def inventory(connection: Connection, by: str, filters: Filters) -> list[Facet]:
    """How many resources there are of each type, scope, provider or region, the most first."""
    if by not in ("scope", "provider", "type", "region"):
        raise UsageError(f"cannot count resources by {by!r}", "one of scope, provider, type, region")
    want = wanted(connection, filters)
    if want.only_counted:
        c = t.inventory.c
        column: Any
        column, number = (c.scope if by == "provider" else c[by]), func.sum(c.n)
        regions = [] if want.regions is None else [c.region.in_(want.regions)]
        types = [] if want.types is None else [one_of(c.type, want.types)]
        query = select(column, number).where(*regions, *types).group_by(column)
        scope = c.scope
    else:
        r = t.resources.c
        column = func.coalesce(r.region, "") if by == "region" else r["scope" if by == "provider" else by]
        query = select(column, func.count()).where(r.row.is_not(None), *want.headed()).group_by(column)
        scope = r.scope
    if want.scopes is not None:
        query = query.where(one_of(scope, want.scopes))
    return _named(connection, by, query)


def coverage(connection: Connection, filters: Filters, outcomes: Sequence[Outcome]) -> Iterator[Coverage]:
    """The rows of the current snapshots, by scope and in the order in which they were made."""
    c, s = t.coverage.c, t.scopes.c
    want = wanted(connection, {k: v for k, v in filters.items() if k in ("scope", "provider")})  # type: ignore[arg-type]
    query = (
        select(s.id, t.coverage, c.count.label("number_of"))
        .join(t.scopes, s.key == c.scope)
        .order_by(c.scope, c.number)
    )
    if want.scopes is not None:
        query = query.where(one_of(c.scope, want.scopes))
    for name in ("type", "region"):
        value = filters.get(name)
        if value is not None:
            query = query.where(c[name].in_([value] if isinstance(value, str) else list(value)))  # type: ignore[call-overload]
    if outcomes:
        query = query.where(c.outcome.in_([outcome.value for outcome in outcomes]))
    for row in connection.execution_options(yield_per=FETCH).execute(query):
        yield Coverage(
            scope=row.id,
            region=row.region,
            type=row.type,
            call=row.call,
            outcome=Outcome(row.outcome),
            listing=row.listing,
            count=row.number_of,
            at=moment(row.at),
            cause=text_cause(row.cause),
        )


def scopes(connection: Connection) -> list[Scope]:
    rows = connection.execute(select(t.scopes).order_by(t.scopes.c.id))
    return [Scope(row.id, Provider(row.provider), row.kind, row.name, row.parent) for row in rows]


def _named(connection: Connection, by: str, query: Select[Any]) -> list[Facet]:
    """Counts with what their keys stand for, the most first."""
    names = Names(connection)
    labels: dict[str, Any] = {
        "scope": lambda key: names.scopes[key].id,
        "provider": lambda key: names.scopes[key].provider,
        "policy": names.policies.__getitem__,
        "type": names.types.__getitem__,
        "region": str,
        "status": lambda code: STATUSES[code].value,
        "severity": lambda code: SEVERITIES[code].value,
        "exempt": lambda value: "yes" if value else "no",
    }
    totals: dict[str, int] = {}
    for key, count in connection.execute(query):
        label = labels[by](key)
        totals[label] = totals.get(label, 0) + int(count)
    return [Facet(value, n) for value, n in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))]


def _assessment(row: Row[Any], names: Names, basis: dict[int, Any]) -> Assessment:
    made, parameters = basis[row.basis]
    last = None if row.last_at is None else LastKnown(STATUSES[row.last_status], moment(row.last_at))
    return Assessment(
        policy=made.policy,
        resource=row.resource_id,
        type=names.types[row.type],
        scope=names.scopes[row.scope].id,
        region=row.region,
        status=STATUSES[row.status],
        severity=SEVERITIES[row.severity],
        cause=text_cause(row.cause),
        since=moment(row.since),
        last_known=last,
        snapshot=made.snapshot,
        document_hash=digest_text(row.document_hash),
        policy_hash=made.policy_hash,
        parameters=parameters,
        engine=made.engine,
        evaluated_at=moment(row.evaluated_at),
        due=None if row.due is None else moment(row.due),
        exemption=row.exemption,
        key=digest_text(row.decided),
        restarted=row.restarted,
    )


def _header(row: Row[Any], names: Names, tags: dict[str, str]) -> ResourceRow:
    scope = names.scopes[row.scope]
    return ResourceRow(
        id=row.id,
        type=names.types[row.type],
        provider=Provider(scope.provider),
        scope=scope.id,
        region=row.region,
        name=row.name,
        tags=tags,
        source=None if row.file is None else Source(row.file, row.line),
        generation=row.generation,
        read=row.row is not None,
        cursor=_text([row.key]),
    )


def _tags(connection: Connection, keys: list[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for row in connection.execute(select(t.tags).where(one_of(t.tags.c.resource, keys))):
        found.setdefault(row.resource, {})[row.key] = row.value
    return found


def _ids(connection: Connection, table: Any) -> dict[int, str]:
    return {row.key: row.id for row in connection.execute(select(table.c.key, table.c.id))}


def _text(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _cursor(text: str | None, length: int) -> list[Any] | None:
    """The place that a cursor names; one that we did not make is a `UsageError`."""
    if not text:
        return None
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, msgspec.DecodeError) as error:
        raise UsageError(f"{text!r} is not a cursor of this list") from error
    if not isinstance(place, list) or len(place) != length:
        raise UsageError(f"{text!r} is not a cursor of this list")
    return place
