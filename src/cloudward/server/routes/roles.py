"""Roles, and who has which where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from cloudward.errors import MissingError, UsageError, near
from cloudward.server.answers import Listed, Page, sliced
from cloudward.server.auth.owners import keep_an_owner
from cloudward.server.auth.roles import ROLES, TITLES
from cloudward.server.auth.signin import Guarded
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.state import Served
from cloudward.store import bindings, users
from cloudward.store.bindings import Binding
from cloudward.store.encoding import micros

router = APIRouter(prefix="/api/v1", tags=["roles"])
Self = Annotated[Caller, Depends(Needs(Permission.SELF))]
Granter = Annotated[Caller, Depends(Needs(Permission.GRANT))]
FreshGranter = Annotated[Caller, Depends(Needs(Permission.GRANT, fresh=True))]
Name = Annotated[str, Field(max_length=500)]


@dataclass(frozen=True, slots=True)
class RoleItem:
    """A role."""

    id: str
    title: str
    permissions: list[str]


@dataclass(frozen=True, slots=True)
class RoleList:
    """All roles."""

    items: list[RoleItem]


class NewBinding(BaseModel):
    """A role for a user, or for a group at the identity provider, in a scope and all below it."""

    role: Name
    scope: Name = ""
    """Empty is every scope."""
    user: Name = ""
    """The id of a user."""
    group: Name = ""
    """The name of a group, as the provider spells it."""
    issuer: Name = ""
    """Whose group it is."""


@router.get("/roles")
def roles(_caller: Self) -> RoleList:
    """What each role may do."""
    return RoleList([RoleItem(id, TITLES[id], sorted(held)) for id, held in ROLES.items()])


@router.get("/bindings")
def every_binding(
    state: Served, guard: Guarded, caller: Granter, asked: Annotated[Listed, Query()]
) -> Page[Binding]:
    """Who has which role, in the scopes in which the caller may give some; the oldest first."""
    with guard.store.database.read() as connection:
        found = bindings.every(connection)
    mine = (each for each in found if _his(caller, each))
    return sliced(state, "bindings", asked, mine, lambda each: (micros(each.created_at), each.id))


@router.post("/bindings", status_code=201)
def bind(guard: Guarded, caller: FreshGranter, given: NewBinding) -> Binding:
    """Give a role."""
    caller.must(Permission.GRANT, given.scope)
    if given.role not in ROLES:
        raise UsageError(f"there is no role {given.role!r}{near(given.role, ROLES)}", ", ".join(ROLES))
    if bool(given.user) == bool(given.group) or bool(given.group) != bool(given.issuer):
        raise UsageError("a role is given to a `user`, or to a `group` of an `issuer`")
    made = bindings.new(given.user or given.group, given.role, given.scope, caller.name, given.issuer)
    with guard.store.database.write() as connection:
        if given.user and users.one(connection, given.user) is None:
            raise UsageError(f"there is no user {given.user!r}")
        same = (made.holder, made.issuer, made.role, made.scope)
        for each in bindings.every(connection):
            if (each.holder, each.issuer, each.role, each.scope) == same:
                return each
        bindings.keep(connection, made, caller.name)
    return made


@router.delete("/bindings/{binding}", status_code=204)
def unbind(guard: Guarded, caller: FreshGranter, binding: str) -> None:
    """Take a role back. It counts at once."""
    with guard.store.database.write() as connection:
        found = bindings.one(connection, binding)
        if found is None or not _his(caller, found):
            raise MissingError(f"there is no binding {binding!r}")
        bindings.forget(connection, found, caller.name)
        keep_an_owner(connection)


def _his(caller: Caller, binding: Binding) -> bool:
    return caller.everywhere(Permission.GRANT) or binding.scope in caller.scopes(Permission.GRANT)
