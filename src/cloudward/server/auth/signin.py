"""The end of every way to sign in: a session, its cookie, and a line in the log."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy import Connection

from cloudward.errors import DeniedError, WhoError
from cloudward.server.auth import tickets
from cloudward.server.auth.guard import HALVES, Guard, allowed, csrf, digest
from cloudward.server.needs import Caller
from cloudward.store import credentials, sessions, users
from cloudward.store.users import User

DEVICE = "device"
DEVICE_SECONDS = 180 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is signed in, and what his page needs to know."""

    user: str
    name: str
    method: str
    """How he proved who he is; `token` for a token."""
    csrf: str
    """To send as `X-CSRF-Token` with every call that changes something; empty for a token."""
    fresh: bool
    """Whether he proved it a moment ago, so that he may do what needs that."""
    permissions: dict[str, bool]
    """What he may do somewhere -> whether he may do it everywhere."""
    to_do: list[str]
    """What he should set up next: `credential` for who came in by a link and has none, `second` for a second
    factor."""


def _guard(request: Request) -> Guard:
    guard: Guard = request.app.state.guard
    return guard


Guarded = Annotated[Guard, Depends(_guard)]
"""As the parameter of a route: the guard."""


def _own_site(request: Request) -> None:
    _guard(request).same_site(request)


OwnSite = Depends(_own_site)
"""As a dependency of a route that anybody may call: refuses what another site makes a browser send."""


def sign_in(
    guard: Guard,
    request: Request,
    response: Response,
    connection: Connection,
    user: User,
    method: str,
    verified: datetime | None = None,
) -> None:
    """Start a session in a transaction that is open. The cookie that came with the call is good no more."""
    if not user.active:
        raise WhoError("this user is switched off")
    session, cookie = guard.session(connection, user, method, request, verified)
    old = sessions.found(connection, digest(request.cookies.get(guard.cookie, "")))
    if old is not None:
        sessions.end(connection, old, user.name)
    sessions.start(connection, session, digest(cookie), user.name)
    _give(guard, response, guard.cookie, cookie)
    known = tickets.make(guard.store, DEVICE, {"user": user.id}, DEVICE_SECONDS)
    _give(guard, response, guard.named("cloudward-device"), known, DEVICE_SECONDS)


def prove(guard: Guard, response: Response, connection: Connection, caller: Caller, method: str) -> None:
    """Its user proved again who he is: the session is fresh, and has a new cookie."""
    session = sessions.one(connection, caller.session)
    if session is None:
        raise DeniedError("a token proves nothing")
    cookie = secrets.token_urlsafe(32)
    sessions.prove(connection, session, digest(cookie), method, caller.name)
    _give(guard, response, guard.cookie, cookie)


def raise_to(connection: Connection, caller: Caller, factor: str) -> None:
    """The user of a session with one factor has just set up a second one, and shown that he has it."""
    session = sessions.one(connection, caller.session)
    if session is not None and session.method in HALVES:
        sessions.strengthen(connection, session.id, f"{session.method}+{factor}")


def device(guard: Guard, request: Request, user: User | None) -> str:
    """The browser, when this user signed in with it before. Whoever tries his name elsewhere does not slow
    down him here. Empty for any other."""
    try:
        text = request.cookies.get(guard.named("cloudward-device"), "")
        ticket = tickets.read(guard.store, DEVICE, text)
    except WhoError:
        return ""
    return f"device:{ticket.id}" if user and ticket.data["user"] == user.id else ""


def _give(guard: Guard, response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie: no script reads it, no other site sends it with what changes something."""
    response.set_cookie(
        name, value, seconds, httponly=True, samesite="lax", secure=guard.options.secure, path="/"
    )
    response.headers["cache-control"] = "no-store"


def take(guard: Guard, response: Response) -> None:
    """Forget the cookie, and what the browser kept of us."""
    response.delete_cookie(guard.cookie, httponly=True, samesite="lax", secure=guard.options.secure, path="/")
    response.headers["clear-site-data"] = '"cache", "storage"'


def signed(guard: Guard, request: Request, caller: Caller) -> Signed:
    """What a page needs to know of who is signed in."""
    with guard.store.database.read() as connection:
        user = users.one(connection, caller.id)
        session = sessions.one(connection, caller.session) if caller.session else None
        kinds = {each.kind for each in credentials.of(connection, caller.id)}
    assert user is not None
    method = session.method if session else "token"
    return Signed(
        user=user.id,
        name=user.name,
        method=method,
        csrf=csrf(request.cookies.get(guard.cookie, "")) if session else "",
        fresh=caller.fresh,
        permissions=allowed(caller),
        to_do=_to_do(kinds, method) if session else [],
    )


def _to_do(kinds: set[credentials.CredentialKind], method: str) -> list[str]:
    kind = credentials.CredentialKind
    if method == "oidc" or kind.PASSKEY in kinds:
        return []
    return (
        []
        if {kind.PASSWORD, kind.TOTP} <= kinds
        else ["second"]
        if kind.PASSWORD in kinds
        else ["credential"]
    )
