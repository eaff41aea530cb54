"""What users sign in with here: a password, a code generator, passkeys, recovery codes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import micros, moment

KIND = "credential"


class CredentialKind(StrEnum):
    PASSWORD = "password"  # noqa: S105 a word
    TOTP = "totp"  # a code of six digits, new every 30 seconds
    PASSKEY = "passkey"
    RECOVERY = "recovery"  # codes for when the others are lost, each good for once


@dataclass(frozen=True, slots=True)
class Credential:
    """One of them. Nothing that prints it shows the secret."""

    id: str
    user: str
    kind: CredentialKind
    name: str
    secret: str = field(repr=False)
    """A hash, a public key, or sealed: nothing that signs in by itself."""
    created_at: datetime
    used: datetime | None = None


def new(user: str, kind: CredentialKind, secret: str, name: str = "", id: str = "") -> Credential:
    return Credential(
        id or f"{kind}-{secrets.token_hex(8)}", user, kind, name or kind.value, secret, datetime.now(UTC)
    )


def of(connection: Connection, user: str, kind: CredentialKind | None = None) -> list[Credential]:
    """Those of a user, the oldest first."""
    c = t.credentials.c
    query = select(t.credentials).where(c.user == user).order_by(c.created_at, c.id)
    if kind is not None:
        query = query.where(c.kind == kind.value)
    return [_made(row) for row in connection.execute(query)]


def one(connection: Connection, id: str) -> Credential | None:
    row = connection.execute(select(t.credentials).where(t.credentials.c.id == id)).first()
    return None if row is None else _made(row)


def keep(connection: Connection, credential: Credential, by: str) -> None:
    """A new one; a password, a generator and the recovery codes of a user take the place of the old."""
    c, old = t.credentials.c, None
    if credential.kind is not CredentialKind.PASSKEY:
        old = next(iter(of(connection, credential.user, credential.kind)), None)
        connection.execute(
            delete(t.credentials).where(c.user == credential.user, c.kind == credential.kind.value)
        )
    connection.execute(
        insert(t.credentials).values(
            id=credential.id,
            user=credential.user,
            kind=credential.kind.value,
            name=credential.name,
            secret=credential.secret,
            created_at=micros(credential.created_at),
        )
    )
    revisions.note(connection, by, KIND, credential.id, old and _told(old), _told(credential))


def use(connection: Connection, credential: Credential, secret: str = "") -> None:
    """Say that it was used, and what is kept of it from now on."""
    values: dict[str, Any] = {"used": micros(datetime.now(UTC))}
    if secret:
        values["secret"] = secret
    connection.execute(update(t.credentials).where(t.credentials.c.id == credential.id).values(**values))


def forget(connection: Connection, credential: Credential, by: str) -> None:
    connection.execute(delete(t.credentials).where(t.credentials.c.id == credential.id))
    revisions.note(connection, by, KIND, credential.id, _told(credential), None)


def _told(credential: Credential) -> dict[str, Any]:
    """What the log says of it: never the secret."""
    return {"user": credential.user, "kind": credential.kind, "name": credential.name}


def _made(row: Row[Any]) -> Credential:
    return Credential(
        row.id,
        row.user,
        CredentialKind(row.kind),
        row.name,
        row.secret,
        moment(row.created_at),
        None if row.used is None else moment(row.used),
    )
