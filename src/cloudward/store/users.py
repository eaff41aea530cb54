"""Who may sign in. A user is never removed, only switched off: the log speaks of him by his name."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cloudward.errors import UsageError
from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import micros, moment

KIND = "user"
NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")


@dataclass(frozen=True, slots=True)
class User:
    """A person, or a program that acts for itself."""

    id: str
    name: str
    """What he signs in with: small letters, unique for all time."""
    email: str | None
    """Where he is written to. It is never looked at to find out who somebody is."""
    active: bool
    created_by: str
    created_at: datetime


def new(name: str, by: str, email: str | None = None) -> User:
    """A user that is not kept yet; a name that cannot be one is a `UsageError`."""
    spelled = unicodedata.normalize("NFKC", name).strip().casefold()
    if not NAME.fullmatch(spelled):
        raise UsageError(
            f"{name[:100]!r} is no name of a user", "letters of a to z, digits, and . _ @ + - after the first"
        )
    return User(f"user-{secrets.token_hex(8)}", spelled, email or None, True, by, datetime.now(UTC))


def every(connection: Connection) -> list[User]:
    """In order of name."""
    return [_made(row) for row in connection.execute(select(t.users).order_by(t.users.c.name))]


def one(connection: Connection, id: str) -> User | None:
    row = connection.execute(select(t.users).where(t.users.c.id == id)).first()
    return None if row is None else _made(row)


def named(connection: Connection, name: str) -> User | None:
    """However it is spelled."""
    spelled = unicodedata.normalize("NFKC", name).strip().casefold()
    row = connection.execute(select(t.users).where(t.users.c.name == spelled)).first()
    return None if row is None else _made(row)


def keep(connection: Connection, user: User, by: str) -> None:
    """A new user, or another form of one who is known; his name stays."""
    before = one(connection, user.id)
    if before == user:
        return
    values: dict[str, Any] = {"email": user.email, "active": user.active}
    if before is None:
        if named(connection, user.name):
            raise UsageError(f"there is a user {user.name!r} already")
        values |= {
            "id": user.id,
            "name": user.name,
            "created_by": user.created_by,
            "created_at": micros(user.created_at),
        }
        connection.execute(insert(t.users).values(**values))
    else:
        connection.execute(update(t.users).where(t.users.c.id == user.id).values(**values))
    revisions.note(connection, by, KIND, user.id, before, user)


def invited(connection: Connection, user: User, by: str, reset: bool) -> None:
    """Note that there is a new link for a user."""
    revisions.note(connection, by, "link", user.id, None, {"user": user.name, "reset": reset})


def _made(row: Row[Any]) -> User:
    return User(row.id, row.name, row.email, row.active, row.created_by, moment(row.created_at))
