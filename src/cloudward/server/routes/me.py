"""One's own sign-ins and credentials."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloudward.errors import DeniedError, MissingError, UsageError, WhoError
from cloudward.server.auth import codes, passkeys, tickets
from cloudward.server.auth.guard import Guard
from cloudward.server.auth.passwords import refuse_weak
from cloudward.server.auth.signin import Guarded, prove, raise_to
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.store import credentials, identities, sessions, users
from cloudward.store.credentials import Credential, CredentialKind
from cloudward.store.users import User

router = APIRouter(prefix="/api/v1/me", tags=["me"])
Self = Annotated[Caller, Depends(Needs(Permission.SELF))]
Fresh = Annotated[Caller, Depends(Needs(Permission.SELF, fresh=True))]
Ticket = Annotated[str, Field(max_length=tickets.LONGEST)]
MAKING = 600
"""Seconds for setting up a generator or a passkey."""


@dataclass(frozen=True, slots=True)
class SessionItem:
    """A sign-in."""

    id: str
    method: str
    address: str
    agent: str
    created_at: datetime
    seen: datetime
    expires: datetime
    current: bool
    """Whether it is the one that asks."""


@dataclass(frozen=True, slots=True)
class SessionList:
    """Sign-ins, the last used first."""

    items: list[SessionItem]


@dataclass(frozen=True, slots=True)
class CredentialItem:
    """A way to sign in."""

    id: str
    kind: CredentialKind
    name: str
    created_at: datetime
    used: datetime | None
    left: int | None
    """Recovery codes that were not used."""


@dataclass(frozen=True, slots=True)
class CredentialList:
    """One's ways to sign in, and who one is at the identity provider."""

    items: list[CredentialItem]
    identities: list[str]


@dataclass(frozen=True, slots=True)
class Generator:
    """What a generator of codes needs; nothing is kept before a code came back."""

    secret: str
    address: str
    """For the picture that a generator reads."""
    ticket: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """Recovery codes, shown this once. Empty when there are some already."""

    codes: list[str]


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the browser needs for making a passkey, and the ticket to give with its answer."""

    options: dict[str, Any]
    ticket: str


class NewPassword(BaseModel):
    """A new password, and the one before where there is one."""

    password: Annotated[str, Field(max_length=1000)]
    current: Annotated[str, Field(max_length=1000)] = ""


class Code(BaseModel):
    """The first code of a generator."""

    ticket: Ticket
    code: Annotated[str, Field(max_length=20)]


class NewPasskey(BaseModel):
    """A passkey that the browser made."""

    ticket: Ticket
    answer: dict[str, Any]
    name: Annotated[str, Field(min_length=1, max_length=100)] = "passkey"


@router.get("/sessions")
def own_sessions(guard: Guarded, caller: Self) -> SessionList:
    """One's own sign-ins."""
    with guard.store.database.read() as connection:
        found = sessions.of(connection, caller.id)
    return SessionList(
        [
            SessionItem(
                s.id, s.method, s.address, s.agent, s.created_at, s.seen, s.expires, s.id == caller.session
            )
            for s in found
        ]
    )


@router.delete("/sessions", status_code=204)
def end_others(guard: Guarded, caller: Fresh) -> None:
    """End all of one's sign-ins but this one."""
    with guard.store.database.write() as connection:
        sessions.end_all(connection, caller.id, caller.name, but=caller.session)


@router.delete("/sessions/{session}", status_code=204)
def end_session(guard: Guarded, caller: Fresh, session: str) -> None:
    """End one of one's sign-ins."""
    with guard.store.database.write() as connection:
        found = sessions.one(connection, session)
        if found is None or found.user != caller.id:
            raise MissingError(f"there is no sign-in {session!r} of yours")
        sessions.end(connection, found, caller.name)


@router.get("/credentials")
def own_credentials(guard: Guarded, caller: Self) -> CredentialList:
    """One's own ways to sign in."""
    with guard.store.database.read() as connection:
        found = credentials.of(connection, caller.id)
        issuers = [each.issuer for each in identities.of(connection, caller.id)]
    return CredentialList([_item(each) for each in found], issuers)


@router.delete("/credentials/{credential}", status_code=204)
def forget_credential(guard: Guarded, caller: Fresh, credential: str) -> None:
    """Forget a way to sign in; not the last one."""
    with guard.store.database.write() as connection:
        known = credentials.of(connection, caller.id)
        found = next((each for each in known if each.id == credential), None)
        if found is None:
            raise MissingError(f"there is no credential {credential!r} of yours")
        alone = {CredentialKind.PASSWORD, CredentialKind.PASSKEY}
        rest = [each for each in known if each != found and each.kind in alone]
        if not rest and not identities.of(connection, caller.id):
            raise UsageError("this is the last way for you to sign in", "add another one first")
        credentials.forget(connection, found, caller.name)


