"""Suppressions: which alerts to come are dismissed at once. None hides an alert that names who made it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from secrets import token_hex

from sqlalchemy import Connection, delete, insert, select

from cloudward.errors import UsageError, near
from cloudward.model import Alert, AlertState, Suppression
from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json, micros, moment

KIND = "suppression"
LONGEST = timedelta(days=90)
"""None lasts longer."""
LOOKED_BACK = timedelta(days=30)
"""So far back a preview looks."""
OWN = ("title", "severity", "source", "region")
"""Fields of an alert itself."""
FIELDS = (
    "principal",
    "session",
    "credential",
    "ip",
    "resource",
    "process",
    "file",
    "image",
    "workload",
    "host",
    *OWN,
)
"""What a suppression may ask of: kinds of entities, and the fields of the alert itself."""


def made(
    detection: str,
    fields: Mapping[str, Sequence[str]],
    scope: str,
    reason: str,
    by: str,
    days: int,
) -> Suppression:
    """A new one that begins now. An unknown field, or one that `check` refuses, is a `UsageError`."""
    for name in fields:
        if name not in FIELDS:
            raise UsageError(f"unknown field {name!r}{near(name, FIELDS)}", f"one of {', '.join(FIELDS)}")
    now = datetime.now(UTC).replace(microsecond=0)
    rule = Suppression(
        id=f"su-{token_hex(6)}",
        detection=detection,
        fields={name: tuple(values) for name, values in fields.items() if values},
        scope=scope,
        reason=reason,
        created_by=by,
        created_at=now,
        expires=now + timedelta(days=days),
    )
    check(rule)
    return rule


def check(rule: Suppression) -> None:
    """Refuse a suppression that is too wide, too long or without a reason."""
    if not rule.reason.strip():
        raise UsageError("why is it suppressed?", "give a reason")
    if not rule.detection and not rule.fields and not rule.scope:
        raise UsageError("this would hide every alert", "name a detection, a scope or a field")
    if rule.expires <= rule.created_at:
        raise UsageError("it would have ended already")
    if rule.expires - rule.created_at > LONGEST:
        raise UsageError(f"a suppression lasts at most {LONGEST.days} days", "renew it when it ends")


def fits(rule: Suppression, alert: Alert) -> bool:
    """The alert is what the suppression speaks of: all of its fields count."""
    if rule.detection not in ("", alert.detection) or rule.scope not in ("", alert.scope):
        return False
    return all(
        any(
            fnmatchcase(value.lower(), pattern.lower())
            for value in _values(alert, name)
            for pattern in patterns
        )
        for name, patterns in rule.fields.items()
    )


def _values(alert: Alert, name: str) -> list[str]:
    if name in OWN:
        return [str(getattr(alert, name))]
    return [each.value for each in alert.entities if each.kind == name]


def names_maker(rule: Suppression, alert: Alert) -> bool:
    """Nobody hides alerts about himself."""
    maker = rule.created_by.lower()
    makers = {maker, maker.partition("@")[0]}
    named = (
        each.value.lower() for each in alert.entities if each.kind in ("principal", "credential", "session")
    )
    return any(
        makers & {text, text.rpartition("/")[2], text.rpartition("\\")[2], text.partition("@")[0]}
        for text in named
    )


def suppressed(alert: Alert, rules: Iterable[Suppression]) -> Alert:
    """Dismissed by the first suppression that is in force and speaks of it."""
    now = datetime.now(UTC)
    for rule in rules:
        if rule.expires > now and not alert.sample and fits(rule, alert) and not names_maker(rule, alert):
            return replace(
                alert,
                state=AlertState.DISMISSED,
                state_by=rule.created_by,
                state_at=now,
                state_reason=rule.reason,
                suppression=rule.id,
            )
    return alert


def every(connection: Connection) -> list[Suppression]:
    """The oldest first, with those that ended."""
    rows = connection.execute(
        select(t.suppressions).order_by(t.suppressions.c.created_at, t.suppressions.c.id)
    )
    return [
        Suppression(
            id=row.id,
            detection=row.detection,
            fields={name: tuple(values) for name, values in decode_json(row.fields).items()},
            scope=row.scope,
            reason=row.reason,
            created_by=row.created_by,
            created_at=moment(row.created_at),
            expires=moment(row.expires),
        )
        for row in rows
    ]


def keep(connection: Connection, rule: Suppression) -> None:
    """A new one; it dismisses alerts to come."""
    check(rule)
    connection.execute(
        insert(t.suppressions).values(
            id=rule.id,
            detection=rule.detection,
            fields=encode_json(rule.fields).decode(),
            scope=rule.scope,
            reason=rule.reason,
            created_by=rule.created_by,
            created_at=micros(rule.created_at),
            expires=micros(rule.expires),
        )
    )
    revisions.note(connection, rule.created_by, KIND, rule.id, None, rule)


def forget(connection: Connection, id: str, by: str) -> None:
    """Take one back. What it dismissed stays dismissed."""
    known = {each.id: each for each in every(connection)}
    if id not in known:
        raise UsageError(f"there is no suppression {id!r}{near(id, known)}")
    connection.execute(delete(t.suppressions).where(t.suppressions.c.id == id))
    revisions.note(connection, by, KIND, id, known[id], None)
