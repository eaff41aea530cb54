"""The fast way: the rules of one type become Python functions; the interpreter is the reference.

A fault inside one policy makes the interpreter decide that policy and document.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cloudward.model import Resource
from cloudward.rules import nodes
from cloudward.rules.fast import Answer
from cloudward.rules.generator import RUNTIME, Writer
from cloudward.rules.interpreter import evaluate
from cloudward.rules.rule import Rule, World
from cloudward.rules.types import Type
from cloudward.rules.unread import opened

MOST = 50
"""Policies in one function."""


def compile_rules(type: Type, rules: Sequence[Rule], params: Sequence[Mapping[str, Any]]) -> Evaluator:
    """All rules of one type, each with its parameters, as one evaluator."""
    return Evaluator(type.name, rules, params)


class Evaluator:
    """Gives, in the order of the rules, what each says of a resource and until when."""

    def __init__(self, type: str, rules: Sequence[Rule], params: Sequence[Mapping[str, Any]]) -> None:
        self.type, self.rules, self.params = type, rules, params
        self.functions = [
            function
            for start in range(0, len(rules), MOST)
            for function in self._compiled(range(start, min(start + MOST, len(rules))))
        ]

    def __call__(self, resource: Resource, world: World, now: datetime) -> list[Answer]:
        answers: list[Answer] = []
        p: Any = resource.properties
        if resource.unread:
            p = opened(p, resource.unread)
            if not isinstance(p, dict):
                return [self.again(i, resource, world, now) for i in range(len(self.rules))]
        for function in self.functions:
            function(p, bool(resource.unread), resource, world, now, self.again, answers.append)
        return answers

    def again(self, place: int, resource: Resource, world: World, now: datetime) -> Answer:
        """What the interpreter says."""
        verdict = evaluate(self.rules[place], resource, world, self.params[place], now)
        return verdict.status, verdict.due

    def source(self) -> str:
        """The generated functions as text."""
        places = (range(i, min(i + MOST, len(self.rules))) for i in range(0, len(self.rules), MOST))
        return "\n\n".join(ast.unparse(ast.fix_missing_locations(self._written(each)[0])) for each in places)

    def _written(self, places: Sequence[int]) -> tuple[ast.FunctionDef, dict[str, Any]]:
        builder = Writer()
        return builder.function([(i, self.rules[i], self.params[i]) for i in places]), builder.constants

    def _compiled(self, places: Sequence[int]) -> list[Any]:
        """Functions for some of the rules; one that Python cannot compile is left to the interpreter."""
        try:
            written, constants = self._written(places)
            known = {**RUNTIME, **constants}
            exec(nodes.made([written], f"<policies of {self.type}>"), known)
            return [known[written.name]]
        except (RecursionError, SyntaxError, MemoryError):
            if len(places) > 1:
                half = len(places) // 2
                return [*self._compiled(places[:half]), *self._compiled(places[half:])]
        return [self._interpreted(places[0])]

    @staticmethod
    def _interpreted(place: int) -> Any:
        def function(
            _p: Any, _scan: bool, resource: Resource, world: World, now: datetime, again: Any, out: Any
        ) -> None:
            out(again(place, resource, world, now))

        return function
