"""Connectors, as people made them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from cloudward.errors import UsageError, near
from cloudward.model import Provider
from cloudward.store import revisions, schedules
from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json, micros, moment

KIND = "connector"


@dataclass(frozen=True, slots=True)
class Connector:
    """What is scanned under a name, and the secret handshake with it."""

    name: str
    provider: Provider
    settings: Mapping[str, Any]
    """As the provider's connector understands them."""
    external_id: str
    """Made here and never taken from anybody: so no two users of a cloudward can be given the same one, and
    nobody can have cloudward take a role that trusts somebody else's."""
    created_by: str
    created_at: datetime
    source: str = ""
    """The file that says so; empty when a person did."""

    @property
    def id(self) -> str:
        """What all things that people decide have."""
        return self.name


def every(connection: Connection) -> list[Connector]:
    """In order of name."""
    return [_made(row) for row in connection.execute(select(t.connectors).order_by(t.connectors.c.name))]


def one(connection: Connection, name: str) -> Connector:
    known = {each.name: each for each in every(connection)}
    if name not in known:
        hint = f"there are {', '.join(known)}" if known else "cloudward connectors add aws NAME ..."
        raise UsageError(f"there is no connector {name!r}{near(name, known)}", hint)
    return known[name]


def keep(
    connection: Connection,
    name: str,
    provider: Provider,
    settings: Mapping[str, Any],
    by: str,
    source: str = "",
    expected: str | None = None,
) -> Connector:
    """A new connector, or new settings of a known one, whose ExternalId stays."""
    before = next((each for each in every(connection) if each.name == name), None)
    revisions.expect(before, expected, KIND, name)
    if before is None:
        made = Connector(name, provider, settings, secrets.token_urlsafe(24), by, datetime.now(UTC), source)
    else:
        made = replace(before, provider=provider, settings=settings, source=source)
    if made == before:
        return made
    values = {
        "name": name,
        "provider": provider.value,
        "settings": encode_json(settings).decode(),
        "external_id": made.external_id,
        "created_by": made.created_by,
        "created_at": micros(made.created_at),
        "source": source or None,
    }
    connection.execute(delete(t.connectors).where(t.connectors.c.name == name))
    connection.execute(insert(t.connectors).values(**values))
    revisions.note(connection, by, KIND, name, before, made)
    return made


def forget(connection: Connection, name: str, by: str, expected: str | None = None) -> None:
    before = one(connection, name)
    revisions.expect(before, expected, KIND, name)
    connection.execute(delete(t.connectors).where(t.connectors.c.name == name))
    revisions.note(connection, by, KIND, name, before, None)
    schedules.forget(connection, name, by)


def _made(row: Row[Any]) -> Connector:
    return Connector(
        name=row.name,
        provider=Provider(row.provider),
        settings=decode_json(row.settings),
        external_id=row.external_id,
        created_by=row.created_by,
        created_at=moment(row.created_at),
        source=row.source or "",
    )
