"""What of the store somebody may see: scopes as a filter, one resource, or nothing at all."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from typing import NamedTuple

from cloudward.assess.tree import Tree
from cloudward.errors import MissingError
from cloudward.model import Policy, Scope
from cloudward.server.needs import Caller, Permission
from cloudward.server.state import State


def seen(
    state: State, caller: Caller, asked: Collection[str] = (), permission: Permission = Permission.READ
) -> list[str] | None:
    """The ids of the scopes that are asked for and all below them, as far as the caller has a permission
    there. None is every scope. A scope that he may not see gives as much as one that there is not."""
    if caller.everywhere(permission):
        return sorted(state.store.below(asked)) if asked else None
    allowed = caller.scopes(permission)
    return sorted(state.store.below(asked) & allowed if asked else allowed)


def visible(state: State, caller: Caller, permission: Permission = Permission.READ) -> list[Scope]:
    """The scopes that a caller may see, in order of id."""
    allowed = seen(state, caller, permission=permission)
    found = state.store.scopes()
    return found if allowed is None else [each for each in found if each.id in allowed]


def scope(state: State, caller: Caller, id: str, permission: Permission = Permission.READ) -> Scope:
    """The scope of an id, for who may see it."""
    found = next((each for each in visible(state, caller, permission) if each.id == id), None)
    if found is None:
        raise MissingError(f"there is no scope {id!r}")
    return found


def policies(state: State, caller: Caller) -> Mapping[str, Policy]:
    """The policies that a caller may know of: not those that somebody wrote for scopes of others."""
    found = state.pack.policies
    homes = {id: home for id, home in state.pack.homes.items() if home}
    if not homes or caller.everywhere(Permission.READ):
        return found
    tree, mine = Tree(state.store.scopes()), caller.scopes(Permission.READ)
    near = {place for id in mine for place in tree.upwards(id)}
    return {id: each for id, each in found.items() if homes.get(id, "") in near or id not in homes}


class Uid(NamedTuple):
    """What tells a resource from every other one, in a word that fits into an address."""

    scope: str
    type: str
    id: str

    @property
    def text(self) -> str:
        """The word."""
        return base64.urlsafe_b64encode("\0".join(self).encode()).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> Uid:
        """From the word; another word is the word of nothing."""
        try:
            parts = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split("\0")
            return cls(*parts)
        except (ValueError, TypeError) as error:
            raise MissingError("there is no such resource") from error
