"""Who users are at identity providers. Issuer and subject together are an identity; an e-mail is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json, micros, moment

KIND = "identity"


@dataclass(frozen=True, slots=True)
class Identity:
    issuer: str
    subject: str
    user: str
    groups: tuple[str, ...]
    """In which he was when he signed in last."""
    seen: datetime


def of(connection: Connection, user: str) -> list[Identity]:
    rows = connection.execute(select(t.identities).where(t.identities.c.user == user))
    return [_made(row) for row in rows]


def one(connection: Connection, issuer: str, subject: str) -> Identity | None:
    c = t.identities.c
    row = connection.execute(select(t.identities).where(c.issuer == issuer, c.subject == subject)).first()
    return None if row is None else _made(row)


def link(connection: Connection, issuer: str, subject: str, user: str, by: str) -> None:
    """From now on whoever the issuer calls by this subject is this user."""
    now = micros(datetime.now(UTC))
    connection.execute(
        insert(t.identities).values(
            issuer=issuer, subject=subject, user=user, groups="[]", created_at=now, seen=now
        )
    )
    told = {"user": user, "issuer": issuer, "subject": subject}
    revisions.note(connection, by, KIND, user, None, told)


def saw(connection: Connection, identity: Identity, groups: Sequence[str]) -> None:
    """He signed in, and is in these groups now."""
    c = t.identities.c
    connection.execute(
        update(t.identities)
        .where(c.issuer == identity.issuer, c.subject == identity.subject)
        .values(groups=encode_json(sorted(set(groups))).decode(), seen=micros(datetime.now(UTC)))
    )


def _made(row: Row[Any]) -> Identity:
    return Identity(row.issuer, row.subject, row.user, tuple(decode_json(row.groups)), moment(row.seen))
