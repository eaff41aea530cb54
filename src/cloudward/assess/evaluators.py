"""Rules made fast where that pays: what is asked often is compiled, the rest is interpreted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cloudward.assess.digest import canonical
from cloudward.model import Cause, Resource, Status
from cloudward.rules.compiler import Evaluator, compile_rules
from cloudward.rules.interpreter import evaluate
from cloudward.rules.rule import Rule, World
from cloudward.rules.types import Type

OFTEN = 64
"""Compiling a rule costs about as much as interpreting it for so many resources."""
KEPT = 256
"""Compiled selections; scopes with the same parameters share them."""


class Given(NamedTuple):
    """What an evaluation gave."""

    status: Status
    due: datetime | None = None
    cause: Cause | None = None


class Evaluators:
    """Compiled rules, found by type, rules and parameters."""

    def __init__(self) -> None:
        self._asked: dict[Any, int] = {}
        self._compiled: dict[Any, Evaluator] = {}

    def of(self, type: Type, rules: Sequence[Rule], params: Sequence[Mapping[str, Any]]) -> Rules:
        """The rules of a type with their parameters in a scope."""
        return Rules(self, type, rules, params)

    def get(self, key: Any, type: Type, rules: Sequence[Rule], params: Sequence[Mapping[str, Any]]) -> Any:
        """The compiled rules, once they are asked for often enough."""
        if key not in self._compiled:
            self._asked[key] = self._asked.get(key, 0) + 1
            if self._asked[key] < OFTEN:
                return None
            if len(self._compiled) >= KEPT:
                self._compiled.clear()
            self._compiled[key] = compile_rules(type, rules, params)
        return self._compiled[key]


class Rules:
    """The rules of one type in one scope. Only what is unknown is asked why."""

    def __init__(
        self,
        evaluators: Evaluators,
        type: Type,
        rules: Sequence[Rule],
        params: Sequence[Mapping[str, Any]],
    ) -> None:
        self._evaluators, self._type, self._rules, self._params = evaluators, type, rules, params
        self._key = type.name, tuple(rule.policy for rule in rules), canonical(params)

    def evaluate(
        self, numbers: Sequence[int], resource: Resource, world: World, now: datetime
    ) -> dict[int, Given]:
        """What the chosen rules say. One that reads observed state does not apply to code."""
        live = [n for n in numbers if resource.source is None or not self._rules[n].live_only]
        given = dict.fromkeys(numbers, Given(Status.NOT_APPLICABLE))
        fast = self._fast(live)
        if fast is None:
            return given | {n: self._reasoned(n, resource, world, now) for n in live}
        for n, (status, due) in zip(live, fast(resource, world, now), strict=True):
            unknown = status is Status.UNKNOWN
            given[n] = self._reasoned(n, resource, world, now) if unknown else Given(status, due)
        return given

    def _fast(self, numbers: Sequence[int]) -> Evaluator | None:
        chosen = tuple(numbers)
        rules, params = [self._rules[n] for n in chosen], [self._params[n] for n in chosen]
        found: Evaluator | None = self._evaluators.get((*self._key, chosen), self._type, rules, params)
        return found

    def _reasoned(self, number: int, resource: Resource, world: World, now: datetime) -> Given:
        verdict = evaluate(self._rules[number], resource, world, self._params[number], now)
        return Given(verdict.status, verdict.due, verdict.cause)
