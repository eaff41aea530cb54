"""Policies that people write for scopes of their own, as texts."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from cloudward.errors import MissingError, near
from cloudward.model import CustomPolicy
from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import micros, moment

KIND = "custom policy"


def every(connection: Connection) -> list[CustomPolicy]:
    """In order of id."""
    return [
        CustomPolicy(row.id, row.scope, row.text, row.created_by, moment(row.created_at))
        for row in connection.execute(select(t.custom).order_by(t.custom.c.id))
    ]


def keep(connection: Connection, policy: CustomPolicy, by: str, expected: str | None = None) -> None:
    """A new one, or the new form of a known one. `expected` is the version that is changed."""
    before = _one(connection, policy.id)
    revisions.expect(before, expected, KIND, policy.id)
    if before == policy:
        return
    values = {
        "id": policy.id,
        "scope": policy.scope,
        "text": policy.text,
        "created_by": policy.created_by,
        "created_at": micros(policy.created_at),
    }
    connection.execute(delete(t.custom).where(t.custom.c.id == policy.id))
    connection.execute(insert(t.custom).values(**values))
    revisions.note(connection, by, KIND, policy.id, before, policy)


def forget(connection: Connection, id: str, by: str, expected: str | None = None) -> None:
    """Delete one; what it found goes with the next scan."""
    before = _one(connection, id)
    if before is None:
        known = [each.id for each in every(connection)]
        raise MissingError(f"there is no custom policy {id!r}{near(id, known)}")
    revisions.expect(before, expected, KIND, id)
    connection.execute(delete(t.custom).where(t.custom.c.id == id))
    revisions.note(connection, by, KIND, id, before, None)


def _one(connection: Connection, id: str) -> CustomPolicy | None:
    return next((each for each in every(connection) if each.id == id), None)
