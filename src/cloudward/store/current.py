"""Reading the current tables: pages, facets and what is kept of a resource."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from operator import add, attrgetter
from typing import Any, Self

import msgspec
from sqlalchemy import Connection, Row, Select, Table, func, select, tuple_

from cloudward.errors import UsageError
from cloudward.model import (
    Assessment,
    Coverage,
    LastKnown,
    Outcome,
    Provider,
    Scope,
    ScopeState,
    Source,
    Status,
)
from cloudward.store import tables as t
from cloudward.store.atlas import kept
from cloudward.store.encoding import (
    SEVERITIES,
    STATUS_CODE,
    STATUSES,
    batches,
    decode_json,
    digest_text,
    moment,
    text_cause,
)
from cloudward.store.filters import Filters, Many, Wanted, one_of, wanted
from cloudward.store.sums import FEW, Sums, parts

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
    key: int
    """Of its row, until the next publication of its scope."""


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
    """Keys to what they stand for, each looked up once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.scopes: dict[int, Any] = {}
        self.types: dict[int, str] = {}
        self.policies: dict[int, str] = {}
        self.basis: dict[int, tuple[Any, Any]] = {}

    def of(self, rows: Sequence[Row[Any]]) -> Self:
        """Look up what rows of resources or assessments name."""
        self.learn_scopes({row.scope for row in rows})
        self.learn_types({row.type for row in rows})
        return self

    def made(self, rows: Sequence[Row[Any]]) -> Self:
        """Look up what rows of assessments were made with."""
        self.learn_policies({row.policy for row in rows})
        for row in self._rows(t.basis, {row.basis for row in rows} - self.basis.keys()):
            self.basis[row.key] = (row, decode_json(row.parameters))
        return self.of(rows)

    def learn_scopes(self, keys: set[int]) -> None:
        every = kept(self._connection, _scopes) if keys - self.scopes.keys() else {}
        self.scopes.update({key: every[key] for key in keys if key in every})

    def learn_types(self, keys: set[int]) -> None:
        self.types.update({row.key: row.id for row in self._rows(t.types, keys - self.types.keys())})

    def learn_policies(self, keys: set[int]) -> None:
        self.policies.update({row.key: row.id for row in self._rows(t.policies, keys - self.policies.keys())})

    def _rows(self, table: Table, keys: set[int]) -> Sequence[Row[Any]]:
        if not keys:
            return ()
        return self._connection.execute(select(table).where(one_of(table.c.key, list(keys)))).all()


def assessments(
    connection: Connection, filters: Filters, limit: int | None, after: str | None
) -> Iterator[AssessmentRow]:
    """By severity, policy, status, scope, and in the order in which resources were published."""
    want = wanted(connection, filters)
    names = Names(connection)
    start = _cursor(after, 5)
    find = _by_policy if want.resources is None else _by_resource
    if limit is None:
        connection.execution_options(yield_per=FETCH)
    for batch in batches(islice(find(connection, want, start, limit), limit), FETCH):
        names.made(batch)
        for row in batch:
            place = [row.severity, names.policies[row.policy], row.status, row.scope, row.resource]
            provider = Provider(names.scopes[row.scope].provider)
            yield AssessmentRow(_assessment(row, names), row.name, provider, _text(place))


def _by_policy(
    connection: Connection, want: Wanted, start: Sequence[Any] | None, limit: int | None
) -> Iterator[Row[Any]]:
    """Each policy's pages in turn: one range of an index each."""
    for severity, id, status, policy in _policies(connection, want):
        if start and (severity, id, status) < (start[0], start[1], start[2]):
            continue
        here = start is not None and (severity, id, status) == (start[0], start[1], start[2])
        place = (start[3], start[4]) if start and here else None
        with connection.execute(_page(want, policy, status, severity, place).limit(limit)) as rows:
            yield from rows


def _by_resource(
    connection: Connection, want: Wanted, start: Sequence[Any] | None, limit: int | None
) -> Iterator[Row[Any]]:
    a, p = t.assessments.c, t.policies.c
    place = (a.severity, p.id, a.status, a.scope, a.resource)
    query = (
        _SELECTED.join(t.policies, p.key == a.policy)
        .where(a.status.in_(want.statuses), *want.assessed(), *want.headed())
        .order_by(*place)
    )
    for column, keys in ((a.scope, want.scopes), (a.policy, want.policies)):
        if keys is not None:
            query = query.where(one_of(column, keys))
    if start:
        query = query.where(tuple_(*place) > tuple_(*start))
    with connection.execute(query.limit(limit)) as rows:
        yield from rows


