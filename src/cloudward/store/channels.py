"""Who is told of what, as people say; and what they were told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from cloudward.errors import UsageError, near
from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json, micros, moment

KIND = "channel"
HIDDEN = "***"
"""What the log has in place of a secret."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Where something is told, and what."""

    id: str
    """Its name."""
    kind: str
    """A module of `respond.notify`."""
    settings: Mapping[str, str]
    """Secrets are sealed."""
    events: Mapping[str, Any]
    """Event -> from which level, below which score, of which standards; what is not named is not told."""
    scope: str
    """Only what happens there and below; empty: everywhere."""
    enabled: bool
    created_by: str
    created_at: datetime


def every(connection: Connection) -> list[Channel]:
    """In order of name."""
    return [_made(row) for row in connection.execute(select(t.channels).order_by(t.channels.c.id))]


def one(connection: Connection, id: str) -> Channel:
    known = {each.id: each for each in every(connection)}
    if id not in known:
        raise UsageError(f"there is no channel {id!r}{near(id, known)}")
    return known[id]


def keep(connection: Connection, channel: Channel, by: str) -> None:
    """A new channel, or the new form of a known one."""
    before = next((each for each in every(connection) if each.id == channel.id), None)
    values = {
        "id": channel.id,
        "kind": channel.kind,
        "settings": encode_json(channel.settings).decode(),
        "events": encode_json(channel.events).decode(),
        "scope": channel.scope,
        "enabled": channel.enabled,
        "created_by": channel.created_by,
        "created_at": micros(channel.created_at),
    }
    connection.execute(delete(t.channels).where(t.channels.c.id == channel.id))
    connection.execute(insert(t.channels).values(**values))
    revisions.note(connection, by, KIND, channel.id, before and _open(before), _open(channel))


def forget(connection: Connection, id: str, by: str) -> None:
    before = one(connection, id)
    connection.execute(delete(t.channels).where(t.channels.c.id == id))
    revisions.note(connection, by, KIND, id, _open(before), None)


def had(connection: Connection, address: str, event: str, level: str, since: datetime) -> int:
    """How many mails of an event and level an address was sent since then."""
    c = t.mails.c
    query = select(func.count()).where(
        c.address == address.casefold(), c.event == event, c.level == level, c.at > micros(since)
    )
    return connection.scalar(query) or 0


def mailed(connection: Connection, address: str, event: str, level: str, at: datetime) -> None:
    """Count a mail."""
    values = {"address": address.casefold(), "event": event, "level": level, "at": micros(at)}
    connection.execute(insert(t.mails).values(**values))


def forget_mails(connection: Connection, before: datetime) -> None:
    """Count older mails no more."""
    connection.execute(delete(t.mails).where(t.mails.c.at < micros(before)))


def told(connection: Connection, id: str) -> Any:
    """What somebody was told last of something; None: nothing yet."""
    text = connection.scalar(select(t.told.c.document).where(t.told.c.id == id))
    return None if text is None else decode_json(text)


def tell(connection: Connection, id: str, document: Any) -> None:
    """Remember what somebody is told of something."""
    connection.execute(delete(t.told).where(t.told.c.id == id))
    connection.execute(insert(t.told).values(id=id, document=encode_json(document).decode()))


def _open(channel: Channel) -> Channel:
    """A channel as the log may have it."""
    shown = {name: HIDDEN if text.startswith("sealed:") else text for name, text in channel.settings.items()}
    return replace(channel, settings=shown)


def _made(row: Row[Any]) -> Channel:
    return Channel(
        id=row.id,
        kind=row.kind,
        settings=decode_json(row.settings),
        events=decode_json(row.events),
        scope=row.scope,
        enabled=bool(row.enabled),
        created_by=row.created_by,
        created_at=moment(row.created_at),
    )
