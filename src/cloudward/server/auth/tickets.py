"""Sealed notes that the server gives out and takes back once: sign-in links, challenges, half a sign-in.

Nothing is kept of one that is never used, so nobody can fill the database with them.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloudward.errors import StoreError, WhoError
from cloudward.store import Store, spent
from cloudward.store.vault import SEALED

LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Ticket:
    id: str
    data: dict[str, Any]
    made: datetime
    expires: datetime


def make(store: Store, kind: str, data: dict[str, Any], seconds: int) -> str:
    """A ticket of a kind that is good for so long."""
    now = datetime.now(UTC)
    ticket = Ticket(secrets.token_hex(16), data, now, now + timedelta(seconds=seconds))
    sealed = store.vault.seal(msgspec.json.encode(ticket).decode(), f"ticket.{kind}")
    return sealed.removeprefix("sealed:1:").replace(f":ticket.{kind}:", ".")


def read(store: Store, kind: str, text: str) -> Ticket:
    """What is in it. One that is forged, of another kind or over is a `WhoError`."""
    key, _, rest = text[:LONGEST].partition(".")
    sealed = f"sealed:1:{key}:ticket.{kind}:{rest}"
    if not SEALED.fullmatch(sealed):
        raise WhoError("this link or ticket is none")
    try:
        ticket = msgspec.json.decode(store.vault.open(sealed, f"ticket.{kind}"), type=Ticket)
    except (StoreError, msgspec.DecodeError) as error:
        raise WhoError("this link or ticket is none") from error
    if ticket.expires <= datetime.now(UTC):
        raise WhoError("this link or ticket is over")
    return ticket


def use(connection: Connection, ticket: Ticket) -> None:
    """Take it for good: the second time it is a `WhoError`."""
    if not spent.spend(connection, f"ticket:{ticket.id}", ticket.expires):
        raise WhoError("this link or ticket was used already")
