"""Signing in and out."""

from __future__ import annotations

import base64
import logging
import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloudward.errors import BusyError, CallerError, DeniedError, OutgoingError, WhoError
from cloudward.server.auth import codes, passkeys, single, tickets
from cloudward.server.auth.guard import Guard, client
from cloudward.server.auth.limits import is_address, network
from cloudward.server.auth.links import CONSOLE, INVITATION
from cloudward.server.auth.signin import Guarded, OwnSite, Signed, device, prove, sign_in, signed, take
from cloudward.server.needs import Caller, Needs, Permission, public
from cloudward.store import credentials, identities, sessions, users
from cloudward.store.credentials import Credential, CredentialKind
from cloudward.store.users import User

router = APIRouter(prefix="/api/v1/session", tags=["session"])
Self = Annotated[Caller, Depends(Needs(Permission.SELF))]
Ticket = Annotated[str, Field(max_length=tickets.LONGEST)]
Password = Annotated[str, Field(max_length=1000)]
LOOPBACK = frozenset({"127.0.0.1", "::1"})
HALF = 300
"""Seconds between the halves of a sign-in."""
WRONG = "the name or the password is wrong"

log = logging.getLogger("cloudward.auth")


class Link(BaseModel):
    """What stands in a sign-in link behind `#`."""

    ticket: Ticket


class Named(BaseModel):
    """A name and a password."""

    name: Annotated[str, Field(max_length=200)]
    password: Password


class Second(BaseModel):
    """The second half of a sign-in: a code of the generator, or a recovery code."""

    ticket: Ticket
    code: Annotated[str, Field(max_length=100)]


class Answered(BaseModel):
    """What the browser answers to a challenge."""

    ticket: Ticket
    answer: dict[str, Any]


class Away(BaseModel):
    """What to go to the identity provider for."""

    purpose: Literal["sign-in", "proof", "link"] = "sign-in"
    back: Annotated[str, Field(max_length=2000)] = "/"
    """The page of the portal to come back to."""


class Proof(BaseModel):
    """Who you are, once more: a password, a code, or the answer of a passkey with its ticket. Whoever has a
    generator or a passkey proves it by these."""

    password: Password = ""
    code: Annotated[str, Field(max_length=100)] = ""
    ticket: Ticket = ""
    answer: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Half:
    """What became of a password. Signed in, when there is no second step."""

    second: list[str]
    """What can be the second step: `totp`, `recovery`, `passkey`."""
    ticket: str
    """To give with a code."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the browser needs for a passkey, and the ticket to give with its answer."""

    options: dict[str, Any]
    ticket: str


@dataclass(frozen=True, slots=True)
class Methods:
    """The ways to sign in."""

    password: bool
    passkey: bool
    """False where the server is called by an address: browsers bind passkeys to names."""
    oidc: str | None
    """The title of the identity provider; null when there is none."""


@dataclass(frozen=True, slots=True)
class There:
    """Where to send the browser."""

    url: str


@router.get("")
def session(request: Request, guard: Guarded, caller: Self) -> Signed:
    """Who is signed in, and what he may."""
    return signed(guard, request, caller)


@router.delete("", status_code=204)
def sign_out(guard: Guarded, response: Response, caller: Self) -> None:
    """Sign out. A token cannot."""
    with guard.store.database.write() as connection:
        session = sessions.one(connection, caller.session)
        if session is None:
            raise DeniedError("a token cannot sign out")
        sessions.end(connection, session, caller.name)
    take(guard, response)


@router.get("/methods")
@public
def methods(request: Request, guard: Guarded) -> Methods:
    """The ways to sign in."""
    provider = single.kept(guard.store)
    return Methods(True, not is_address(guard.host(request)), provider.title if provider else None)


