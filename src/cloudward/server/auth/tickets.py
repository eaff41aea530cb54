"""Sealed notes that the server gives out and takes back once: sign-in links, challenges, half a sign-in.

Nothing is kept of one that is never used, so nobody can fill the database with them.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloudward.errors import StoreError, WhoError
from cloudward.store import Store, spent
from cloudward.store.vault import SEALED

LONGEST = 4000


class Ticket(msgspec.Struct, array_like=True, frozen=True):
    """Short, because people see the link that it is in."""

    id: str
    data: dict[str, Any]
    over: int
    """The second since 1970 from which on it is good no more."""

    @property
    def expires(self) -> datetime:
        return datetime.fromtimestamp(self.over, UTC)


def make(store: Store, kind: str, data: dict[str, Any], seconds: int) -> str:
    """A ticket of a kind that is good for so long."""
    over = int(datetime.now(UTC).timestamp()) + seconds
    ticket = Ticket(secrets.token_hex(8), data, over)
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
