"""Alerts, the events that they are made of, and suppressions.

An alert that is kept again grows: its events are counted by their ids, so that reading the same files twice
counts them once. What people decided of it (state, reason) stays; only a later word of the product that
raised it changes that (`originals`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from cloudward.errors import UsageError, near
from cloudward.model import Alert, AlertSeverity, AlertState, Entity, Evidence, Original, Suppression
from cloudward.store import alertlist, correlations, originals, revisions, suppressions
from cloudward.store import tables as t
from cloudward.store.alertlist import SEVERITIES, THINGS, AlertFilters
from cloudward.store.correlations import Memory
from cloudward.store.database import Database
from cloudward.store.encoding import decode_json, encode_json, micros, moment
from cloudward.store.naming import Called

KEPT = 20
"""So many events of an alert are kept whole, the earliest."""
COUNTED = 1000
"""So many are counted by their ids; beyond, an alert has at least so many."""
OPEN = (AlertState.ACTIVE, AlertState.IN_PROGRESS)
LISTS = ("tactics", "techniques", "alert_types", "reasons")
"""Fields that are lists of texts."""
PAGE = 500
REASONS = 20
"""So many reasons does an alert give."""

Found = tuple[Alert, Collection[str], Collection[Evidence]]
"""An alert, the ids of its events, and those that are at hand."""


class Alerts:
    """The alerts of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, found: Iterable[Found], changed: Memory | None = None) -> tuple[int, int]:
        """Keep alerts with the ids of their events and the events themselves; gives (new, grown).

        What correlations remember of the same events is kept with them, or neither is.
        """
        new = grown = 0
        with self._database.write() as connection:
            rules = suppressions.every(connection)
            for part in _parts(found):
                kept = _keep(connection, part, rules)
                new, grown = new + kept[0], grown + kept[1]
            if changed is not None:
                correlations.keep(connection, changed)
        return new, grown

    def remembered(self) -> Memory:
        """What correlations remember."""
        with self._database.read() as connection:
            return correlations.every(connection)

    def every(
        self,
        *,
        id: str = "",
        states: Collection[AlertState] = (),
        severities: Collection[AlertSeverity] = (),
        detection: str = "",
        scope: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        samples: bool = True,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Alert]:
        """The most severe first, then the latest."""
        filters: AlertFilters = {
            "id": [id] if id else None,
            "state": states or None,
            "severity": severities or None,
            "detection": [detection] if detection else None,
            "scope": [scope] if scope else None,
            "since": since,
            "until": until,
            "sample": None if samples else False,
        }
        with self._database.read() as connection:
            query = alertlist.listed(filters, limit).offset(offset or None)
            return [told(row) for row in connection.execute(query)]

    def named(self, ids: Iterable[str]) -> list[Alert]:
        """Those of these that are kept."""
        waiting, found = list(ids), []
        with self._database.read() as connection:
            for start in range(0, len(waiting), PAGE):
                query = alertlist.listed({"id": waiting[start : start + PAGE]}, None)
                found += [told(row) for row in connection.execute(query)]
        return found

    def page(self, filters: AlertFilters, limit: int, after: Sequence[Any] | None) -> tuple[list[Alert], int]:
        """Alerts behind the `place` of the one before, and how many there are in all."""
        with self._database.read() as connection:
            rows = connection.execute(alertlist.listed(filters, limit, after))
            return [told(row) for row in rows], alertlist.count(connection, filters)

    def counted(self, by: Iterable[str], filters: AlertFilters) -> dict[str, list[tuple[str, int]]]:
        """Each of these of `alertlist.FACETS` -> its values and how many alerts have them."""
        with self._database.read() as connection:
            return {each: alertlist.counted(connection, each, filters) for each in by}

    def one(self, id: str) -> Alert:
        """An alert by its id, or by a beginning that no other has; else a `UsageError`."""
        c = t.alerts.c
        with self._database.read() as connection:
            rows = list(
                connection.execute(select(t.alerts).where(c.id.startswith(id, autoescape=True)).limit(2))
            )
            if len(rows) == 1:
                return told(rows[0])
            names = [row.id for row in connection.execute(select(c.id).limit(PAGE))]
        if rows:
            raise UsageError(f"{id!r} is the beginning of several alerts", "give more of it")
        raise UsageError(f"there is no alert {id!r}{near(id, names)}", "cloudward alerts lists them")

    def latest(self) -> datetime | None:
        """When the last event of an alert happened; samples do not count."""
        c = t.alerts.c
        with self._database.read() as connection:
            found = connection.scalar(select(func.max(c.last)).where(c.sample.is_(False)))
            return None if found is None else moment(found)

    def evidence(self, id: str) -> list[Evidence]:
        """The events of an alert that are kept, the earliest first."""
        c = t.alert_events.c
        query = select(t.alert_events).where(c.alert == id, c.document.is_not(None)).order_by(c.at, c.event)
        with self._database.read() as connection:
            return [
                Evidence(row.event, row.source, moment(row.at), decode_json(row.document), row.file, row.line)
                for row in connection.execute(query)
            ]

    def change(
        self,
        id: str,
        state: AlertState,
        by: str,
        at: datetime,
        reason: str = "",
        expected: str | None = None,
    ) -> Alert:
        """Give an alert another state. To dismiss one needs a reason.

        `expected` is the `version` of what was decided when it was read; another one is a `StaleError`.
        """
        return self.change_all([self.one(id).id], state, by, at, reason, expected)[0]

    def change_all(
        self,
        ids: Iterable[str],
        state: AlertState,
        by: str,
        at: datetime,
        reason: str = "",
        expected: str | None = None,
    ) -> list[Alert]:
        """Give alerts another state, all of them or none."""
        if state is AlertState.DISMISSED and not reason.strip():
            raise UsageError("why is it dismissed?", "give a reason")
        after = []
        with self._database.write() as connection:
            for id in ids:
                before = one(connection, id)
                revisions.expect(before and decided(before), expected, "alert", id)
                if before is None:
                    raise UsageError(f"there is no alert {id!r}")
                made = replace(
                    before, state=state, state_by=by, state_at=at, state_reason=reason, suppression=""
                )
                _replace(connection, made)
                revisions.note(connection, by, "alert", id, decided(before), decided(made))
                after.append(made)
        return after

    def counts(self) -> dict[tuple[AlertSeverity, AlertState], int]:
        """How many alerts there are, without samples."""
        c = t.alerts.c
        query = (
            select(c.severity, c.state, func.count()).where(c.sample.is_(False)).group_by(c.severity, c.state)
        )
        with self._database.read() as connection:
            return {(SEVERITIES[row[0]], AlertState(row[1])): row[2] for row in connection.execute(query)}

    def add_samples(self, found: Iterable[Alert], by: str, scope: str = "") -> int:
        """Keep samples; gives how many are new. Those that are there already stay as they are."""
        with self._database.write() as connection:
            parts = _parts((each, (), ()) for each in found)
            new = sum(_keep(connection, part, ())[0] for part in parts)
            revisions.note(connection, by, "samples", scope, None, Samples(scope, new))
        return new

    def remove_samples(self, by: str = "cloudward", scopes: Collection[str] | None = None) -> int:
        """Forget the samples of these scopes, or all of them."""
        c = t.alerts.c
        which = c.sample.is_(True) if scopes is None else c.sample.is_(True) & c.scope.in_(scopes)
        with self._database.write() as connection:
            found = list(connection.scalars(select(c.id).where(which)))
            for start in range(0, len(found), PAGE):
                ids = found[start : start + PAGE]
                connection.execute(delete(t.incident_alerts).where(t.incident_alerts.c.alert.in_(ids)))
                connection.execute(delete(t.alert_events).where(t.alert_events.c.alert.in_(ids)))
                connection.execute(delete(t.alerts).where(c.id.in_(ids)))
            if found:
                revisions.note(connection, by, "samples", "", Samples("", len(found)), None)
        return len(found)

    def suppressions(self) -> list[Suppression]:
        """The oldest first, with those that ended."""
        with self._database.read() as connection:
            return suppressions.every(connection)

    def hidden(self) -> dict[str, int]:
        """Suppression -> how many alerts it dismissed."""
        c = t.alerts.c
        query = select(c.suppression, func.count()).where(c.suppression != "").group_by(c.suppression)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def suppress(self, rule: Suppression) -> None:
        """Keep a suppression; it dismisses alerts to come."""
        with self._database.write() as connection:
            suppressions.keep(connection, rule)

    def unsuppress(self, id: str, by: str) -> None:
        """Take a suppression back. What it dismissed stays dismissed."""
        with self._database.write() as connection:
            suppressions.forget(connection, id, by)

    def preview(self, rule: Suppression, since: datetime) -> Iterator[tuple[Alert, bool]]:
        """The alerts since then that the suppression is about, and whether it would have hidden each.

        It hides none that names who made it.
        """
        for alert in self.every(since=since, samples=False, detection=rule.detection, scope=rule.scope):
            if suppressions.fits(rule, alert):
                yield alert, not suppressions.names_maker(rule, alert)


