"""What each policy's parameters are in each scope: its defaults, and what the scopes above and itself say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from cloudward.errors import UsageError, near
from cloudward.model import Policy, Scope
from cloudward.pack.parameters import misfit

Values: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Policy -> parameter -> value."""

EVERYWHERE = ""
"""Stands for every scope, below which all others stand."""


class Parameters:
    """The values that policies run with. What is given is checked at once, before anything runs."""

    def __init__(
        self,
        policies: Mapping[str, Policy],
        given: Mapping[str, Values] | None = None,
        scopes: Iterable[Scope] = (),
    ) -> None:
        """`given` is scope -> policy -> parameter -> value; the nearest scope wins, value by value."""
        self._policies = policies
        self._parents = {scope.id: scope.parent for scope in scopes}
        self._given = given or {}
        for values in self._given.values():
            for policy, chosen in values.items():
                _check_policy(policies, policy, chosen)

    def of(self, policy: str, scope: str) -> Mapping[str, Any]:
        """Every parameter of the policy with its value in the scope."""
        values = {name: parameter.default for name, parameter in self._policies[policy].params.items()}
        for place in self._downwards(scope):
            values.update(self._given.get(place, {}).get(policy, {}))
        return values

    def _downwards(self, scope: str) -> list[str]:
        path: list[str] = []
        place: str | None = scope
        while place is not None and place not in path:
            path.append(place)
            place = self._parents.get(place)
        return [EVERYWHERE, *reversed(path)]


def _check_policy(policies: Mapping[str, Policy], policy: str, chosen: Mapping[str, Any]) -> None:
    if policy not in policies:
        raise UsageError(f"unknown policy {policy!r}{near(policy, policies)}")
    params = policies[policy].params
    for name, value in chosen.items():
        if name not in params:
            raise UsageError(f"{policy}: unknown parameter {name!r}{near(name, params)}")
        if problem := misfit(params[name], value):
            raise UsageError(f"{policy}: parameter {name!r}: {problem}")