def _policies(connection: Connection, want: Wanted) -> list[tuple[int, str, int, int]]:
    """Severity, policy's id, status and policy's key of each list that may have something to show."""
    c = t.counts.c
    if want.places is not None and len(want.places) > FEW:
        want = want.within(None)
    query = (
        select(c.severity, t.policies.c.id, c.status, c.policy)
        .join(t.policies, t.policies.c.key == c.policy)
        .where(*want.counted("policy"))
        .distinct()
    )
    return sorted((row.severity, row.id, row.status, row.policy) for row in connection.execute(query))


_SELECTED = select(
    t.assessments,
    t.resources.c.id.label("resource_id"),
    t.resources.c.type,
    t.resources.c.region,
    t.resources.c.name,
).join(t.resources, t.resources.c.key == t.assessments.c.resource)


def _page(
    want: Wanted, policy: int, status: int, severity: int, place: tuple[int, int] | None
) -> Select[Any]:
    a = t.assessments.c
    query = (
        _SELECTED.where(a.policy == policy, a.status == status, a.severity == severity)
        .where(*want.assessed(), *want.headed())
        .order_by(a.scope, a.resource)
    )
    if want.scopes is not None:
        query = query.where(one_of(a.scope, want.scopes))
    if place:
        query = query.where(tuple_(a.scope, a.resource) > tuple_(*place))
    return query


def previous(connection: Connection, scope: str, type: str) -> Iterator[Assessment]:
    """The assessments of a type's resources in a scope, sorted by resource id."""
    a, r = t.assessments.c, t.resources.c
    found = connection.scalar(select(t.scopes.c.key).where(t.scopes.c.id == scope))
    kind = connection.scalar(select(t.types.c.key).where(t.types.c.id == type))
    if found is None or kind is None:
        return
    names = Names(connection)
    query = _SELECTED.where(r.scope == found, r.type == kind).order_by(r.id, r.key, a.policy)
    rows = connection.execution_options(yield_per=FETCH).execute(query)
    for batch in batches(rows, FETCH):
        names.made(batch)
        for row in batch:
            yield _assessment(row, names)


def resources(
    connection: Connection, filters: Filters, limit: int | None, after: str | None
) -> Iterator[ResourceRow]:
    """By scope, and in the order of type and id in it."""
    want, names, c = wanted(connection, filters), Names(connection), t.resources.c
    start = _cursor(after, 1)
    query, place = select(t.resources).where(*want.headed()), c.key
    valued = next((tag.partition("=") for tag in want.tags if "=" in tag), None)
    if valued:  # this index holds resources in order: a rare tag is found without looking at the others
        tagged = t.tags.alias()
        place = tagged.c.resource
        query = query.join(tagged, place == c.key)
        query = query.where(tagged.c.key == valued[0], tagged.c.value == valued[2])
    if want.scopes is not None and want.types is None:
        # in order of key: with the index of scopes all their resources would be sorted for one page
        query = query.where(place.between(*want.span), one_of(c.scope + 0, want.scopes))
    elif want.scopes is not None:
        query = query.where(one_of(c.scope, want.scopes))
    if start:
        query = query.where(place > start[0])
    query = query.order_by(place)
    rows = connection.execution_options(yield_per=FETCH).execute(query.limit(limit))
    for batch in batches(rows, FETCH):
        tags = _tags(connection, [row.key for row in batch])
        names.of(batch)
        for row in batch:
            yield _header(row, names, tags.get(row.key, {}))


def unhealthy(connection: Connection, resources: Sequence[int]) -> dict[int, Counter[str]]:
    """Key of a resource -> its unhealthy assessments by severity, without those that are exempt."""
    a = t.assessments.c
    columns = (a.resource, a.severity)
    query = (
        select(*columns, func.count())
        .where(one_of(a.resource, resources), a.status == STATUS_CODE[Status.UNHEALTHY])
        .where(a.exemption.is_(None))
        .group_by(*columns)
    )
    found: dict[int, Counter[str]] = {key: Counter() for key in resources}
    for resource, severity, count in connection.execute(query):
        found[resource][SEVERITIES[severity].value] = count
    return found


