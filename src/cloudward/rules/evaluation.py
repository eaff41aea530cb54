"""The reference: what a condition gives, computed as it is written, with Kleene's unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from cloudward.model import Cause, Resource, Status
from cloudward.rules.ast import Call, Const, Each, Expr, Facts, Index, Inlined, Items, Name, Select
from cloudward.rules.due import MIRRORED, Turns, moments, next_one, timed, timed_call, turns
from cloudward.rules.functions import Function, functions
from cloudward.rules.operators import (
    TEXTS,
    arithmetic,
    elements,
    equal,
    index,
    kleene,
    minus,
    negate,
    order,
    select,
    size,
    text_function,
    truth,
    unequal,
    within,
)
from cloudward.rules.rule import Partial, Rule, World
from cloudward.rules.unread import Unknown, error, hole, known_row, of_header, opened, partial

Names = Mapping[str, Any]

STRICT: Mapping[str, Callable[..., Any]] = {
    "==": equal,
    "!=": unequal,
    "in": within,
    "!": negate,
    "size": size,
    **{sign: lambda a, b, sign=sign: order(sign, a, b) for sign in ("<", "<=", ">", ">=")},
    **{sign: lambda a, b, sign=sign: arithmetic(sign, a, b) for sign in ("+", "-", "*", "/", "%")},
    **{name: lambda *args, name=name: text_function(name, *args) for name in TEXTS},
}
"""Operators and functions of CEL that take the values of all their operands."""


def meta(resource: Resource) -> Any:
    """What conditions see as `meta`."""
    names = ("id", "type", "scope", "region", "name")
    known = {name: getattr(resource, name) for name in names} | {"tags": dict(resource.tags)}
    gaps = resource.unread and of_header(resource.unread)
    return opened(known, gaps) if gaps else known


def region_view(resource: Resource, world: World) -> Any:
    """What conditions see as `region`: unknown while nobody knows in which one the resource is."""
    cause = resource.unread and of_header(resource.unread).get("region")
    return Unknown(cause) if cause else known_row(world.region(resource.scope, resource.region))


class Evaluation:
    """Conditions on one resource at one moment. `dues` gathers when what was computed may change."""

    def __init__(self, resource: Resource, world: World, params: Mapping[str, Any], now: datetime) -> None:
        self.resource, self.world, self.now = resource, world, now
        self.params = dict(params)
        self.p = opened(resource.properties, resource.unread)
        self.dues: list[datetime] = []

    def status(self, rule: Rule) -> tuple[Status, Cause | None]:
        """Whether the condition is true where it is sure to apply; what is not sure is unknown, and why."""
        applies = True if rule.applies is None else truth(self.value(rule.applies, {}))
        if applies is False:
            return Status.NOT_APPLICABLE, None
        unhealthy = applies if isinstance(applies, Unknown) else truth(self.value(rule.unhealthy, {}))
        if isinstance(unhealthy, Unknown):
            return Status.UNKNOWN, unhealthy.cause
        return Status.UNHEALTHY if unhealthy else Status.HEALTHY, None

    def value(self, expr: Expr, names: Names) -> Any:
        """What an expression gives; `names` are the variables bound around it."""
        match expr:
            case Const(value):
                return value
            case Name(name):
                return names[name] if name in names else self._root(name)
            case Select(of, field):
                return select(self.value(of, names), field)
            case Index(of, key):
                return index(self.value(of, names), self.value(key, names))
            case Items(items):
                return _strict([self.value(item, names) for item in items])
            case Inlined(body=body):
                return self.value(body, names)
            case Each():
                return self._each(expr, names)
            case Facts():
                return self._facts(expr, names)
            case Call():
                return self._call(expr, names)

    def _root(self, name: str) -> Any:
        match name:
            case "p":
                return self.p
            case "meta":
                return meta(self.resource)
            case "params":
                return self.params
            case "account":
                return known_row(self.world.account(self.resource.scope))
            case "region":
                return region_view(self.resource, self.world)
        return error(f"nothing is called {name}")

    def _call(self, call: Call, names: Names) -> Any:
        sign, args = call.function, call.args
        if sign in ("&&", "||"):
            return kleene(sign == "||", (self.value(arg, names) for arg in args))
        if sign == "?:":
            test = truth(self.value(args[0], names))
            return test if isinstance(test, Unknown) else self.value(args[1 if test else 2], names)
        if sign in MIRRORED and (compared := self._timed(sign, args, names)) is not None:
            return compared
        if sign == "-" and len(args) == 1:
            return minus(self.value(args[0], names))
        if sign in STRICT:
            return STRICT[sign](*(self.value(arg, names) for arg in args))
        return self._function(call, names, next_one)

    def _timed(self, sign: str, args: tuple[Expr, ...], names: Names) -> Any:
        """A comparison of an age with what time does not change; None when it is something else."""
        a, b = args
        for mine, other, direction in ((a, b, sign), (b, a, MIRRORED[sign])):
            if (call := timed_call(mine)) and not timed(other):
                bound = self.value(other, names)
                return STRICT[direction](self._function(call, names, turns(direction, bound)), bound)
        return None

    def _function(self, call: Call, names: Names, turns: Turns) -> Any:
        args = [self.value(arg, names) for arg in call.args]
        function = functions().get(call.function)
        if function is None:
            return error(f"no function is called {call.function}")
        if function.timed:
            return timed_result(function, args, turns, self.now, self.dues)
        return result(function, args)

    def _each(self, each: Each, names: Names) -> Any:
        over = self.value(each.over, names)
        items, rest = elements(over)
        results = (self.value(each.body, {**names, each.var: item}) for item in items)
        if each.kind in ("exists", "all"):
            decides = each.kind == "exists"
            answer = kleene(decides, results)
            return rest if rest is not None and answer is not decides else answer
        if not isinstance(over, list | dict):
            return rest
        made = _filtered(items, results) if each.kind == "filter" else _strict(results)
        return made if rest is None or isinstance(made, Unknown) else partial(made, rest.cause)

    def _facts(self, facts: Facts, names: Names) -> Any:
        scope, region = self.resource.scope, self.resource.region
        if facts.kind == "here":
            rows = self.world.here(facts.type, scope, region)
        elif facts.kind == "everywhere":
            rows = self.world.everywhere(facts.type, scope)
        elif facts.value is None:
            rows = self.world.all(facts.type, scope)
        else:
            value = self.value(facts.value, names)
            if isinstance(value, Unknown | list | dict):
                return value if isinstance(value, Unknown) else error("related by a list or a map")
            rows = self.world.related(facts.type, scope, facts.field, value, region)
        made = [known_row(row) for row in rows]
        return partial(made, rows.cause) if isinstance(rows, Partial) else made


def result(function: Function, args: list[Any], **options: Any) -> Any:
    """What a Python function gives: strict in all that is unknown in or below its arguments."""
    if (cause := hole(args)) is not None:
        return Unknown(cause)
    try:
        return function(*args, **options)
    except Exception as problem:  # noqa: BLE001 - whatever it does not compute is not known
        return error(f"{function.name}: {problem}")


def timed_result(
    function: Function, args: list[Any], turns: Turns, now: datetime, dues: list[datetime]
) -> Any:
    """What a function of time gives; when that makes a difference next is added to `dues`."""
    found = result(function, args, now=now)
    if not isinstance(found, Unknown):
        dues += moments(function, args, found, turns, now)
    return found


def _strict(values: Iterable[Any]) -> list[Any] | Unknown:
    """A list of which every element is known, or the first that is not."""
    made = []
    for value in values:
        if isinstance(value, Unknown):
            return value
        made.append(value)
    return made


def _filtered(items: list[Any], results: Iterable[Any]) -> list[Any] | Unknown:
    kept = []
    for item, result in zip(items, results, strict=True):
        keep = truth(result)
        if isinstance(keep, Unknown):
            return keep
        if keep:
            kept.append(item)
    return kept
