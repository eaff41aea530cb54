"""Evaluates a rule knowing nothing but what the leaves of an explanation say.

A leaf gives the value of the expression that its path writes out; `size` and `keys` leaves say how many
elements a list has, which keys a map has. A list of which only some elements are told may have others.
Parameters are always known. All else is unread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cloudward.model import Leaf, Status
from cloudward.rules.ast import Call, Const, Each, Expr, Facts, Index, Inlined, Items, Name, Select
from cloudward.rules.evaluation import STRICT
from cloudward.rules.functions import functions
from cloudward.rules.operators import elements, index, kleene, known, minus, select, truth
from cloudward.rules.printer import literal, operand, text
from cloudward.rules.rule import Rule
from cloudward.rules.unread import Unknown, hole
from tests.rules.build import DENIED, NOW

UNREAD = Unknown(DENIED)


def replayed(rule: Rule, leaves: Sequence[Leaf], params: Mapping[str, Any]) -> Status:
    replay = _Replay([leaf for leaf in leaves if leaf.result is not None], params)
    applies = True if rule.applies is None else replay.value(rule.applies, {}, {})
    if applies is not True:
        return Status.NOT_APPLICABLE if applies is False else Status.UNKNOWN
    unhealthy = replay.value(rule.unhealthy, {}, {})
    if not isinstance(unhealthy, bool):
        return Status.UNKNOWN
    return Status.UNHEALTHY if unhealthy else Status.HEALTHY


class _Replay:
    def __init__(self, leaves: Sequence[Leaf], params: Mapping[str, Any]) -> None:
        self.params = dict(params)
        self.told = {leaf.path: leaf.value for leaf in leaves if leaf.operator not in ("size", "keys")}
        self.sizes = {leaf.path: leaf.value for leaf in leaves if leaf.operator == "size"}
        self.keys = {leaf.path: leaf.value for leaf in leaves if leaf.operator == "keys"}

    def value(self, expr: Expr, values: Mapping[str, Any], texts: Mapping[str, str]) -> Any:
        path = text(expr, texts)
        if path in self.told and not isinstance(expr, Const):
            return self.told[path]
        match expr:
            case Const(value):
                return value
            case Name("params") if "params" not in values:
                return self.params
            case Name(name):
                return values.get(name, UNREAD)
            case Select(of, field):
                return select(self.value(of, values, texts), field)
            case Index(of, key):
                return index(self.value(of, values, texts), self.value(key, values, texts))
            case Items(items):
                found = [self.value(item, values, texts) for item in items]
                return found if known(*found) is None else UNREAD
            case Inlined(body=body):
                return self.value(body, values, texts)
            case Facts():
                return UNREAD
            case Each():
                return self.each(expr, values, texts)
            case Call(sign, args):
                return self.call(sign, [self.value(arg, values, texts) for arg in args])

    def call(self, sign: str, args: list[Any]) -> Any:
        if sign in ("&&", "||"):
            return kleene(sign == "||", args)
        if sign == "?:":
            test = truth(args[0])
            return test if isinstance(test, Unknown) else args[1 if test else 2]
        if sign == "-" and len(args) == 1:
            return minus(args[0])
        if sign in STRICT:
            return STRICT[sign](*args)
        if any(hole(arg) for arg in args):
            return UNREAD
        try:
            function = functions()[sign]
            return function(*args, now=NOW) if function.timed else function(*args)
        except Exception:  # noqa: BLE001 - as in the interpreter, a fault is unknown
            return UNREAD

    def each(self, each: Each, values: Mapping[str, Any], texts: Mapping[str, str]) -> Any:
        items, rest = self.elements(each.over, values, texts)
        results = [
            self.value(each.body, {**values, each.var: item}, {**texts, each.var: label})
            for item, label in items
        ]
        if each.kind in ("exists", "all"):
            decides = each.kind == "exists"
            answer = kleene(decides, results)
            return rest if rest is not None and answer is not decides else answer
        if rest is not None or known(*results) is not None:
            return UNREAD
        kept = [item for (item, _), keep in zip(items, results, strict=True) if keep is True]
        return results if each.kind == "map" else kept

    def elements(
        self, over: Expr, values: Mapping[str, Any], texts: Mapping[str, str]
    ) -> tuple[list[tuple[Any, str]], Unknown | None]:
        path = text(over, texts)
        if path in self.keys:
            return [(key, literal(key)) for key in self.keys[path]], None
        found = self.value(over, values, texts)
        prefix = operand(over, texts)
        wanted = re.compile(re.escape(prefix) + r"\[([^\]]+)\]")
        labels = sorted(
            {label for told in (*self.told, *self.sizes, *self.keys) for label in wanted.findall(told)}
        )
        if not isinstance(found, Unknown):
            items, rest = elements(found)
            unseen = iter(labels)
            return [
                (item, f"{prefix}[{next(unseen, '?')}]" if isinstance(item, Unknown) else literal(item))
                for item in items
            ], rest
        items = [(UNREAD, f"{prefix}[{label}]") for label in labels]
        if path not in self.sizes:
            return items, UNREAD
        return items + [(UNREAD, "?")] * (self.sizes[path] - len(items)), None