@router.post("/link", status_code=204, dependencies=[OwnSite])
@public
def by_link(request: Request, guard: Guarded, response: Response, link: Link) -> None:
    """Sign in with a one-time link: the one of the terminal, or an invitation."""
    guard.attempt(request)
    method, ticket = _linked(guard, request, link.ticket)
    with guard.store.database.write() as connection:
        tickets.use(connection, ticket)
        user = users.one(connection, ticket.data["user"])
        if user is None:
            raise WhoError("this link or ticket is none")
        if method == "invitation" and _can_sign_in(connection, user):
            raise WhoError("who was invited by this link can sign in without it")
        sign_in(guard, request, response, connection, user, method)


@router.post("/password", dependencies=[OwnSite])
@public
def by_password(request: Request, guard: Guarded, response: Response, given: Named) -> Half:
    """Sign in with a name and a password; where the user has a second factor this is the first half."""
    guard.attempt(request)
    user, known = _user(guard, given.name)
    kept = next((each for each in known if each.kind is CredentialKind.PASSWORD), None)
    place = device(guard, request, user) or f"name:{given.name.strip().casefold()}"
    if seconds := guard.accounts.take(place):
        raise BusyError("too many tries to sign in with this name", seconds)
    right = guard.passwords.right(given.password, kept.secret if kept else None)
    if user is None or kept is None or not right:
        log.warning("sign-in refused: %s from %s", user.name if user else "nobody known", client(request))
        raise WhoError(WRONG)
    guard.accounts.give(place)
    if guard.passwords.stale(kept.secret):
        _renew(guard, kept, given.password)
    second = [each.kind.value for each in known if each.kind is not CredentialKind.PASSWORD]
    if second:
        ticket = tickets.make(guard.store, "second", {"user": user.id}, HALF)
        return Half(sorted(set(second)), ticket)
    with guard.store.database.write() as connection:
        sign_in(guard, request, response, connection, user, "password")
    return Half([], "")


@router.post("/second", status_code=204, dependencies=[OwnSite])
@public
def by_second(request: Request, guard: Guarded, response: Response, given: Second) -> None:
    """The second half of a sign-in with a password."""
    guard.attempt(request)
    ticket = tickets.read(guard.store, "second", given.ticket)
    id = ticket.data["user"]
    if seconds := guard.codes.take(id):
        raise BusyError("too many codes were tried", seconds)
    with guard.store.database.write() as connection:
        kind = codes.used(guard.store, connection, id, given.code)
        user = users.one(connection, id)
        if kind is None or user is None:
            log.warning("second factor refused: %s from %s", id, client(request))
            raise WhoError("this code is not the one, or was used already")
        tickets.use(connection, ticket)
        sign_in(guard, request, response, connection, user, f"password+{kind}")
    guard.codes.give(id)


@router.post("/passkey/start", dependencies=[OwnSite])
@public
def passkey_challenge(request: Request, guard: Guarded) -> Challenge:
    """What a browser needs for signing in with a passkey, or for a proof with one."""
    guard.attempt(request)
    challenge = secrets.token_bytes(32)
    text = base64.urlsafe_b64encode(challenge).decode()
    ticket = tickets.make(guard.store, "passkey", {"challenge": text}, HALF)
    return Challenge(passkeys.to_use(guard.host(request), challenge), ticket)


@router.post("/passkey", status_code=204, dependencies=[OwnSite])
@public
def by_passkey(request: Request, guard: Guarded, response: Response, given: Answered) -> None:
    """Sign in with a passkey."""
    guard.attempt(request)
    ticket, credential, kept = _signed_by(guard, request, given.ticket, given.answer)
    with guard.store.database.write() as connection:
        tickets.use(connection, ticket)
        credentials.use(connection, credential, kept)
        user = users.one(connection, credential.user)
        assert user is not None
        sign_in(guard, request, response, connection, user, "passkey")


