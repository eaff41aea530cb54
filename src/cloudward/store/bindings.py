"""Who has which role where."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select

from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import micros, moment

KIND = "binding"


@dataclass(frozen=True, slots=True)
class Binding:
    """A role in a scope and all below it, of a user or of a group at an identity provider."""

    id: str
    holder: str
    """The id of a user, or the name of a group."""
    issuer: str
    """Whose group it is; empty for a user."""
    role: str
    scope: str
    """Empty is every scope."""
    created_by: str
    created_at: datetime


def new(holder: str, role: str, scope: str, by: str, issuer: str = "") -> Binding:
    return Binding(f"binding-{secrets.token_hex(8)}", holder, issuer, role, scope, by, datetime.now(UTC))


def every(connection: Connection) -> list[Binding]:
    """The oldest first."""
    c = t.bindings.c
    return [_made(row) for row in connection.execute(select(t.bindings).order_by(c.created_at, c.id))]


def one(connection: Connection, id: str) -> Binding | None:
    row = connection.execute(select(t.bindings).where(t.bindings.c.id == id)).first()
    return None if row is None else _made(row)


def of(connection: Connection, user: str, groups: Iterable[tuple[str, str]] = ()) -> list[Binding]:
    """Those of a user, and of the groups (issuer, name) in which he is."""
    c = t.bindings.c
    held = [and_(c.holder == user, c.issuer == "")]
    held += [and_(c.holder == name, c.issuer == issuer) for issuer, name in groups if issuer]
    return [_made(row) for row in connection.execute(select(t.bindings).where(or_(*held)))]


def keep(connection: Connection, binding: Binding, by: str) -> None:
    """A new one; one is never changed."""
    connection.execute(
        insert(t.bindings).values(
            id=binding.id,
            holder=binding.holder,
            issuer=binding.issuer,
            role=binding.role,
            scope=binding.scope,
            created_by=binding.created_by,
            created_at=micros(binding.created_at),
        )
    )
    revisions.note(connection, by, KIND, binding.id, None, binding)


def forget(connection: Connection, binding: Binding, by: str) -> None:
    connection.execute(delete(t.bindings).where(t.bindings.c.id == binding.id))
    revisions.note(connection, by, KIND, binding.id, binding, None)


def _made(row: Row[Any]) -> Binding:
    return Binding(
        row.id, row.holder, row.issuer, row.role, row.scope, row.created_by, moment(row.created_at)
    )
