"""Incidents, the alerts in them, and what people decided of them: state, owner, comments, merged, split."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_hex
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from cloudward.errors import UsageError, near
from cloudward.model import TACTICS, Alert, AlertSeverity, AlertState, Comment, Incident, Link, Member
from cloudward.store import alerts as kept_alerts
from cloudward.store import incidentlist, revisions
from cloudward.store import tables as t
from cloudward.store.alertlist import SEVERITIES
from cloudward.store.database import Database
from cloudward.store.encoding import decode_json, encode_json, micros, moment
from cloudward.store.incidentlist import IncidentFilters

KIND = "incident"
OPEN = (AlertState.ACTIVE, AlertState.IN_PROGRESS)
CLOSED = (AlertState.RESOLVED, AlertState.DISMISSED)
US = "cloudward"
"""Who does what no person does."""
GRAVE = {"TA0010", "TA0040"}
"""Exfiltration and impact: what was to be kept is lost."""
PAGE = 500
_link = msgspec.json.Decoder(Link).decode


class Incidents:
    """The incidents of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, filters: IncidentFilters, limit: int | None = None, after: Sequence[Any] | None = None
    ) -> tuple[list[Incident], int]:
        """Incidents behind the `place` of the one before, and how many there are in all."""
        with self._database.read() as connection:
            rows = connection.execute(incidentlist.listed(filters, limit, after))
            return [_incident(row) for row in rows], incidentlist.count(connection, filters)

    def counted(self, by: Iterable[str], filters: IncidentFilters) -> dict[str, list[tuple[str, int]]]:
        """Each of these of `incidentlist.FACETS` -> its values and how many incidents have them."""
        with self._database.read() as connection:
            return {each: incidentlist.counted(connection, each, filters) for each in by}

    def one(self, id: str) -> Incident:
        """An incident by its id, or by a beginning that no other has; else a `UsageError`."""
        c = t.incidents.c
        with self._database.read() as connection:
            found = [
                *connection.execute(select(t.incidents).where(c.id.startswith(id, autoescape=True)).limit(2))
            ]
            if len(found) == 1:
                return _incident(found[0])
            names = [row.id for row in connection.execute(select(c.id).limit(PAGE))]
        if found:
            raise UsageError(f"{id!r} is the beginning of several incidents", "give more of it")
        raise UsageError(f"there is no incident {id!r}{near(id, names)}", "cloudward incidents lists them")

    def members(self, id: str) -> list[tuple[Member, Alert]]:
        """Its alerts, the earliest first, and why each is in it."""
        with self._database.read() as connection:
            return members(connection, id)

    def comments(self, id: str) -> list[Comment]:
        """What people wrote of it, the oldest first."""
        c = t.comments.c
        query = select(t.comments).where(c.incident == id).order_by(c.at, c.id)
        with self._database.read() as connection:
            return [
                Comment(row.id, row.incident, moment(row.at), row.by, row.text)
                for row in connection.execute(query)
            ]

    def of(self, alerts: Collection[str]) -> dict[str, str]:
        """Alert -> the incident that it is in."""
        m = t.incident_alerts.c
        with self._database.read() as connection:
            query = select(m.alert, m.incident).where(m.alert.in_(alerts))
            return {row.alert: row.incident for row in connection.execute(query)}

    def known(self, id: str) -> Incident | None:
        """The incident of a whole id, if there is one."""
        with self._database.read() as connection:
            return row(connection, id)

    def decided(self, id: str) -> Decided:
        """What people decided of it."""
        with self._database.read() as connection:
            return decided(connection, _one(connection, id))

    def change(
        self, id: str, state: AlertState, by: str, at: datetime, reason: str = "", expected: str | None = None
    ) -> Incident:
        """Give it another state. To resolve or dismiss one needs a reason."""
        if state in CLOSED and not reason.strip():
            raise UsageError(f"why is it {state.value}?", "give a reason")
        return self._decide(id, by, expected, state=state, state_by=by, state_at=at, state_reason=reason)

    def assign(self, id: str, owner: str, by: str, expected: str | None = None) -> Incident:
        """Say whose it is; empty for nobody's."""
        return self._decide(id, by, expected, owner=owner)

    def _decide(self, id: str, by: str, expected: str | None, **values: Any) -> Incident:
        with self._database.write() as connection:
            before = _one(connection, id)
            was = decided(connection, before)
            revisions.expect(was, expected, KIND, id)
            after = replace(before, **values)
            write(connection, after)
            revisions.note(connection, by, KIND, id, was, decided(connection, after))
            return after

    def comment(self, id: str, text: str, by: str, at: datetime) -> Comment:
        """Write something of it."""
        if not text.strip():
            raise UsageError("what is to be commented?", "give a text")
        made = Comment(f"co-{token_hex(6)}", id, at, by, text)
        with self._database.write() as connection:
            _one(connection, id)
            values = {"id": made.id, "incident": id, "at": micros(at), "by": by, "text": text}
            connection.execute(insert(t.comments).values(**values))
            revisions.note(connection, by, "comment", made.id, None, made)
        return made

    def merge(self, into: str, others: Collection[str], by: str, expected: str | None = None) -> Incident:
        """Make the alerts of others its own; the others are part of it from now on. It stays so."""
        if not others or into in others:
            raise UsageError("an incident is merged with others", "name others than itself")
        with self._database.write() as connection:
            home = _one(connection, into)
            was = decided(connection, home)
            revisions.expect(was, expected, KIND, into)
            for id in dict.fromkeys(others):
                other = _one(connection, id)
                if other.merged_into:
                    raise UsageError(f"incident {id} is part of {other.merged_into} already")
                before = decided(connection, other)
                absorb(connection, other, into, by)
                revisions.note(connection, by, KIND, id, before, replace(before, merged_into=into))
            after = refresh(connection, into)
            revisions.note(connection, by, KIND, into, was, decided(connection, after))
            return after

    def split(
        self, id: str, alerts: Collection[str], by: str, at: datetime, expected: str | None = None
    ) -> Incident:
        """Make some of its alerts an incident of their own, and gives that. It stays so."""
        m = t.incident_alerts.c
        with self._database.write() as connection:
            before = _one(connection, id)
            was = decided(connection, before)
            revisions.expect(was, expected, KIND, id)
            own = {alert.id for _, alert in members(connection, id)}
            if unknown := {*alerts} - own:
                raise UsageError(f"alert {min(unknown)!r} is not in incident {id}{near(min(unknown), own)}")
            if not alerts or {*alerts} == own:
                raise UsageError("some of its alerts are split off, not all", "name the alerts to go")
            made = replace(before, id=f"in-{token_hex(6)}", made_at=at, merged_into="")
            connection.execute(insert(t.incidents).values(**_row(made)))
            connection.execute(update(t.incident_alerts).where(m.incident == id).values(placed_by=by))
            moved = m.alert.in_([*alerts])
            connection.execute(update(t.incident_alerts).where(moved).values(incident=made.id))
            refresh(connection, id)
            made = refresh(connection, made.id)
            revisions.note(connection, by, KIND, id, was, decided(connection, _one(connection, id)))
            revisions.note(connection, by, KIND, made.id, None, decided(connection, made))
            return made


