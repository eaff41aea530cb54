"""Tokens for programs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

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
    id = f"cw_{secrets.token_hex(6)}"
    text = f"{id}_{secrets.token_urlsafe(32)}"
    now = datetime.now(UTC)
    ends = now + timedelta(days=given.days)
    token = Token(id, caller.id, given.name, given.role, given.scope, now, ends)
    with guard.store.database.write() as connection:
        if len(tokens.every(connection, caller.id)) >= MOST:
            raise UsageError(f"you have {MOST} tokens", "remove some that you do not use")
        tokens.keep(connection, token, digest(text), caller.name)
    response.headers["cache-control"] = "no-store"
    return Made(id, text, ends)


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
