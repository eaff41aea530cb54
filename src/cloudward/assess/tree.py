"""Scopes and what is above them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from cloudward.model import Scope

EVERYWHERE = ""
"""Stands for every scope, below which all others stand."""


class Tree:
    """The scopes that are known, each with its parent."""

    def __init__(self, scopes: Iterable[Scope] = ()) -> None:
        self._parents = {scope.id: scope.parent for scope in scopes}

    def upwards(self, scope: str) -> tuple[str, ...]:
        """The scope, what is above it, and at last everything. A loop ends."""
        path: list[str] = []
        place: str | None = scope
        while place and place not in path:
            path.append(place)
            place = self._parents.get(place)
        return (*path, EVERYWHERE)

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every scope, also one that is only known to be above another."""
        above = {parent for parent in self._parents.values() if parent}
        return frozenset(self._parents) | above
