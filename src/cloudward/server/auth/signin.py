"""The end of every way to sign in: a session, its cookie, and a line in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy import Connection

from cloudward.errors import WhoError
from cloudward.server.auth.guard import Guard, allowed, csrf, digest
from cloudward.server.needs import Caller
from cloudward.store import credentials, sessions, users
from cloudward.store.users import User


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
    guard: Guard, request: Request, response: Response, connection: Connection, user: User, method: str
) -> None:
    """Start a session in a transaction that is open. The cookie that came with the call is good no more."""
    if not user.active:
        raise WhoError("this user is switched off")
    session, cookie = guard.session(connection, user, method, request)
    old = sessions.found(connection, digest(request.cookies.get(guard.cookie, "")))
    if old is not None:
        sessions.end(connection, old, user.name)
    sessions.start(connection, session, digest(cookie), user.name)
    give(guard, response, cookie)


def give(guard: Guard, response: Response, cookie: str) -> None:
    """Set the cookie: no script reads it, no other site sends it with what changes something."""
    response.set_cookie(
        guard.cookie, cookie, httponly=True, samesite="lax", secure=guard.options.secure, path="/"
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
