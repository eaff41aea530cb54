"""What roles in scopes come to: where somebody may do what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, select

from cloudward.server.auth.roles import ROLES
from cloudward.server.needs import Permission
from cloudward.store import tables as t
from cloudward.store.atlas import kept

Tree = Mapping[str, str | None]
"""Scope -> what holds it."""
NOWHERE: Collection[Permission] = frozenset()


class Grant(NamedTuple):
    """A role in a scope (`""` is all) and what is below it."""

    role: str
    scope: str


class Reach:
    """Where the holder of some grants may do what. The tree is asked for once, when it is first needed."""

    def __init__(self, grants: Iterable[Grant], tree: Callable[[], Tree]) -> None:
        self._grants, self._tree = tuple(grants), tree
        self._known: Tree | None = None
        self._scopes: dict[Permission, frozenset[str]] = {}

    def everywhere(self, permission: Permission) -> bool:
        if permission is Permission.SELF:
            return True
        return any(not each.scope and permission in ROLES.get(each.role, NOWHERE) for each in self._grants)

    def scopes(self, permission: Permission) -> frozenset[str]:
        found = self._scopes.get(permission)
        if found is None:
            found = self._scopes[permission] = self._below(permission)
        return found

    def _below(self, permission: Permission) -> frozenset[str]:
        roots = {each.scope for each in self._grants if permission in ROLES.get(each.role, NOWHERE)}
        if not roots and permission is not Permission.SELF:
            return frozenset()
        if self._known is None:
            self._known = self._tree()
        if "" in roots or permission is Permission.SELF:
            return frozenset(self._known)
        return below(self._known, roots)


def below(tree: Tree, roots: Collection[str]) -> frozenset[str]:
    """Those of the roots that are there, and all under them."""
    inside: dict[str, bool] = {}
    for scope in tree:
        path: list[str] = []
        at: str | None = scope
        while at is not None and at not in inside and at not in roots and at not in path:
            path.append(at)
            at = tree.get(at)
        found = at is not None and (at in roots or inside.get(at, False))
        inside.update(dict.fromkeys(path, found))
        if scope in roots:
            inside[scope] = True
    return frozenset(scope for scope, found in inside.items() if found and scope in tree)


def tree(connection: Connection) -> Tree:
    """As it is now."""
    return kept(connection, _parents)


def _parents(connection: Connection) -> Tree:
    return {row.id: row.parent for row in connection.execute(select(t.scopes.c.id, t.scopes.c.parent))}
