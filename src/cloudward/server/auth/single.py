"""Single sign-on: from the guard's side. What the provider says is in `oidc`."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection

from cloudward.errors import DeniedError, UsageError, WhoError
from cloudward.server.auth import tickets
from cloudward.server.auth.guard import Guard
from cloudward.server.auth.oidc import Claims, Provider
from cloudward.server.auth.signin import prove, sign_in
from cloudward.server.needs import Caller
from cloudward.store import Store, bindings, identities, security, users
from cloudward.store.identities import Identity
from cloudward.store.users import User

SETTING = "oidc"
PURPOSE = "oidc"
COOKIE = "cloudward-oidc"
PATH = "/api/v1/session/oidc"
SECONDS = 600
RECENT = timedelta(minutes=5)
BY = "single sign-on"


def kept(store: Store) -> Provider | None:
    """The provider, as it is set up."""
    with store.database.read() as connection:
        document = security.setting(connection, SETTING)
    if document is None:
        return None
    sealed = document["client_secret"]
    plain = store.vault.open(sealed, PURPOSE) if sealed else ""
    return msgspec.convert(document | {"client_secret": plain}, Provider)


async def start(
    guard: Guard, request: Request, response: Response, purpose: str, back: str, caller: Caller | None
) -> str:
    """Where to send the browser. What has to come back with it is sealed into a cookie."""
    if not back.startswith("/") or back[1:2] in ("/", "\\") or any(each < " " for each in back):
        raise UsageError("`back` is the path of a page here")
    provider = await run_in_threadpool(kept, guard.store)
    if provider is None:
        raise UsageError("no identity provider is set up")
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    data = {
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "back": back,
        "purpose": purpose,
        "session": caller.session if caller else "",
    }
    ticket = await run_in_threadpool(tickets.make, guard.store, PURPOSE, data, SECONDS)
    here = guard.origin(request) + PATH
    again = purpose == "proof"
    url = await run_in_threadpool(guard.oidc.start, provider, here, state, nonce, verifier, again)
    response.set_cookie(
        guard.named(COOKIE), ticket, SECONDS, httponly=True, samesite="lax", secure=guard.options.secure
    )
    return url


def finish(
    guard: Guard, request: Request, response: Response, state: str, code: str, iss: str, error: str
) -> str:
    """Sign in, prove or link whom the provider sends; gives the page to go on to."""
    response.delete_cookie(guard.named(COOKIE), httponly=True, samesite="lax", secure=guard.options.secure)
    ticket = tickets.read(guard.store, PURPOSE, request.cookies.get(guard.named(COOKIE), ""))
    data = ticket.data
    if not secrets.compare_digest(state.encode(), data["state"].encode()):
        raise WhoError("this answer is to no question of this browser")
    provider = kept(guard.store)
    if error or not code or provider is None:
        raise WhoError("the provider refused")
    here = guard.origin(request) + PATH
    claims = guard.oidc.finish(provider, here, code, data["nonce"], data["verifier"], iss)
    with guard.store.database.write() as connection:
        tickets.use(connection, ticket)
        if data["purpose"] == "sign-in":
            user = _user(connection, provider, claims)
            sign_in(guard, request, response, connection, user, "oidc", _proved(claims))
        else:
            _of_session(guard, request, response, connection, data, claims)
    return str(data["back"])


def _user(connection: Connection, provider: Provider, claims: Claims) -> User:
    """The user of an identity: known, or made when he may come in."""
    identity = identities.one(connection, claims.issuer, claims.subject)
    if identity is None:
        if not provider.everybody and not _has_role(connection, claims):
            raise DeniedError(f"{claims.name} has no role here: none of his groups has one")
        user = _new(connection, claims)
        users.keep(connection, user, BY)
        identities.link(connection, claims.issuer, claims.subject, user.id, BY)
        identity = identities.one(connection, claims.issuer, claims.subject)
    assert identity is not None
    identities.saw(connection, identity, claims.groups)
    found = users.one(connection, identity.user)
    assert found is not None
    return found


def _has_role(connection: Connection, claims: Claims) -> bool:
    return bool(bindings.of(connection, "", [(claims.issuer, each) for each in claims.groups]))


def _new(connection: Connection, claims: Claims) -> User:
    """A user with a name as near to the provider's as is free: a name that is taken is another person's."""
    plain = "".join(
        each if (each.isalnum() and each.isascii()) or each in "._@+-" else "-" for each in claims.name
    )
    plain = plain.casefold().lstrip("._@+-")[:80] or "user"
    name, number = plain, 1
    while users.named(connection, name):
        number += 1
        name = f"{plain}-{number}"
    return users.new(name, BY, claims.email)


def _of_session(
    guard: Guard, request: Request, response: Response, connection: Connection, data: Any, claims: Claims
) -> None:
    """What the user of a session went to the provider for."""
    caller = guard.by_cookie(connection, request)
    if caller.session != data["session"]:
        raise WhoError("another sign-in asked for this")
    identity = identities.one(connection, claims.issuer, claims.subject)
    if data["purpose"] == "link":
        _link(connection, caller, claims, identity)
    elif identity is None or identity.user != caller.id:
        raise DeniedError("this is another user")
    elif _proved(claims) < datetime.now(UTC) - RECENT or not claims.proved:
        raise DeniedError("the provider does not say that he proved it just now")
    else:
        prove(guard, response, connection, caller, "oidc")


def _link(connection: Connection, caller: Caller, claims: Claims, identity: Identity | None) -> None:
    if identity is not None and identity.user != caller.id:
        raise DeniedError("this identity is another user's")
    if identity is None:
        identities.link(connection, claims.issuer, claims.subject, caller.id, caller.name)


def _proved(claims: Claims) -> datetime:
    now = datetime.now(UTC)
    return min(now, datetime.fromtimestamp(claims.proved, UTC)) if claims.proved > 0 else now
