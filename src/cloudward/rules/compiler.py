"""The fast way: the rules of one type become Python functions; the interpreter is the reference.

A fault inside one policy makes the interpreter decide that policy and document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, TypeAlias

import msgspec

from cloudward.model import Resource
from cloudward.rules import nodes
from cloudward.rules.fast import Answer
from cloudward.rules.generator import RUNTIME, Generator
from cloudward.rules.interpreter import evaluate
from cloudward.rules.rule import Rule, World
from cloudward.rules.types import Type
from cloudward.rules.unread import opened
from cloudward.rules.unswept import unswept

MOST = 50
"""Policies in one function."""

Function: TypeAlias = Callable[..., list[Answer]]


def compile_rules(type: Type, rules: Sequence[Rule], params: Sequence[Mapping[str, Any]]) -> Evaluator:
    """All rules of one type, each with its parameters, as one evaluator."""
    return Evaluator(type.name, rules, params)


class Evaluator:
    """Gives, in the order of the rules, what each says of a resource and until when."""

    def __init__(self, type: str, rules: Sequence[Rule], params: Sequence[Mapping[str, Any]]) -> None:
        self.rules, self.params = rules, params
        self.batches = [
            _Batch(type, start, rules[start : start + MOST], params[start : start + MOST])
            for start in range(0, len(rules), MOST)
        ]
        self.functions = [function for batch in self.batches for function in _compiled(batch)]

    def __call__(self, resource: Resource, world: World, now: datetime) -> list[Answer]:
        p: Any = resource.properties
        if resource.unread:
            p = opened(p, resource.unread)
            if not isinstance(p, dict):
                return [self.again(place, resource, world, now) for place in range(len(self.rules))]
        scan = bool(resource.unread)
        answers = [function(p, scan, resource, world, now, self.again) for function in self.functions]
        return answers[0] if len(answers) == 1 else list(chain.from_iterable(answers))

    def again(self, place: int, resource: Resource, world: World, now: datetime) -> Answer:
        """What the interpreter says."""
        verdict = evaluate(self.rules[place], resource, world, self.params[place], now)
        return verdict.status, verdict.due

    def source(self) -> str:
        """The generated functions as text."""
        return "\n".join(nodes.text([batch.written()[0]]) for batch in self.batches)


class _Batch:
    """Rules for one function. Two with the same conditions and parameters are equal, whatever their type."""

    def __init__(
        self, type: str, start: int, rules: Sequence[Rule], params: Sequence[Mapping[str, Any]]
    ) -> None:
        self.type, self.start, self.rules, self.params = type, start, rules, params
        conditions = msgspec.json.encode([(rule.applies, rule.unhealthy) for rule in rules])
        self.key = (start, conditions, repr([sorted(each.items()) for each in params]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Batch) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def written(self) -> tuple[Any, Mapping[str, Any]]:
        """The function as a syntax tree, and the constants that it names."""
        writer = Generator()
        places = range(self.start, self.start + len(self.rules))
        return writer.function(list(zip(places, self.rules, self.params, strict=True))), writer.constants

    def function(self) -> Function:
        """The function itself. What it was made of is gone before anything is swept."""
        written, constants = self.written()
        names = nodes.loaded([written], f"<policies of {self.type}>", {**RUNTIME, **constants})
        function: Function = names[written.name]
        return function

    def halves(self) -> tuple[_Batch, _Batch]:
        half = len(self.rules) // 2
        return (
            _Batch(self.type, self.start, self.rules[:half], self.params[:half]),
            _Batch(self.type, self.start + half, self.rules[half:], self.params[half:]),
        )


@lru_cache(maxsize=1024)
def _compiled(batch: _Batch) -> Sequence[Function]:
    """Functions for a batch; a rule that Python cannot compile is left to the interpreter."""
    try:
        with unswept():
            return [batch.function()]
    except (RecursionError, SyntaxError, MemoryError):
        if len(batch.rules) > 1:
            return [function for half in batch.halves() for function in _compiled(half)]
    return [_interpreted(batch.start)]


def _interpreted(place: int) -> Function:
    def function(
        _p: Any, _scan: bool, resource: Resource, world: World, now: datetime, again: Any
    ) -> list[Answer]:
        return [again(place, resource, world, now)]

    return function
