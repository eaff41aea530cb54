"""Who may sign in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloudward.errors import MissingError, UsageError
from cloudward.server.answers import Listed, Page, Word, sliced
from cloudward.server.auth.links import invitation
from cloudward.server.auth.owners import keep_an_owner
from cloudward.server.auth.signin import Guarded
from cloudward.server.changes import READ, Expected, tagged
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.state import Served
from cloudward.store import credentials, identities, sessions, users
from cloudward.store.revisions import expect
from cloudward.store.users import User

router = APIRouter(prefix="/api/v1/users", tags=["users"])
Granter = Annotated[Caller, Depends(Needs(Permission.GRANT))]
Owner = Annotated[Caller, Depends(Needs(Permission.GRANT, anywhere=False))]
FreshOwner = Annotated[Caller, Depends(Needs(Permission.GRANT, anywhere=False, fresh=True))]
Email = Annotated[str, Field(max_length=320)]


@dataclass(frozen=True, slots=True)
class UserItem:
    """Somebody who may sign in."""

    id: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class UserDetail:
    """A user, with how he signs in."""

    id: str
    name: str
    email: str | None
    active: bool
    created_by: str
    created_at: datetime
    credentials: list[str]
    """The kinds of what he signs in with here."""
    issuers: list[str]
    """The identity providers where he is known."""
    seen: datetime | None
    """When he was here last, of the sign-ins that are not over."""


@dataclass(frozen=True, slots=True)
class Invited:
    """A new user, and the link with which he comes in: shown this once."""

    user: UserItem
    link: str
    """A path. It is good once, for three days."""


class NewUser(BaseModel):
    """A user to be."""

    name: Annotated[str, Field(max_length=100)]
    email: Email | None = None


class UserChange(BaseModel):
    """What to change of a user; what is left out stays."""

    email: Email | None = None
    active: bool | None = None


class Invitation(BaseModel):
    """A new link for a user."""

    reset: bool = False
    """Forget what he signed in with before, and end his sign-ins: he has lost it."""


class Asked(Listed):
    """Filters of users."""

    search: Word = ""
    """Part of the name, in any case."""


@router.get("")
def every_user(
    state: Served, guard: Guarded, _caller: Granter, asked: Annotated[Asked, Query()]
) -> Page[UserItem]:
    """Users in order of name, for who may give somebody a role."""
    with guard.store.database.read() as connection:
        found = [_item(each) for each in users.every(connection)]
    text = asked.search.casefold()
    return sliced(
        state, "users", asked, (each for each in found if text in each.name), lambda each: (each.name,)
    )


@router.post("", status_code=201)
def add_user(guard: Guarded, response: Response, caller: FreshOwner, given: NewUser) -> Invited:
    """Make a user. He may nothing yet."""
    user = users.new(given.name, caller.name, given.email)
    with guard.store.database.write() as connection:
        users.keep(connection, user, caller.name)
    response.headers["cache-control"] = "no-store"
    return Invited(_item(user), invitation(guard.store, user))


@router.get("/{user}", response_model=UserDetail, responses={**READ})
def one_user(guard: Guarded, _caller: Owner, user: str) -> Response:
    """A user, with how he signs in."""
    with guard.store.database.read() as connection:
        found = _found(connection, user)
        return tagged(_detail(connection, found), found)


@router.patch("/{user}", response_model=UserDetail, responses={**READ})
def change_user(
    guard: Guarded, caller: FreshOwner, user: str, change: UserChange, expected: Expected
) -> Response:
    """Change a user. Who is switched off is signed out at once, and his tokens are good no more."""
    with guard.store.database.write() as connection:
        before = _found(connection, user)
        expect(before, expected, "user", before.name)
        after = before
        if change.active is not None:
            after = replace(after, active=change.active)
        if "email" in change.model_fields_set:
            after = replace(after, email=change.email)
        users.keep(connection, after, caller.name)
        if not after.active:
            sessions.end_all(connection, user, caller.name)
            keep_an_owner(connection)
        return tagged(_detail(connection, after), after)


@router.post("/{user}/invitation")
def invite(guard: Guarded, response: Response, caller: FreshOwner, user: str, given: Invitation) -> Invited:
    """A new link for a user who has lost the first, or all that he signs in with."""
    with guard.store.database.write() as connection:
        found = _found(connection, user)
        if not found.active:
            raise UsageError(f"{found.name} is switched off")
        if given.reset:
            for credential in credentials.of(connection, user):
                credentials.forget(connection, credential, caller.name)
            sessions.end_all(connection, user, caller.name)
        elif credentials.of(connection, user) or identities.of(connection, user):
            raise UsageError(f"{found.name} can sign in already", "`reset` forgets what he signs in with")
        users.invited(connection, found, caller.name, given.reset)
    response.headers["cache-control"] = "no-store"
    return Invited(_item(found), invitation(guard.store, found))


@router.delete("/{user}/sessions", status_code=204)
def sign_out_user(guard: Guarded, caller: Owner, user: str) -> None:
    """End all sign-ins of a user."""
    with guard.store.database.write() as connection:
        sessions.end_all(connection, _found(connection, user).id, caller.name)


def _found(connection: Connection, id: str) -> User:
    user = users.one(connection, id)
    if user is None:
        raise MissingError(f"there is no user {id!r}")
    return user


def _item(user: User) -> UserItem:
    return UserItem(user.id, user.name, user.active)


def _detail(connection: Connection, user: User) -> UserDetail:
    known = sessions.of(connection, user.id)
    return UserDetail(
        user.id,
        user.name,
        user.email,
        user.active,
        user.created_by,
        user.created_at,
        sorted({each.kind.value for each in credentials.of(connection, user.id)}),
        sorted({each.issuer for each in identities.of(connection, user.id)}),
        max((each.seen for each in known), default=None),
    )