@dataclass(frozen=True, slots=True)
class Decided:
    """What people decided of an incident; what it grows by leaves it as it is."""

    scope: str
    """Where all its alerts are; empty when they are in several."""
    state: AlertState
    by: str
    at: datetime | None
    reason: str
    owner: str
    placed: tuple[str, ...]
    """The alerts that somebody put into it by hand."""
    merged_into: str


def decided(connection: Connection, incident: Incident) -> Decided:
    """What people decided of it."""
    m = t.incident_alerts.c
    query = select(m.alert).where(m.incident == incident.id, m.placed_by != "").order_by(m.alert)
    return Decided(
        incident.scopes[0] if len(incident.scopes) == 1 else "",
        incident.state,
        incident.state_by,
        incident.state_at,
        incident.state_reason,
        incident.owner,
        tuple(row.alert for row in connection.execute(query)),
        incident.merged_into,
    )


def place(incident: Incident) -> tuple[int, int, str]:
    """Where it stands in a list; a page begins behind it."""
    return SEVERITIES.index(incident.severity), micros(incident.last), incident.id


def members(connection: Connection, id: str) -> list[tuple[Member, Alert]]:
    """The alerts of an incident, the earliest first."""
    m, a = t.incident_alerts.c, t.alerts.c
    query = (
        select(t.alerts, m.mass, m.raised, m.because, m.placed_by)
        .join(t.incident_alerts, m.alert == a.id)
        .where(m.incident == id)
        .order_by(a.first, a.id)
    )
    return [(_member(row), kept_alerts.told(row)) for row in connection.execute(query)]


def absorb(connection: Connection, other: Incident, into: str, by: str) -> None:
    """The alerts and comments of one go into another. `by` empty: nobody placed them there."""
    m = t.incident_alerts
    values = {"incident": into, **({"placed_by": by} if by else {})}
    connection.execute(update(m).where(m.c.incident == other.id).values(**values))
    connection.execute(update(t.comments).where(t.comments.c.incident == other.id).values(incident=into))
    write(connection, replace(other, merged_into=into, alerts=0))


