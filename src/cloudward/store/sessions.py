"""Sign-ins of people. The cookie is not kept, only its digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import micros, moment

KIND = "session"


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    user: str
    method: str
    """How he proved who he is: `password`, `password+totp`, `passkey`, `oidc`, `link`."""
    address: str
    agent: str
    created_at: datetime
    seen: datetime
    verified: datetime
    """When he proved last who he is."""
    expires: datetime


def one(connection: Connection, id: str) -> Session | None:
    row = connection.execute(select(t.sessions).where(t.sessions.c.id == id)).first()
    return None if row is None else _made(row)


def found(connection: Connection, digest: str) -> Session | None:
    """The one of a cookie."""
    row = connection.execute(select(t.sessions).where(t.sessions.c.digest == digest)).first()
    return None if row is None else _made(row)


def of(connection: Connection, user: str) -> list[Session]:
    """Those of a user that are not over, the last used first."""
    c = t.sessions.c
    now = micros(datetime.now(UTC))
    query = select(t.sessions).where(c.user == user, c.expires > now).order_by(c.seen.desc(), c.id)
    return [_made(row) for row in connection.execute(query)]


def start(connection: Connection, session: Session, digest: str, by: str) -> None:
    """A new one; those that are over go."""
    now = micros(datetime.now(UTC))
    connection.execute(delete(t.sessions).where(t.sessions.c.expires <= now))
    connection.execute(
        insert(t.sessions).values(
            id=session.id,
            digest=digest,
            user=session.user,
            method=session.method,
            address=session.address,
            agent=session.agent,
            created_at=micros(session.created_at),
            seen=micros(session.seen),
            verified=micros(session.verified),
            expires=micros(session.expires),
        )
    )
    revisions.note(connection, by, KIND, session.id, None, _told(session))


def touch(connection: Connection, id: str) -> None:
    """It was used now."""
    values = {"seen": micros(datetime.now(UTC))}
    connection.execute(update(t.sessions).where(t.sessions.c.id == id).values(**values))


def prove(connection: Connection, session: Session, digest: str, method: str, by: str) -> None:
    """Its user proved again who he is, and has a new cookie."""
    values = {"verified": micros(datetime.now(UTC)), "digest": digest}
    connection.execute(update(t.sessions).where(t.sessions.c.id == session.id).values(**values))
    revisions.note(connection, by, KIND, session.id, _told(session), _told(session) | {"proof": method})


def strengthen(connection: Connection, id: str, method: str) -> None:
    """It rests on more than it began with."""
    connection.execute(update(t.sessions).where(t.sessions.c.id == id).values(method=method))


def end(connection: Connection, session: Session, by: str) -> None:
    connection.execute(delete(t.sessions).where(t.sessions.c.id == session.id))
    revisions.note(connection, by, KIND, session.id, _told(session), None)


def end_all(connection: Connection, user: str, by: str, but: str = "") -> None:
    """End all of a user, save one."""
    for session in of(connection, user):
        if session.id != but:
            end(connection, session, by)


def _told(session: Session) -> dict[str, Any]:
    return {"user": session.user, "method": session.method, "address": session.address}


def _made(row: Row[Any]) -> Session:
    return Session(
        row.id,
        row.user,
        row.method,
        row.address,
        row.agent,
        moment(row.created_at),
        moment(row.seen),
        moment(row.verified),
        moment(row.expires),
    )
