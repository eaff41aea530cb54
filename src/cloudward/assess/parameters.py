"""What each policy's parameters are in each scope: its defaults, and what the scopes above and itself say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from cloudward.errors import UsageError, near
from cloudward.model import Parameter, Policy, Scope

Values: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Policy -> parameter -> value."""

EVERYWHERE = ""
"""Stands for every scope, below which all others stand."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "number": (int, float),
    "bool": (bool,),
    "string": (str,),
}


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


def check(policy: str, name: str, parameter: Parameter, value: Any) -> None:
    """Refuse a value of another type or out of bounds; the message names the policy and the parameter."""
    where = f"{policy}: parameter {name!r}"
    if not _fits(parameter, value):
        raise UsageError(f"{where} takes {_article(parameter)}, not {value!r}")
    each = value if isinstance(value, list | tuple) else [value]
    if parameter.values and not all(one in parameter.values for one in each):
        raise UsageError(f"{where}: {value!r} is none of {', '.join(map(str, parameter.values))}")
    for one in each:
        if isinstance(one, int | float) and not isinstance(one, bool):
            _check_bounds(where, parameter, one)


def _check_policy(policies: Mapping[str, Policy], policy: str, chosen: Mapping[str, Any]) -> None:
    if policy not in policies:
        raise UsageError(f"unknown policy {policy!r}{near(policy, policies)}")
    params = policies[policy].params
    for name, value in chosen.items():
        if name not in params:
            raise UsageError(f"{policy}: unknown parameter {name!r}{near(name, params)}")
        check(policy, name, params[name], value)


def _check_bounds(where: str, parameter: Parameter, value: float) -> None:
    if parameter.min is not None and value < parameter.min:
        raise UsageError(f"{where}: {value} is less than {parameter.min:g}")
    if parameter.max is not None and value > parameter.max:
        raise UsageError(f"{where}: {value} is more than {parameter.max:g}")


def _fits(parameter: Parameter, value: Any) -> bool:
    if parameter.type == "list":
        kind = _element(parameter)
        return isinstance(value, list | tuple) and all(_is(kind, one) for one in value)
    return _is(parameter.type, value)


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "bool"
    return isinstance(value, _KINDS[kind]) and value == value


def _element(parameter: Parameter) -> str:
    """Elements are of the default's kind: a port given as text equals no port, and all would be healthy."""
    sample = (*parameter.default, *parameter.values, "")[0]
    return "bool" if isinstance(sample, bool) else "number" if isinstance(sample, int | float) else "string"


def _article(parameter: Parameter) -> str:
    if parameter.type == "list":
        return f"a list of {_element(parameter)}s"
    return {"int": "a whole number", "bool": "true or false"}.get(parameter.type, f"a {parameter.type}")