def standing(
    connection: Connection, policies: Sequence[str] | None, scopes: Many, sums: Sums
) -> dict[str, tuple[datetime, datetime]]:
    """Policy -> since when the first and the last of its unhealthy resources are so, exempt ones left out."""
    want = wanted(connection, {"scope": scopes, "policy": policies})
    c, p = t.standing.c, t.policies.c

    def ask(some: Wanted, apart: bool) -> Iterator[tuple[int, tuple[str], tuple[int, int]]]:
        columns = [*parts(c.scope, apart), p.id]
        query = (
            select(*columns, func.min(c.oldest), func.max(c.newest))
            .join_from(t.standing, t.policies, p.key == c.policy)
            .where(*some.counted_scopes(c.scope, apart=False))
            .group_by(*columns)
        )
        if some.policies is not None:
            query = query.where(one_of(c.policy, some.policies))
        for *values, id, first, last in connection.execute(query):
            yield (values[0] if apart else 0), (id,), (first, last)

    found = sums.over(want, "standing", ask, lambda a, b: (min(a[0], b[0]), max(a[1], b[1])))
    return {id: (moment(first), moment(last)) for (id,), (first, last) in found.items()}


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


def facets(connection: Connection, by: str, filters: Filters, sums: Sums) -> list[Facet]:
    """How many assessments there are of each value, the most first."""
    totals: Counter[str] = Counter()
    for (value,), count in counted(connection, [by], filters, sums):
        totals[value] += count
    return [Facet(value, n) for value, n in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))]


def counted(
    connection: Connection, by: Sequence[str], filters: Filters, sums: Sums
) -> list[tuple[tuple[str, ...], int]]:
    """How many assessments there are of each combination of values; one may occur twice (`provider`)."""
    for name in by:
        if name not in FACETS:
            raise UsageError(f"cannot count by {name!r}", f"one of {', '.join(FACETS)}")
    want = wanted(connection, filters)
    kept = ["scope" if name == "provider" else name for name in by]
    if want.only_counted:
        rows = [*sums.counted(connection, want, kept).items()]
    else:
        found = connection.execute(_counted_one_by_one(want, kept))
        rows = [(tuple(row[:-1]), int(row[-1])) for row in found]
    names = Names(connection)
    labels = [_label(name, names, {row[n] for row, _ in rows}) for n, name in enumerate(by)]
    return [
        (tuple(label(key) for label, key in zip(labels, keys, strict=True)), count) for keys, count in rows
    ]


def _counted_one_by_one(want: Wanted, by: Sequence[str]) -> Select[Any]:
    """For filters on single resources, which no count knows."""
    a, r = t.assessments.c, t.resources.c
    columns: dict[str, Any] = {
        "scope": a.scope,
        "policy": a.policy,
        "type": r.type,
        "region": func.coalesce(r.region, ""),
        "status": a.status,
        "severity": a.severity,
        "exempt": a.exemption.is_not(None),
    }
    chosen = [columns[name] for name in by]
    query = (
        select(*chosen, func.count())
        .join_from(t.assessments, t.resources, r.key == a.resource)
        .where(a.status.in_(want.statuses), *want.assessed(), *want.headed())
        .group_by(*chosen)
    )
    for column, keys in ((a.scope, want.scopes), (a.policy, want.policies)):
        if keys is not None:
            query = query.where(one_of(column, keys))
    return query


def inventory(connection: Connection, by: str, filters: Filters, sums: Sums) -> list[Facet]:
    """How many resources there are of each type, scope, provider or region, the most first."""
    if by not in ("scope", "provider", "type", "region"):
        raise UsageError(f"cannot count resources by {by!r}", "one of scope, provider, type, region")
    want = wanted(connection, filters)
    apart = by in ("scope", "provider")
    if want.only_counted:
        return _named(connection, by, _counted_inventory(connection, want, "scope" if apart else by, sums))
    r = t.resources.c
    column: Any = r.scope if apart else func.coalesce(r.region, "") if by == "region" else r.type
    query = select(column, func.count()).where(r.row.is_not(None), *want.headed()).group_by(column)
    if want.scopes is not None:
        query = query.where(one_of(r.scope, want.scopes))
    return _named(connection, by, [(row[0], row[1]) for row in connection.execute(query)])


