"""Tokens for programs. What is shown once is not kept, only its digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import micros, moment

KIND = "token"


@dataclass(frozen=True, slots=True)
class Token:
    id: str
    """Its public beginning, by which people tell it."""
    user: str
    """Who answers for it; it never may more than he."""
    name: str
    role: str
    scope: str
    """Empty is every scope."""
    created_at: datetime
    expires: datetime
    used: datetime | None = None
    source: str = ""
    """The log of which it brings events; empty: it brings none."""
    account: str = ""
    """The account of the provider that they have to be of; empty: any of its scope."""


def every(connection: Connection, user: str = "") -> list[Token]:
    """The last first, of one user or of all."""
    c = t.tokens.c
    query = select(t.tokens).order_by(c.created_at.desc(), c.id)
    if user:
        query = query.where(c.user == user)
    return [_made(row) for row in connection.execute(query)]


def one(connection: Connection, id: str) -> Token | None:
    row = connection.execute(select(t.tokens).where(t.tokens.c.id == id)).first()
    return None if row is None else _made(row)


def found(connection: Connection, id: str) -> tuple[Token, str] | None:
    """With its digest."""
    row = connection.execute(select(t.tokens).where(t.tokens.c.id == id)).first()
    return None if row is None else (_made(row), row.digest)


def keep(connection: Connection, token: Token, digest: str, by: str) -> None:
    """A new one; one is never changed."""
    connection.execute(
        insert(t.tokens).values(
            id=token.id,
            digest=digest,
            user=token.user,
            name=token.name,
            role=token.role,
            scope=token.scope,
            created_at=micros(token.created_at),
            expires=micros(token.expires),
            source=token.source,
            account=token.account,
        )
    )
    revisions.note(connection, by, KIND, token.id, None, token)


def touch(connection: Connection, id: str) -> None:
    """It was used now."""
    values = {"used": micros(datetime.now(UTC))}
    connection.execute(update(t.tokens).where(t.tokens.c.id == id).values(**values))


def forget(connection: Connection, token: Token, by: str) -> None:
    connection.execute(delete(t.tokens).where(t.tokens.c.id == token.id))
    revisions.note(connection, by, KIND, token.id, token, None)


def _made(row: Row[Any]) -> Token:
    return Token(
        row.id,
        row.user,
        row.name,
        row.role,
        row.scope,
        moment(row.created_at),
        moment(row.expires),
        None if row.used is None else moment(row.used),
        row.source,
        row.account,
    )
