"""Notes that the server gives out and takes back once: sign-in links, challenges, half a sign-in.

Nothing is kept of one that is never used, so nobody can fill the database with them.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloudward.errors import StoreError, WhoError
from cloudward.store import Store, spent
from cloudward.store.vault import SEALED

LONGEST = 4000
LINK = struct.Struct(">I4s8s")
"""The second since 1970 from which on it is good no more, what makes it one of its own, whose it is."""
MARK = 14
"""Bytes of the signature: nobody guesses 112 bits within minutes."""
USER = "user-"


class Ticket(msgspec.Struct, array_like=True, frozen=True):
    """What was given out."""

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
    return _good(ticket)


def _good(ticket: Ticket) -> Ticket:
    if ticket.expires <= datetime.now(UTC):
        raise WhoError("this link or ticket is over")
    return ticket


def link(store: Store, kind: str, user: str, seconds: int) -> str:
    """A ticket of 40 letters for a user, because people see the link that it is in.

    It is signed and not sealed: it says whose it is and until when, and no more.
    """
    over = int(datetime.now(UTC).timestamp()) + seconds
    body = LINK.pack(over, secrets.token_bytes(4), bytes.fromhex(user.removeprefix(USER)))
    return base64.urlsafe_b64encode(body + _mark(store, kind, body)).decode()


def linked(store: Store, kind: str, text: str) -> Ticket:
    """What is in such a one, as `read` has it."""
    try:
        whole = base64.b64decode(text, b"-_", validate=True)
    except ValueError as error:
        raise WhoError("this link or ticket is none") from error
    body, mark = whole[: LINK.size], whole[LINK.size :]
    if len(body) < LINK.size or not hmac.compare_digest(mark, _mark(store, kind, body)):
        raise WhoError("this link or ticket is none")
    over, _, user = LINK.unpack(body)
    return _good(Ticket(body.hex(), {"user": USER + user.hex()}, over))


def _mark(store: Store, kind: str, body: bytes) -> bytes:
    return hmac.digest(store.key, f"ticket.{kind}:".encode() + body, "sha256")[:MARK]


def use(connection: Connection, ticket: Ticket) -> None:
    """Take it for good: the second time it is a `WhoError`."""
    if not spent.spend(connection, f"ticket:{ticket.id}", ticket.expires):
        raise WhoError("this link or ticket was used already")