@router.put("/password", status_code=204)
def set_password(guard: Guarded, response: Response, caller: Fresh, given: NewPassword) -> None:
    """Set or change one's password. All other sign-ins end, this one has a new cookie."""
    with guard.store.database.read() as connection:
        user = _user(connection, caller)
        old = next(iter(credentials.of(connection, caller.id, CredentialKind.PASSWORD)), None)
    if old is not None and not guard.passwords.right(given.current, old.secret):
        raise DeniedError("the present password is another one")
    refuse_weak(given.password, [user.name, *(user.email or "").split("@")])
    made = credentials.new(caller.id, CredentialKind.PASSWORD, guard.passwords.hash(given.password))
    with guard.store.database.write() as connection:
        credentials.keep(connection, made, caller.name)
        sessions.end_all(connection, caller.id, caller.name, but=caller.session)
        prove(guard, response, connection, caller, "password")


@router.post("/totp")
def start_generator(request: Request, guard: Guarded, caller: Fresh) -> Generator:
    """What a generator of codes needs."""
    with guard.store.database.read() as connection:
        user = _user(connection, caller)
    secret = codes.new_secret()
    ticket = tickets.make(guard.store, "totp", {"user": caller.id, "secret": secret}, MAKING)
    return Generator(secret, codes.address(secret, user.name, guard.host(request)), ticket)


@router.put("/totp")
def set_generator(guard: Guarded, response: Response, caller: Fresh, given: Code) -> Recovery:
    """Take a generator into use with its first code; it takes the place of the one before."""
    ticket = _own(guard, "totp", given.ticket, caller)
    secret = ticket.data["secret"]
    if codes.step(secret, given.code) is None:
        raise UsageError("this is not the code of this moment", "is the clock of the generator right?")
    sealed = guard.store.vault.seal(secret, codes.PURPOSE)
    made = credentials.new(caller.id, CredentialKind.TOTP, sealed, "code generator")
    return _enrolled(guard, response, caller, ticket, made)


@router.post("/passkeys/start")
def start_passkey(request: Request, guard: Guarded, caller: Fresh) -> Challenge:
    """What a browser needs for making a passkey."""
    challenge = secrets.token_bytes(32)
    with guard.store.database.read() as connection:
        user = _user(connection, caller)
        known = credentials.of(connection, caller.id, CredentialKind.PASSKEY)
    data = {"user": caller.id, "challenge": base64.urlsafe_b64encode(challenge).decode()}
    ticket = tickets.make(guard.store, "new-passkey", data, MAKING)
    return Challenge(passkeys.to_make(user, known, guard.host(request), challenge), ticket)


@router.post("/passkeys")
def add_passkey(
    request: Request, guard: Guarded, response: Response, caller: Fresh, given: NewPasskey
) -> Recovery:
    """Take a passkey into use."""
    ticket = _own(guard, "new-passkey", given.ticket, caller)
    with guard.store.database.read() as connection:
        user = _user(connection, caller)
    challenge = base64.urlsafe_b64decode(ticket.data["challenge"])
    host, origin = guard.host(request), guard.origin(request)
    try:
        made = passkeys.made(user, given.answer, given.name, host, origin, challenge)
    except WhoError as error:
        raise UsageError(str(error)) from error
    return _enrolled(guard, response, caller, ticket, made)


@router.post("/recovery-codes")
def new_recovery_codes(guard: Guarded, caller: Fresh) -> Recovery:
    """New recovery codes; those before are good no more."""
    shown, made = codes.recovery(caller.id)
    with guard.store.database.write() as connection:
        if not any(
            each.kind is not CredentialKind.RECOVERY for each in credentials.of(connection, caller.id)
        ):
            raise UsageError("recovery codes stand in for a second factor", "set one up first")
        credentials.keep(connection, made, caller.name)
    return Recovery(shown)


def _enrolled(
    guard: Guard, response: Response, caller: Caller, ticket: tickets.Ticket, made: Credential
) -> Recovery:
    """Keep a second factor; the first one comes with recovery codes, and the session has two factors now."""
    with guard.store.database.write() as connection:
        tickets.use(connection, ticket)
        if credentials.one(connection, made.id) is not None:
            raise UsageError("this passkey is known already")
        credentials.keep(connection, made, caller.name)
        raise_to(connection, caller, made.kind.value)
        shown: list[str] = []
        if not credentials.of(connection, caller.id, CredentialKind.RECOVERY):
            shown, kept = codes.recovery(caller.id)
            credentials.keep(connection, kept, caller.name)
    response.headers["cache-control"] = "no-store"
    return Recovery(shown)


def _own(guard: Guard, kind: str, text: str, caller: Caller) -> tickets.Ticket:
    try:
        ticket = tickets.read(guard.store, kind, text)
    except WhoError as error:  # of the ticket, not of who calls
        raise UsageError(str(error)) from error
    if ticket.data["user"] != caller.id:
        raise UsageError("this ticket is another user's")
    return ticket


def _user(connection: Connection, caller: Caller) -> User:
    user = users.one(connection, caller.id)
    assert user is not None
    return user


def _item(credential: Credential) -> CredentialItem:
    recovery = credential.kind is CredentialKind.RECOVERY
    return CredentialItem(
        credential.id,
        credential.kind,
        credential.name,
        credential.created_at,
        credential.used,
        codes.left(credential) if recovery else None,
    )
