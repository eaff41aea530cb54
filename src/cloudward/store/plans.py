"""Which plans are on and off where, as people and their files say."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from cloudward.errors import UsageError, near
from cloudward.model import Switch
from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import micros, moment

KIND = "plan"


def every(connection: Connection) -> list[Switch]:
    """The oldest first."""
    c = t.plans.c
    return [
        Switch(
            id=row.id,
            plan=row.plan,
            scope=row.scope,
            on=bool(row.enabled),
            created_by=row.created_by,
            created_at=moment(row.created_at),
            reason=row.reason,
            source=row.source or "",
        )
        for row in connection.execute(select(t.plans).order_by(c.created_at, c.id))
    ]


def keep(connection: Connection, switch: Switch, by: str) -> None:
    """A new switch, or the new form of a known one."""
    before = next((each for each in every(connection) if each.id == switch.id), None)
    if before == switch:
        return
    values = {
        "id": switch.id,
        "plan": switch.plan,
        "scope": switch.scope,
        "enabled": switch.on,
        "created_by": switch.created_by,
        "created_at": micros(switch.created_at),
        "reason": switch.reason,
        "source": switch.source or None,
    }
    connection.execute(delete(t.plans).where(t.plans.c.id == switch.id))
    connection.execute(insert(t.plans).values(**values))
    revisions.note(connection, by, KIND, switch.id, before, switch)


def forget(connection: Connection, id: str, by: str) -> None:
    """Take one away: what is above decides again."""
    known = {each.id: each for each in every(connection)}
    if id not in known:
        raise UsageError(f"there is no plan {id!r}{near(id, known)}")
    connection.execute(delete(t.plans).where(t.plans.c.id == id))
    revisions.note(connection, by, KIND, id, known[id], None)
