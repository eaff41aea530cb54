"""Which incidents somebody wants to see: filters, order, places of pages and counts, all in SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select

from cloudward.model import AlertSeverity, AlertState
from cloudward.store import alertlist
from cloudward.store import tables as t
from cloudward.store.alertlist import SEVERITIES, AlertFilters
from cloudward.store.encoding import decode_json, encode_json, micros

FACETS = ("severity", "state", "scope", "source", "tactic", "owner")
"""What incidents are counted by."""


class IncidentFilters(TypedDict, total=False):
    """Several values of one are alternatives; None is any, an empty list matches nothing."""

    id: Collection[str] | None
    state: Collection[AlertState] | None
    severity: Collection[AlertSeverity] | None
    owner: Collection[str] | None
    """Empty text for nobody's."""
    tactic: Collection[str] | None
    scope: Collection[str] | None
    """One of its alerts is in one of these."""
    visible: Collection[str] | None
    """As `scope`, and both hold."""
    source: Collection[str] | None
    """One of its alerts is of such a log."""
    detection: Collection[str] | None
    entity: Collection[str] | None
    """Whole values of things that one of its alerts names."""
    search: str | None
    """Part of its title or of what an alert of it names, in any case; or the beginning of its id."""
    since: datetime | None
    until: datetime | None


MEMBERS = ("scope", "source", "detection", "entity")
"""Filters on the alerts of an incident."""


def asked(filters: IncidentFilters) -> list[ColumnElement[bool]]:
    """The filters as conditions; what was merged into another one is not there."""
    c = t.incidents.c
    found: list[ColumnElement[bool]] = [c.merged_into == ""]
    if (ids := filters.get("id")) is not None:
        found.append(c.id.in_(ids))
    if (owners := filters.get("owner")) is not None:
        found.append(c.owner.in_(owners))
    if (states := filters.get("state")) is not None:
        found.append(c.state.in_([each.value for each in states]))
    if (severities := filters.get("severity")) is not None:
        found.append(c.severity.in_([SEVERITIES.index(each) for each in severities]))
    if (tactics := filters.get("tactic")) is not None:
        texts = (encode_json(each).decode() for each in tactics)
        found.append(or_(false(), *(c.tactics.contains(text, autoescape=True) for text in texts)))
    if (since := filters.get("since")) is not None:
        found.append(c.last >= micros(since))
    if (until := filters.get("until")) is not None:
        found.append(c.first < micros(until))
    return [*found, *_members(filters)]


def _members(filters: IncidentFilters) -> list[ColumnElement[bool]]:
    c, visible = t.incidents.c, filters.get("visible")
    wanted: list[AlertFilters] = [{"visible": visible}] if visible is not None else []
    wanted += [
        {"visible": visible, name: values}  # type: ignore[misc]
        for name in MEMBERS
        if (values := filters.get(name)) is not None
    ]
    found: list[ColumnElement[bool]] = [c.id.in_(_with(each)) for each in wanted]
    if search := filters.get("search"):
        inside = c.id.in_(_with({"visible": visible, "search": search}))
        own = or_(c.title.icontains(search, autoescape=True), c.id.startswith(search, autoescape=True))
        found.append(or_(own, inside))
    return found


def _with(filters: AlertFilters) -> Select[Any]:
    """The incidents that have such an alert."""
    m = t.incident_alerts.c
    query = select(m.incident).join(t.alerts, t.alerts.c.id == m.alert)
    return query.where(*alertlist.asked(filters))


def listed(
    filters: IncidentFilters, limit: int | None = None, after: Sequence[Any] | None = None
) -> Select[Any]:
    """The most severe first, then the latest; `after` is the `place` of the row before."""
    c = t.incidents.c
    query = select(t.incidents).where(*asked(filters)).order_by(c.severity, c.last.desc(), c.id).limit(limit)
    if after is None:
        return query
    severity, last, id = after
    behind = or_(c.last < last, and_(c.last == last, c.id > id))
    return query.where(or_(c.severity > severity, and_(c.severity == severity, behind)))


def count(connection: Connection, filters: IncidentFilters) -> int:
    """How many there are."""
    return connection.scalar(select(func.count()).select_from(t.incidents).where(*asked(filters))) or 0


def counted(connection: Connection, by: str, filters: IncidentFilters) -> list[tuple[str, int]]:
    """A value of one of `FACETS` and how many have it, under all filters but this one; the most first."""
    own: IncidentFilters = {**filters, by: None}  # type: ignore[misc]
    found: Counter[str] = Counter()
    for value, number in connection.execute(_grouped(by, own)):
        for each in _named(by, value):
            found[each] += number
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def _grouped(by: str, filters: IncidentFilters) -> Select[Any]:
    c, m, a = t.incidents.c, t.incident_alerts.c, t.alerts.c
    if by not in ("scope", "source"):
        column = c["tactics" if by == "tactic" else by]
        return select(column, func.count()).where(*asked(filters)).group_by(column)
    query = (
        select(a[by], func.count(c.id.distinct()))
        .join_from(t.incidents, t.incident_alerts, m.incident == c.id)
        .join(t.alerts, a.id == m.alert)
        .where(*asked(filters))
        .group_by(a[by])
    )
    return query if (seen := filters.get("visible")) is None else query.where(a.scope.in_(seen))


def _named(by: str, value: Any) -> list[str]:
    if by == "severity":
        return [SEVERITIES[value].value]
    return list(decode_json(value)) if by == "tactic" else [value]