@router.post("/proof", status_code=204)
def proof(request: Request, guard: Guarded, response: Response, caller: Self, given: Proof) -> None:
    """Prove once more who you are, for what needs that. Gives a new cookie and a new `csrf`."""
    if seconds := guard.codes.take(caller.id):
        raise BusyError("too many proofs were tried", seconds)
    with guard.store.database.read() as connection:
        known = credentials.of(connection, caller.id)
    password = next((each for each in known if each.kind is CredentialKind.PASSWORD), None)
    strong = any(each.kind in (CredentialKind.TOTP, CredentialKind.PASSKEY) for each in known)
    right = (
        bool(given.password and not strong)
        and password is not None
        and guard.passwords.right(given.password, password.secret)
    )
    passkey = None
    if given.answer is not None:
        try:
            passkey = _signed_by(guard, request, given.ticket, given.answer)
        except WhoError as error:
            raise DeniedError(str(error)) from error
    with guard.store.database.write() as connection:
        method = "password" if right else None
        if passkey is not None and passkey[1].user == caller.id:
            tickets.use(connection, passkey[0])
            credentials.use(connection, passkey[1], passkey[2])
            method = "passkey"
        if method is None and given.code:
            method = codes.used(guard.store, connection, caller.id, given.code)
        if method is None:
            log.warning("proof refused: %s from %s", caller.name, client(request))
            raise DeniedError(
                "this proves nothing", "whoever has a generator or a passkey proves it by these"
            )
        prove(guard, response, connection, caller, method)
    guard.codes.give(caller.id)


@router.post("/oidc", dependencies=[OwnSite])
@public
async def to_provider(request: Request, guard: Guarded, response: Response, away: Away) -> There:
    """Where to send the browser for signing in at the identity provider."""
    caller = None if away.purpose == "sign-in" else await guard.authenticate(request)
    if caller is not None and not caller.session:
        raise DeniedError("a token has no identity")
    if caller is not None and away.purpose == "link" and not caller.fresh:
        raise DeniedError("prove first who you are")
    return There(await single.start(guard, request, response, away.purpose, away.back, caller))


@router.get("/oidc", include_in_schema=False)
@public
def from_provider(
    request: Request, guard: Guarded, state: str = "", code: str = "", iss: str = "", error: str = ""
) -> Response:
    """Where the identity provider sends the browser back to."""
    response = RedirectResponse("/", 303)
    try:
        guard.attempt(request)
        back = single.finish(guard, request, response, state, code, iss, error)
    except (CallerError, OutgoingError) as problem:
        log.warning("sign-in at the identity provider refused: %s", problem)
        back = f"/sign-in?problem={'none' if isinstance(problem, DeniedError) else 'provider'}"
    response.headers["location"] = back
    return response


def _linked(guard: Guard, request: Request, text: str) -> tuple[str, tickets.Ticket]:
    try:
        ticket = tickets.linked(guard.store, CONSOLE, text)
    except WhoError:
        return "invitation", tickets.linked(guard.store, INVITATION, text)
    if network(client(request)) not in LOOPBACK and not guard.options.links_anywhere:
        raise DeniedError(
            "this link is good only on the machine of the server",
            "open it there, or serve with --links-anywhere",
        )
    return "link", ticket


def _can_sign_in(connection: Connection, user: User) -> bool:
    return bool(credentials.of(connection, user.id) or identities.of(connection, user.id))


def _user(guard: Guard, name: str) -> tuple[User | None, list[Credential]]:
    with guard.store.database.read() as connection:
        user = users.named(connection, name)
        if user is None or not user.active:
            return None, []
        return user, credentials.of(connection, user.id)


def _renew(guard: Guard, kept: Credential, password: str) -> None:
    secret = guard.passwords.hash(password)
    with guard.store.database.write() as connection:
        credentials.use(connection, kept, secret)


def _signed_by(
    guard: Guard, request: Request, text: str, answer: dict[str, Any]
) -> tuple[tickets.Ticket, Credential, str]:
    """The ticket, the passkey that signed it, and what is to be kept of that from now on."""
    ticket = tickets.read(guard.store, "passkey", text)
    with guard.store.database.read() as connection:
        credential = credentials.one(connection, str(answer.get("id", ""))[:2000])
    if credential is None or credential.kind is not CredentialKind.PASSKEY:
        raise WhoError("this passkey is none of ours")
    challenge = base64.urlsafe_b64decode(ticket.data["challenge"])
    kept = passkeys.checked(credential, answer, guard.host(request), guard.origin(request), challenge)
    return ticket, credential, kept
