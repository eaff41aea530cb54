"""What each policy's parameters are in each scope: its defaults, and what the scopes above and itself say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from cloudward.assess.tree import Tree
from cloudward.errors import UsageError, near
from cloudward.model import Policy, Scope
from cloudward.pack.parameters import misfit

Values: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Policy -> parameter -> value."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


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
        self._tree = Tree(scopes)
        self._given = given or {}
        for values in self._given.values():
            for policy, chosen in values.items():
                for _, problem in misfits(policies, policy, chosen):
                    raise UsageError(problem)

    def of(self, policy: str, scope: str, assigned: Mapping[str, Any] = NOTHING) -> Mapping[str, Any]:
        """Every parameter of the policy with its value in the scope: what is given, else what is assigned."""
        values = {name: parameter.default for name, parameter in self._policies[policy].params.items()}
        values.update((name, value) for name, value in assigned.items() if name in values)
        for place in reversed(self._tree.upwards(scope)):
            values.update(self._given.get(place, {}).get(policy, {}))
        return values


def misfits(
    policies: Mapping[str, Policy], policy: str, chosen: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """What is wrong with values for a policy: the parameter, or nothing, and a sentence."""
    if policy not in policies:
        yield "", f"unknown policy {policy!r}{near(policy, policies)}"
        return
    params = policies[policy].params
    for name, value in chosen.items():
        if name not in params:
            yield name, f"{policy}: unknown parameter {name!r}{near(name, params)}"
        elif problem := misfit(params[name], value):
            yield name, f"{policy}: parameter {name!r}: {problem}"
