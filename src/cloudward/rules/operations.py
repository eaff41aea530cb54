"""Operators and functions of one condition: what they take, and what they give."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import re2
from msgspec.structs import replace

from cloudward.errors import near
from cloudward.rules.ast import Call, Const, Expr, Inlined, Items
from cloudward.rules.functions import Function, functions
from cloudward.rules.kinds import BOOLEAN, COMPOUND, INTEGER, NUMBERS, ORDERED, Value, alike, of_field
from cloudward.rules.operators import TEXTS
from cloudward.rules.printer import shown

if TYPE_CHECKING:
    from cloudward.rules.condition import Condition, Scope

Operation: TypeAlias = "Callable[[Condition, Call, Scope], Value]"

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
PATTERN = 1_000
MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
EMPTY = {("==", 0), ("<=", 0), ("<", 1)}
FILLED = {("!=", 0), (">", 0), (">=", 1)}
GIVES = {"lowerAscii": Value("string")}


def operation(condition: Condition, expr: Call, scope: Scope) -> Value:
    """What a call gives."""
    if expr.function in OPERATIONS:
        return OPERATIONS[expr.function](condition, expr, scope)
    if expr.function in functions():
        return _function(condition, expr, functions()[expr.function], scope)
    known = (*functions(), *(name for name in OPERATIONS if name.isalpha()))
    raise condition.wrong(expr, f"unknown function {expr.function!r}{near(expr.function, known)}")


def _junction(condition: Condition, expr: Call, scope: Scope) -> Value:
    """`&&` and `||`; what the left says is certain on the right."""
    left, right = expr.args
    condition.truth(left, scope)
    condition.truth(right, scope.where(left, expr.function == "&&"))
    return BOOLEAN


def _negation(condition: Condition, expr: Call, scope: Scope) -> Value:
    condition.truth(expr.args[0], scope)
    return BOOLEAN


def _choice(condition: Condition, expr: Call, scope: Scope) -> Value:
    """`test ? yes : no`."""
    test, yes, no = expr.args
    condition.truth(test, scope)
    values = [
        condition.read_whole(yes, scope.where(test, True)),
        condition.read_whole(no, scope.where(test, False)),
    ]
    made = _joined(condition, expr, values)
    return replace(made, nullable=any(value.nullable for value in values))


def _joined(condition: Condition, expr: Expr, values: list[Value]) -> Value:
    """One of several values, all of one kind."""
    first, *others = [value for value in values if value.kind != "null"] or values
    for other in others:
        if not alike(first.kind, other.kind):
            raise condition.wrong(expr, f"{shown(expr)} would be {first} or {other}")
    return replace(first, origin=None, values=(), sure=all(value.sure for value in values))


def _equality(condition: Condition, expr: Call, scope: Scope) -> Value:
    left, right = expr.args
    a, b = condition.read(left, scope), condition.read(right, scope)
    _no_count(condition, expr, scope)
    if "null" not in (a.kind, b.kind):
        _comparable(condition, expr, a, b)
        return BOOLEAN
    other, value = (right, b) if a.kind == "null" else (left, a)
    certain = value.nullable or condition.inside_function or scope.key(other) in scope.guards
    if not certain and value.kind != "json":
        raise condition.wrong(expr, f"{shown(other)} is never null{_instead(value)}")
    return BOOLEAN


def _instead(value: Value) -> str:
    if value.kind in ("list", "map"):
        return "; an empty one is []" if value.kind == "list" else "; ask for its size"
    return "; ask for one of its fields" if value.kind == "object" else ""


def _comparable(condition: Condition, expr: Call, a: Value, b: Value) -> None:
    """Refuse what can never be equal, since it would be false without a sound."""
    left, right = expr.args
    if "any" in (a.kind, b.kind):
        what = shown(left if a.kind == "any" else right)
        raise condition.wrong(expr, f"{what} is declared as any: compare it with null only")
    if _moments(expr, a, b):
        return
    if not _equatable(a, b):
        raise condition.wrong(expr, f"{shown(left)} is {a}, {shown(right)} is {b}: never equal{_form(a, b)}")
    if a.kind in ("map", "object"):
        raise condition.wrong(expr, f"{shown(left)} is {a}: compare field by field")
    _among(condition, a, right)
    _among(condition, b, left)


def _equatable(a: Value, b: Value) -> bool:
    if a.kind == b.kind == "list" and a.items and b.items:
        return _equatable(a.items, b.items)
    return alike(a.kind, b.kind)


def _moments(expr: Call, a: Value, b: Value) -> bool:
    """A timestamp and one that is written out."""
    for value, other in ((a, expr.args[1]), (b, expr.args[0])):
        if value.kind == "timestamp" and isinstance(other, Const) and isinstance(other.value, str):
            return TIMESTAMP.fullmatch(other.value) is not None
    return False


def _form(a: Value, b: Value) -> str:
    return '; moments are written "2026-01-31T12:00:00Z"' if "timestamp" in (a.kind, b.kind) else ""


def _among(condition: Condition, value: Value, other: Expr) -> None:
    """A text is one of those that the type file gives."""
    values = value.items.values if value.items else value.values
    for item in other.items if isinstance(other, Items) else (other,):
        if values and isinstance(item, Const) and isinstance(item.value, str) and item.value not in values:
            known = f"{', '.join(values)}{near(item.value, values)}"
            raise condition.wrong(item, f"{item.value!r} is none of the values that are declared: {known}")


def _order(condition: Condition, expr: Call, scope: Scope) -> Value:
    demand = f"{expr.function} compares numbers, texts or moments"
    a, b = (condition.present(arg, scope, ORDERED, demand) for arg in expr.args)
    _no_count(condition, expr, scope)
    if not alike(a.kind, b.kind) and not _moments(expr, a, b):
        left, right = map(shown, expr.args)
        raise condition.wrong(expr, f"{left} is {a}, {right} is {b}: they have no order{_form(a, b)}")
    return BOOLEAN


def _no_count(condition: Condition, expr: Call, scope: Scope) -> None:
    """The size of a list is unknown as soon as one element is; that it is not empty may still be known."""
    left, right = expr.args
    sides = ((left, expr.function, right), (right, MIRRORED.get(expr.function, expr.function), left))
    for size, sign, number in sides:
        if not (isinstance(size, Call) and size.function == "size" and isinstance(number, Const)):
            continue
        value, asked = condition.value(size.args[0], scope), (sign, number.value)
        if value.kind == "list" and not value.sure and asked in EMPTY | FILLED:
            write = f"{shown(size.args[0])} {'==' if asked in EMPTY else '!='} []"
            raise condition.wrong(expr, f"unknown as soon as one element is; write {write}")


def _membership(condition: Condition, expr: Call, scope: Scope) -> Value:
    item, container = expr.args
    value, within = condition.read(item, scope), condition.read(container, scope)
    if within.kind not in ("list", "map", "json"):
        advice = "; use contains" if within.kind == "string" else ""
        raise condition.wrong(expr, f"{shown(container)} is {within}, not a list or map{advice}")
    condition.not_null(container, within)
    if within.kind == "map":
        condition.present(item, scope, ("string",), "a key is text")
    if within.kind == "list" and within.items is not None:
        if "any" in (value.kind, within.items.kind):
            raise condition.wrong(expr, "what is declared as any is only compared with null")
        if value.kind != "null" and not _equatable(value, within.items):
            raise condition.wrong(
                expr, f"{shown(item)} is {value}, {shown(container)} is {within}: never in it"
            )
        _among(condition, within, item)
        _among(condition, value, container)
    return BOOLEAN


def _arithmetic(condition: Condition, expr: Call, scope: Scope) -> Value:
    kinds = ("integer",) if expr.function == "%" else NUMBERS
    kinds = (*kinds, "string") if expr.function == "+" else kinds
    demand = f"{expr.function} takes {' or '.join(kinds)}"
    values = [condition.present(arg, scope, kinds, demand) for arg in expr.args]
    first = next((value for value in values if value.kind != "json"), values[0])
    for arg, value in zip(expr.args, values, strict=True):
        if value.kind not in (first.kind, "json"):
            raise condition.wrong(
                expr, f"{expr.function} of {first} and {value}: {shown(arg)} is of another kind"
            )
    return Value(first.kind, sure=all(value.sure for value in values))


def _size(condition: Condition, expr: Call, scope: Scope) -> Value:
    _arity(condition, expr, "size(list, map or text)", 1)
    condition.present(expr.args[0], scope, ("string", "list", "map"), "size is for lists, maps and texts")
    return INTEGER


def _text(condition: Condition, expr: Call, scope: Scope) -> Value:
    name = expr.function
    arguments = 1 if name in GIVES else 2
    _arity(condition, expr, f"text.{name}({'text' if arguments == 2 else ''})", arguments)
    values = [condition.present(arg, scope, ("string",), f"{name} is for texts") for arg in expr.args]
    if name == "matches":
        _pattern(condition, expr.args[1])
    return replace(GIVES.get(name, BOOLEAN), sure=all(value.sure for value in values))


def _pattern(condition: Condition, expr: Expr) -> None:
    """A pattern is written out, so that a wrong one is found before it runs."""
    while isinstance(expr, Inlined):
        expr = expr.body
    if not isinstance(expr, Const):
        raise condition.wrong(expr, "the pattern of matches is written out as text")
    if len(expr.value) > PATTERN:
        raise condition.wrong(expr, f"a pattern has at most {PATTERN:,} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(expr.value, options)
    except (re2.error, ValueError) as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise condition.wrong(expr, f"RE2 does not take this pattern: {reason}") from None


def _function(condition: Condition, expr: Call, function: Function, scope: Scope) -> Value:
    """A function of ours, by its declaration."""
    takes = [of_field(arg, function.name) for arg in function.args]
    _arity(condition, expr, f"{function.name}({', '.join(arg.type for arg in function.args)})", len(takes))
    values = [condition.read_whole(arg, scope) for arg in expr.args]
    for arg, take, value in zip(expr.args, takes, values, strict=True):
        if not _accepts(take, value):
            raise condition.wrong(arg, f"{function.name} takes {take} here, and {shown(arg)} is {value}")
        if not take.nullable and take.kind not in COMPOUND:
            condition.not_null(arg, value)
    if function.returns is not None:
        return of_field(function.returns, function.name, sure=True)
    return replace(_joined(condition, expr, values), nullable=values[-1].nullable, sure=True)


def _accepts(take: Value, value: Value) -> bool:
    if take.kind == "any" or value.kind in ("json", "null"):
        return True
    if take.kind in ("json", "object"):
        return value.kind in COMPOUND and _has(value, take)
    if take.kind == value.kind == "list":
        return not (take.items and value.items) or _accepts(take.items, value.items)
    return take.kind == value.kind or (take.kind == "number" and value.kind == "integer")


def _has(value: Value, take: Value) -> bool:
    """An object that a function looks into has the fields that it looks for."""
    return value.kind != "object" or not take.fields or take.fields.keys() <= (value.fields or {}).keys()


def _arity(condition: Condition, expr: Call, usage: str, count: int) -> None:
    if len(expr.args) != count:
        raise condition.wrong(expr, f"{usage} is called with {len(expr.args)} arguments")


OPERATIONS: Mapping[str, Operation] = {
    "&&": _junction,
    "||": _junction,
    "!": _negation,
    "?:": _choice,
    "in": _membership,
    "size": _size,
    **dict.fromkeys(("==", "!="), _equality),
    **dict.fromkeys(("<", "<=", ">", ">="), _order),
    **dict.fromkeys(("+", "-", "*", "/", "%"), _arithmetic),
    **dict.fromkeys(TEXTS, _text),
}
