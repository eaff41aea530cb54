"""Tokens for programs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from cloudward.connect.events.recognising import named
from cloudward.errors import MissingError, UsageError, near
from cloudward.server.answers import Listed, Page, sliced
from cloudward.server.auth.guard import digest
from cloudward.server.auth.roles import ROLES, Role
from cloudward.server.auth.signin import Guarded
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.state import Served
from cloudward.store import tokens
from cloudward.store.encoding import micros
from cloudward.store.tokens import Token

router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"])
Self = Annotated[Caller, Depends(Needs(Permission.SELF))]
Fresh = Annotated[Caller, Depends(Needs(Permission.SELF, fresh=True))]
Owner = Annotated[Caller, Depends(Needs(Permission.GRANT, anywhere=False))]
MOST = 100
"""Tokens of a user."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new token, shown this once."""

    id: str
    token: str
    expires: datetime


class NewToken(BaseModel):
    """A token to be. It may what its role may in its scope, and never more than its user may now."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$")]
    role: Annotated[str, Field(max_length=100)] = Role.SECURITY_READER.value
    scope: Annotated[str, Field(max_length=500)] = ""
    """Empty is every scope that its user may see."""
    days: Annotated[int, Field(ge=1, le=365)] = 90
    source: Annotated[str, Field(max_length=100)] = ""
    """For the role `sender`: the log of which it brings events."""
    account: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")] = ""
    """For the role `sender`: the account of the provider that they have to be of."""


@router.get("")
def own_tokens(state: Served, guard: Guarded, caller: Self, asked: Annotated[Listed, Query()]) -> Page[Token]:
    """One's own tokens, the last first. None of them is shown: `id` is its beginning."""
    with guard.store.database.read() as connection:
        return sliced(state, "tokens", asked, tokens.every(connection, caller.id), _latest)


@router.get("/all")
def all_tokens(
    state: Served, guard: Guarded, _caller: Owner, asked: Annotated[Listed, Query()]
) -> Page[Token]:
    """The tokens of all users, the last first."""
    with guard.store.database.read() as connection:
        return sliced(state, "all tokens", asked, tokens.every(connection), _latest)


@router.post("", status_code=201)
def add_token(guard: Guarded, response: Response, caller: Fresh, given: NewToken) -> Made:
    """Make a token."""
    if given.role not in ROLES:
        raise UsageError(f"there is no role {given.role!r}{near(given.role, ROLES)}", ", ".join(ROLES))
    if given.scope and given.scope not in caller.scopes(Permission.READ):
        raise MissingError(f"there is no scope {given.scope!r}")
    _bound(caller, given)
    token, text = minted(caller.id, given)
    with guard.store.database.write() as connection:
        if len(tokens.every(connection, caller.id)) >= MOST:
            raise UsageError(f"you have {MOST} tokens", "remove some that you do not use")
        tokens.keep(connection, token, digest(text), caller.name)
    response.headers["cache-control"] = "no-store"
    return Made(token.id, text, token.expires)


def minted(user: str, given: NewToken) -> tuple[Token, str]:
    """A new token of a user and its text, not kept yet."""
    id = f"cw_{secrets.token_hex(6)}"
    now = datetime.now(UTC)
    ends = now + timedelta(days=given.days)
    token = Token(
        id, user, given.name, given.role, given.scope, now, ends, source=given.source, account=given.account
    )
    return token, f"{id}_{secrets.token_urlsafe(32)}"


def _bound(caller: Caller, given: NewToken) -> None:
    """Events come of one log by a token that does nothing else."""
    if (given.role == Role.SENDER) != bool(given.source) or (given.account and not given.source):
        raise UsageError("a token of the role sender, and no other, has a source", "say of which log it is")
    if given.source:
        named(given.source)
        caller.must(Permission.SEND, given.scope)


@router.delete("/{token}", status_code=204)
def forget_token(guard: Guarded, caller: Self, token: str) -> None:
    """Remove a token: one's own, or anybody's for an owner of everything. It is good no more at once."""
    with guard.store.database.write() as connection:
        found = tokens.one(connection, token)
        others = caller.everywhere(Permission.GRANT)
        if found is None or (found.user != caller.id and not others):
            raise MissingError(f"there is no token {token!r}")
        tokens.forget(connection, found, caller.name)


def _latest(token: Token) -> tuple[int, str]:
    return -micros(token.created_at), token.id
