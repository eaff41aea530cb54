"""Which alerts somebody wants to see: filters, order, places of pages and counts, all in SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import reduce
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select

from cloudward.model import AlertSeverity, AlertState
from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json, micros
from cloudward.store.naming import AZURE
from cloudward.store.suppressions import FIELDS

SEVERITIES = (AlertSeverity.HIGH, AlertSeverity.MEDIUM, AlertSeverity.LOW, AlertSeverity.INFORMATIONAL)
"""In the order in which people want to see them; the table has the place."""
FACETS = ("severity", "state", "scope", "detection", "source", "sample", "tactic")
"""What alerts are counted by."""
THINGS = ("resource", "workload", "host")
"""Kinds of what an alert names that may be in the inventory."""


class AlertFilters(TypedDict, total=False):
    """Several values of one are alternatives; None is any, an empty list matches nothing."""

    id: Collection[str] | None
    state: Collection[AlertState] | None
    severity: Collection[AlertSeverity] | None
    detection: Collection[str] | None
    source: Collection[str] | None
    suppression: Collection[str] | None
    scope: Collection[str] | None
    """Just these; a scope does not stand for what is below it."""
    visible: Collection[str] | None
    """As `scope`, and both hold."""
    tactic: Collection[str] | None
    """MITRE ATT&CK tactic ids."""
    entity: Collection[str] | None
    """Whole values of things that it names."""
    within: str | None
    """Just this scope, whatever the others say."""
    about: Collection[str] | None
    """Texts that it calls a resource by, in any case where they are ids of Azure."""
    search: str | None
    """Part of the title, the id, or a thing that it names, in any case."""
    since: datetime | None
    """Seen then or later."""
    until: datetime | None
    """Begun before then."""
    sample: bool | None


def asked(filters: AlertFilters) -> list[ColumnElement[bool]]:
    """The filters as conditions."""
    c = t.alerts.c
    values: dict[ColumnElement[Any], Collection[Any] | None] = {
        c.id: filters.get("id"),
        c.detection: filters.get("detection"),
        c.source: filters.get("source"),
        c.suppression: filters.get("suppression"),
    }
    found: list[ColumnElement[bool]] = [
        column.in_(some) for column, some in values.items() if some is not None
    ]
    found += [
        c.scope.in_(some) for some in (filters.get("scope"), filters.get("visible")) if some is not None
    ]
    if (within := filters.get("within")) is not None:
        found.append(c.scope == within)
    if (states := filters.get("state")) is not None:
        found.append(c.state.in_([each.value for each in states]))
    if (severities := filters.get("severity")) is not None:
        found.append(c.severity.in_([SEVERITIES.index(each) for each in severities]))
    if (since := filters.get("since")) is not None:
        found.append(c.last >= micros(since))
    if (until := filters.get("until")) is not None:
        found.append(c.first < micros(until))
    if (sample := filters.get("sample")) is not None:
        found.append(c.sample.is_(sample))
    return [*found, *_texts(filters)]


def _texts(filters: AlertFilters) -> list[ColumnElement[bool]]:
    """On the columns that hold JSON: a quote inside a value is escaped there, and is no end."""
    c = t.alerts.c
    found: list[ColumnElement[bool]] = []
    if (tactics := filters.get("tactic")) is not None:
        found.append(or_(false(), *(c.tactics.contains(_json(each), autoescape=True) for each in tactics)))
    if (entities := filters.get("entity")) is not None:
        found.append(
            or_(false(), *(c.entities.contains(f",{_json(each)}]", autoescape=True) for each in entities))
        )
    if (called := filters.get("about")) is not None:
        found.append(or_(false(), *(each for text in called for each in _called(text))))
    if search := filters.get("search"):
        text = _json(search)[1:-1]
        found.append(
            or_(
                c.title.icontains(search, autoescape=True),
                c.id.startswith(search, autoescape=True),
                _values(c.entities).icontains(text, autoescape=True),
            )
        )
    return found


def _called(text: str) -> Iterator[ColumnElement[bool]]:
    c, azure = t.alerts.c, text.lower().startswith(AZURE)
    yield func.lower(c.resource) == text.lower() if azure else c.resource == text
    for kind in THINGS:
        pair = f"[{_json(kind)},{_json(text)}]"
        found = c.entities.icontains if azure else c.entities.contains
        yield found(pair, autoescape=True)


def _json(text: str) -> str:
    return encode_json(text).decode()


def _values(entities: ColumnElement[str]) -> ColumnElement[str]:
    """The entities without the names of their kinds, which nobody looks for."""
    return reduce(lambda text, kind: func.replace(text, f'["{kind}",', "["), FIELDS, entities)


def listed(
    filters: AlertFilters, limit: int | None = None, after: Sequence[Any] | None = None
) -> Select[Any]:
    """The most severe first, then the latest; `after` is the `place` of the row before."""
    c = t.alerts.c
    query = select(t.alerts).where(*asked(filters)).order_by(c.severity, c.last.desc(), c.id).limit(limit)
    if after is None:
        return query
    severity, last, id = after
    behind = or_(c.last < last, and_(c.last == last, c.id > id))
    return query.where(or_(c.severity > severity, and_(c.severity == severity, behind)))


def count(connection: Connection, filters: AlertFilters) -> int:
    """How many there are."""
    return connection.scalar(select(func.count()).select_from(t.alerts).where(*asked(filters))) or 0


def counted(connection: Connection, by: str, filters: AlertFilters) -> list[tuple[str, int]]:
    """A value of one of `FACETS` and how many have it, under all filters but this one; the most first."""
    own: AlertFilters = {**filters, by: None}  # type: ignore[misc]
    column = t.alerts.c["tactics" if by == "tactic" else by]
    rows = connection.execute(select(column, func.count()).where(*asked(own)).group_by(column))
    found: Counter[str] = Counter()
    for value, number in rows:
        for each in _named(by, value):
            found[each] += number
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def _named(by: str, value: Any) -> list[str]:
    """The values of a facet as filters say them; an alert has several tactics, or none."""
    if by == "severity":
        return [SEVERITIES[value].value]
    if by == "sample":
        return ["true" if value else "false"]
    return list(decode_json(value)) if by == "tactic" else [value]