def _counted_inventory(connection: Connection, want: Wanted, by: str, sums: Sums) -> list[tuple[Any, int]]:
    c = t.inventory.c
    regions = [] if want.regions is None else [c.region.in_(want.regions)]
    types = [] if want.types is None else [one_of(c.type, want.types)]

    def ask(some: Wanted, apart: bool) -> Iterator[tuple[int, tuple[Any], int]]:
        columns = [*parts(c.scope, apart), c[by]]
        places = some.counted_scopes(c.scope, by == "scope")
        query = select(*columns, func.sum(c.n)).where(*places, *regions, *types).group_by(*columns)
        for *values, key, n in connection.execute(query):
            yield (values[0] if apart else 0), (key,), int(n)

    found = sums.over(want, None if by == "scope" else ("inventory", by), ask, add)
    return [(key, n) for (key,), n in found.items()]


def coverage(connection: Connection, filters: Filters, outcomes: Sequence[Outcome]) -> Iterator[Coverage]:
    """The rows of the current snapshots, by scope and in the order in which they were made."""
    query = _covered(connection, filters, outcomes)
    for row in connection.execution_options(yield_per=FETCH).execute(query):
        yield _coverage(row)


def covered(
    connection: Connection,
    filters: Filters,
    outcomes: Sequence[Outcome],
    limit: int,
    after: Sequence[int] | None,
) -> Iterator[tuple[Coverage, tuple[int, int]]]:
    """The same as pages, each row with its place."""
    c = t.coverage.c
    query = _covered(connection, filters, outcomes).limit(limit)
    if after is not None:
        query = query.where(tuple_(c.scope, c.number) > tuple_(*after))
    for row in connection.execute(query):
        yield _coverage(row), (row.scope, row.number)


def covered_count(connection: Connection, filters: Filters, outcomes: Sequence[Outcome]) -> int:
    """How many rows there are."""
    rows = _covered(connection, filters, outcomes).order_by(None).subquery()
    return connection.scalar(select(func.count()).select_from(rows)) or 0


def _covered(connection: Connection, filters: Filters, outcomes: Sequence[Outcome]) -> Select[Any]:
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
    return query


def _coverage(row: Row[Any]) -> Coverage:
    return Coverage(
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
    return [*kept(connection, _listed)]


def _listed(connection: Connection) -> list[Scope]:
    return [
        Scope(row.id, Provider(row.provider), row.kind, row.name, row.parent, ScopeState(row.state))
        for row in sorted(_scopes(connection).values(), key=attrgetter("id"))
    ]


def _scopes(connection: Connection) -> dict[int, Row[Any]]:
    return {row.key: row for row in connection.execute(select(t.scopes))}


def _named(connection: Connection, by: str, rows: Sequence[tuple[Any, int]]) -> list[Facet]:
    """Counts with what their keys stand for, the most first."""
    label = _label(by, Names(connection), {key for key, _ in rows})
    totals: Counter[str] = Counter()
    for key, count in rows:
        totals[label(key)] += count
    return [Facet(value, n) for value, n in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))]


def _label(by: str, names: Names, keys: set[Any]) -> Callable[[Any], str]:
    if by in ("scope", "provider"):
        names.learn_scopes(keys)
        return lambda key: str(names.scopes[key].id if by == "scope" else names.scopes[key].provider)
    if by == "policy":
        names.learn_policies(keys)
        return names.policies.__getitem__
    if by == "type":
        names.learn_types(keys)
        return names.types.__getitem__
    if by == "exempt":
        return lambda value: "yes" if value else "no"
    codes: Sequence[StrEnum] = STATUSES if by == "status" else SEVERITIES
    return str if by == "region" else lambda code: codes[code].value


def _assessment(row: Row[Any], names: Names) -> Assessment:
    made, parameters = names.basis[row.basis]
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
        key=row.key,
    )


def _tags(connection: Connection, keys: list[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for row in connection.execute(select(t.tags).where(one_of(t.tags.c.resource, keys))):
        found.setdefault(row.resource, {})[row.key] = row.value
    return found


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