def refresh(connection: Connection, id: str) -> Incident:
    """What is told of an incident, computed anew from its alerts."""
    found = members(connection, id)
    after = shaped(_one(connection, id), found)
    write(connection, after)
    return after


def shaped(incident: Incident, found: Sequence[tuple[Member, Alert]]) -> Incident:
    """The incident as these alerts make it."""
    alerts = [alert for _, alert in found]
    reached = [id for id in TACTICS if any(id in each.tactics for each in alerts)]
    score = summed(found)
    return replace(
        incident,
        title=_title(reached),
        severity=_severity(found, reached, score >= 2 * incident.needed),
        score=round(score, 3),
        first=min(each.first for each in alerts),
        last=max(each.last for each in alerts),
        alerts=len(alerts),
        tactics=tuple(reached),
        scopes=tuple(sorted({each.scope for each in alerts})),
    )


def summed(found: Iterable[tuple[Member, Alert]]) -> float:
    """What alerts say together: of each detection the weightiest."""
    best: dict[str, float] = {}
    for member, alert in found:
        best[alert.detection] = max(best.get(alert.detection, 0.0), member.weight)
    return sum(best[each] for each in sorted(best))


def _title(reached: Sequence[str]) -> str:
    names = [TACTICS[each] for each in reached]
    if not names:
        return "Several alerts that belong together"
    return f"From {names[0]} to {names[-1]}" if len(names) > 1 else names[0].capitalize()


def _severity(found: Sequence[tuple[Member, Alert]], reached: Sequence[str], far: bool) -> AlertSeverity:
    """High where it is surely bad, or where something of worth is lost or within reach."""
    high = any(alert.severity is AlertSeverity.HIGH for _, alert in found)
    worth = bool(GRAVE & {*reached}) or any(member.raised for member, _ in found)
    return AlertSeverity.HIGH if (high and worth) or far else AlertSeverity.MEDIUM


def write(connection: Connection, incident: Incident) -> None:
    """The new form of a known one."""
    connection.execute(update(t.incidents).where(t.incidents.c.id == incident.id).values(**_row(incident)))


def add(connection: Connection, incident: Incident) -> None:
    """A new one."""
    connection.execute(insert(t.incidents).values(**_row(incident)))


def put(connection: Connection, member: Member, incident: str) -> None:
    """An alert into an incident; it is in no other afterwards."""
    m = t.incident_alerts
    connection.execute(delete(m).where(m.c.alert == member.alert))
    connection.execute(
        insert(m).values(
            alert=member.alert,
            incident=incident,
            mass=member.weight,
            raised=encode_json(member.raised).decode(),
            because=None if member.because is None else encode_json(member.because).decode(),
            placed_by=member.placed_by,
        )
    )


def row(connection: Connection, id: str) -> Incident | None:
    """The incident of an id, if there is one."""
    found = connection.execute(select(t.incidents).where(t.incidents.c.id == id)).first()
    return None if found is None else _incident(found)


def _one(connection: Connection, id: str) -> Incident:
    if (found := row(connection, id)) is None:
        raise UsageError(f"there is no incident {id!r}")
    return found


def _row(incident: Incident) -> dict[str, Any]:
    names = ("id", "title", "score", "needed", "alerts", "owner", "state_by", "state_reason", "merged_into")
    return {
        **{name: getattr(incident, name) for name in names},
        "severity": SEVERITIES.index(incident.severity),
        "state": incident.state.value,
        **{name: micros(getattr(incident, name)) for name in ("first", "last", "made_at")},
        "state_at": None if incident.state_at is None else micros(incident.state_at),
        **{name: encode_json(getattr(incident, name)).decode() for name in ("tactics", "scopes")},
    }


def _incident(row: Row[Any]) -> Incident:
    values = dict(row._mapping)
    values |= {
        "severity": SEVERITIES[row.severity],
        "state": AlertState(row.state),
        **{name: moment(values[name]) for name in ("first", "last", "made_at")},
        "state_at": None if row.state_at is None else moment(row.state_at),
        **{name: tuple(decode_json(values[name])) for name in ("tactics", "scopes")},
    }
    return Incident(**values)


def _member(row: Row[Any]) -> Member:
    because = None if row.because is None else _link(row.because)
    return Member(row.id, row.mass, tuple(decode_json(row.raised)), because, row.placed_by)