@dataclass(frozen=True, slots=True)
class Samples:
    """Sample alerts that somebody made or removed."""

    scope: str
    count: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What people decided of an alert; what it grows by leaves it as it is."""

    scope: str
    state: AlertState
    by: str
    at: datetime | None
    reason: str
    suppression: str


def decided(alert: Alert) -> Decided:
    """What people decided of it."""
    return Decided(
        alert.scope, alert.state, alert.state_by, alert.state_at, alert.state_reason, alert.suppression
    )


def names(alert: Alert) -> list[Called]:
    """What it calls resources: what it is about first, then the other things that it names."""
    others = (each.value for each in alert.entities if each.kind in THINGS)
    texts = dict.fromkeys((alert.resource, *others))
    return [Called(alert.scope, each, alert.region) for each in texts if each]


def place(alert: Alert) -> tuple[int, int, str]:
    """Where it stands in a list; a page begins behind it."""
    return SEVERITIES.index(alert.severity), micros(alert.last), alert.id


def _merged(before: Alert, after: Alert, count: int) -> Alert:
    """What is known of both; what people decided stays."""
    kinds = {*before.entities, *after.entities}
    said, original = after, after.original
    if before.original is not None and original is not None:
        known = before.original
        if not known.source:  # kept by a version that did not say it
            known = replace(known, source=before.source)
        said = after if originals.newer(known, original) else before
        original = originals.joined(known, original)
    place = before if original is None else said
    return replace(
        before,
        detection=place.detection,
        title=said.title,
        severity=said.severity,
        source=place.source,
        region=place.region,
        resource=place.resource,
        principal=place.principal,
        first=min(before.first, after.first),
        last=max(before.last, after.last),
        count=max(count, before.count, after.count),
        entities=tuple(sorted(kinds)),
        tactics=said.tactics,
        techniques=said.techniques,
        alert_types=said.alert_types,
        reasons=tuple(dict.fromkeys([*before.reasons, *after.reasons]))[:REASONS],
        original=original,
    )


def one(connection: Connection, id: str) -> Alert | None:
    """The alert of an id, if there is one."""
    row = connection.execute(select(t.alerts).where(t.alerts.c.id == id)).first()
    return None if row is None else told(row)


def _parts(found: Iterable[Found]) -> Iterator[dict[str, Found]]:
    """Alerts by id, so many that one statement can ask for them; one that comes again is in another part."""
    part: dict[str, Found] = {}
    for each in found:
        if each[0].id in part or len(part) >= PAGE:
            yield part
            part = {}
        part[each[0].id] = each
    if part:
        yield part


def _keep(connection: Connection, part: Mapping[str, Found], rules: Sequence[Suppression]) -> tuple[int, int]:
    before = {
        row.id: told(row) for row in connection.execute(select(t.alerts).where(t.alerts.c.id.in_(part)))
    }
    known = _ids(connection, before)
    made, grown = [], []
    events: list[dict[str, Any]] = []
    for id, (alert, ids, evidence) in part.items():
        have = known.get(id, set())
        fresh = set(ids) - have
        if id not in before:
            made.append(_row(originals.begun(alert, rules)))
        elif fresh:
            grown.append(originals.decided(_merged(before[id], alert, len(have) + len(fresh)), rules))
        events += _events(id, fresh, evidence, len(have))
    if made:
        connection.execute(insert(t.alerts), made)
    for each in grown:
        _replace(connection, each)
        if (old := decided(before[each.id])) != (new := decided(each)):
            revisions.note(connection, originals.speaker(each), "alert", each.id, old, new)
    if events:
        connection.execute(insert(t.alert_events), events)
    many = [id for id, (_, _, evidence) in part.items() if id in before or len(evidence) > KEPT]
    for id in _full(connection, many):
        _let_go(connection, id)
    return len(made), len(grown)


def _ids(connection: Connection, alerts: Iterable[str]) -> dict[str, set[str]]:
    """The events of each alert."""
    c, found = t.alert_events.c, dict[str, set[str]]()
    for row in connection.execute(select(c.alert, c.event).where(c.alert.in_([*alerts]))):
        found.setdefault(row.alert, set()).add(row.event)
    return found


def _full(connection: Connection, alerts: Sequence[str]) -> list[str]:
    """Those that have more than `KEPT` whole events."""
    c = t.alert_events.c
    whole = select(c.alert).where(c.alert.in_(alerts), c.document.is_not(None))
    query = whole.group_by(c.alert).having(func.count() > KEPT)
    return [row.alert for row in connection.execute(query)] if alerts else []


def _replace(connection: Connection, alert: Alert) -> None:
    connection.execute(update(t.alerts).where(t.alerts.c.id == alert.id).values(**_row(alert)))


def _row(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "detection": alert.detection,
        "title": alert.title,
        "severity": SEVERITIES.index(alert.severity),
        "source": alert.source,
        "scope": alert.scope,
        "region": alert.region,
        "resource": alert.resource,
        "principal": alert.principal,
        "first": micros(alert.first),
        "last": micros(alert.last),
        "count": alert.count,
        "entities": encode_json([[each.kind, each.value] for each in alert.entities]).decode(),
        "tactics": encode_json(alert.tactics).decode(),
        "techniques": encode_json(alert.techniques).decode(),
        "alert_types": encode_json(alert.alert_types).decode(),
        "reasons": encode_json(alert.reasons).decode(),
        "sample": alert.sample,
        "state": alert.state.value,
        "state_by": alert.state_by,
        "state_at": None if alert.state_at is None else micros(alert.state_at),
        "state_reason": alert.state_reason,
        "suppression": alert.suppression,
        "original": None if alert.original is None else encode_json(alert.original).decode(),
    }


def told(row: Row[Any]) -> Alert:
    """The alert of a row that has all its columns, and may have others."""
    values = {column.name: row._mapping[column.name] for column in t.alerts.columns}
    values |= {
        "severity": SEVERITIES[row.severity],
        "state": AlertState(row.state),
        "first": moment(row.first),
        "last": moment(row.last),
        "state_at": None if row.state_at is None else moment(row.state_at),
        "entities": tuple(Entity(kind, value) for kind, value in decode_json(row.entities)),
        **{name: tuple(decode_json(values[name])) for name in LISTS},
        "original": None if row.original is None else _original(row.original),
    }
    return Alert(**values)


_original = msgspec.json.Decoder(Original).decode


def _events(
    alert: str, fresh: set[str], evidence: Iterable[Evidence], known: int
) -> Iterator[dict[str, Any]]:
    """Ids up to `COUNTED`; of the events the earliest `KEPT`, whichever came first."""
    whole = {each.id: each for each in evidence if each.id in fresh}
    room = max(0, COUNTED - known)
    for each in whole.values():
        yield {
            "alert": alert,
            "event": each.id,
            "at": micros(each.at),
            "source": each.source,
            "file": each.file,
            "line": each.line,
            "document": encode_json(each.document).decode(),
        }
    for id in sorted(fresh - whole.keys())[: max(0, room - len(whole))]:
        yield {"alert": alert, "event": id, "at": 0, "source": "", "file": "", "line": 0, "document": None}


def _let_go(connection: Connection, alert: str) -> None:
    """Of more than `KEPT` whole events the later ones lose their document, not their place in the count."""
    c = t.alert_events.c
    later = (
        select(c.event)
        .where(c.alert == alert, c.document.is_not(None))
        .order_by(c.at, c.event)
        .limit(-1 if connection.dialect.name == "sqlite" else None)
        .offset(KEPT)
    )
    ids = [row.event for row in connection.execute(later)]
    if ids:
        connection.execute(
            update(t.alert_events).where(c.alert == alert, c.event.in_(ids)).values(document=None)
        )
