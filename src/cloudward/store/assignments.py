"""Which policies are audited or disabled where, as people and their files say."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from cloudward.errors import UsageError, near
from cloudward.model import Assignment, Effect
from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json, micros, moment

KIND = "assignment"


def every(connection: Connection) -> list[Assignment]:
    """The oldest first."""
    c = t.assignments.c
    return [
        Assignment(
            id=row.id,
            effect=Effect(row.effect),
            created_by=row.created_by,
            created_at=moment(row.created_at),
            scope=row.scope,
            policy=row.policy,
            standard=row.standard,
            exclude=tuple(decode_json(row.exclude)),
            parameters=decode_json(row.parameters),
            reason=row.reason,
            source=row.source or "",
        )
        for row in connection.execute(select(t.assignments).order_by(c.created_at, c.id))
    ]


def keep(connection: Connection, assignment: Assignment, by: str, expected: str | None = None) -> None:
    """A new assignment, or the new form of a known one."""
    before = next((each for each in every(connection) if each.id == assignment.id), None)
    revisions.expect(before, expected, KIND, assignment.id)
    if before == assignment:
        return
    values = {
        "id": assignment.id,
        "policy": assignment.policy,
        "standard": assignment.standard,
        "scope": assignment.scope,
        "exclude": encode_json(assignment.exclude).decode(),
        "effect": assignment.effect.value,
        "parameters": encode_json(assignment.parameters).decode(),
        "reason": assignment.reason,
        "created_by": assignment.created_by,
        "created_at": micros(assignment.created_at),
        "source": assignment.source or None,
    }
    connection.execute(delete(t.assignments).where(t.assignments.c.id == assignment.id))
    connection.execute(insert(t.assignments).values(**values))
    revisions.note(connection, by, KIND, assignment.id, before, assignment)


def forget(connection: Connection, id: str, by: str, expected: str | None = None) -> None:
    """Take one away."""
    known = {each.id: each for each in every(connection)}
    if id not in known:
        raise UsageError(f"there is no assignment {id!r}{near(id, known)}")
    revisions.expect(known[id], expected, KIND, id)
    connection.execute(delete(t.assignments).where(t.assignments.c.id == id))
    revisions.note(connection, by, KIND, id, known[id], None)
