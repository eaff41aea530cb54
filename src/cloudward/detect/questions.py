"""What a leaf of a condition asks of a field, and how one value answers: the reference for all ways to run.

A leaf is `Call(op, (field, operand))`. The field is `Select(EVENT, name)`, or `EVENT` itself for a keyword,
which asks every value of the event. The operand is a constant, or a field for `fieldref`. A leaf is true when
some value of the field answers yes; a field that is not there has none, and null answers only `null`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, TypeAlias

import re2

from cloudward.detect.text import expression, fold, plain
from cloudward.rules.ast import Call, Const, Expr, Name, Select

EVENT = Name("event")

TEXTS = ("equals", "contains", "startsWith", "endsWith", "like", "matches")
CASED = "Cased"
"""Behind the name of an operator that minds case."""
ORDERS = ("<", "<=", ">", ">=")
TIMES = ("minute", "hour", "day", "week", "month", "year")
LOGIC = ("&&", "||", "!")

Test: TypeAlias = Callable[[Any], bool]
NUMBER = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?")


@dataclass(frozen=True, slots=True)
class Question:
    """A leaf, taken apart."""

    op: str
    field: str
    """Empty asks every value of the event."""
    operand: Any = None
    cased: bool = False
    other: str = ""
    """The field that it is compared with, for `fieldref`."""


@lru_cache(maxsize=1 << 16)
def question(leaf: Call) -> Question:
    """What a leaf asks."""
    field = leaf.args[0]
    name = field.field if isinstance(field, Select) else ""
    op = leaf.function.removesuffix(CASED)
    cased = op != leaf.function
    match leaf.args[1:]:
        case (Const(value),):
            return Question(op, name, value, cased)
        case (Select(_, other),):
            return Question(op, name, None, cased, other)
    return Question(op, name)


def ask(op: str, field: str, operand: Expr | None = None, *, cased: bool = False, at: int = 0) -> Call:
    """A leaf."""
    of: Expr = Select(EVENT, field, at) if field else EVENT
    return Call(op + CASED if cased else op, (of,) if operand is None else (of, operand), at)


def test(asked: Question) -> Test:
    """Whether one value, which is not null, answers yes."""
    return _TESTS[asked.op](asked)


def _text(asked: Question, holds: Callable[[str, str], bool]) -> Test:
    if asked.cased:
        operand = str(asked.operand)
        return lambda value: holds(plain(value), operand)
    folded = fold(str(asked.operand))
    return lambda value: holds(fold(plain(value)), folded)


def compare(op: str) -> Callable[[str, str], bool]:
    """How two texts are compared."""
    return _COMPARE[op]


_COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "equals": lambda text, operand: text == operand,
    "contains": lambda text, operand: operand in text,
    "startsWith": lambda text, operand: text.startswith(operand),
    "endsWith": lambda text, operand: text.endswith(operand),
}


def _like(asked: Question) -> Test:
    pattern = str(asked.operand)
    found = compiled(expression(pattern if asked.cased else fold(pattern)))
    if asked.cased:
        return lambda value: searched(found, plain(value))
    return lambda value: searched(found, fold(plain(value)))


def _matches(asked: Question) -> Test:
    found = compiled(str(asked.operand))
    return lambda value: searched(found, plain(value))


def compiled(pattern: str) -> Any:
    """A regular expression of RE2; raises `re2.error`, and prints nothing."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def searched(expression: Any, text: str) -> bool:
    """Whether the expression is found in the text. A half surrogate, which no encoding has, is a `?`."""
    try:
        return bool(expression.search(text))
    except UnicodeEncodeError:
        return bool(expression.search(text.encode("utf-8", "replace").decode()))


def _within(asked: Question) -> Test:
    network = ip_network(asked.operand)
    bits = network.max_prefixlen - network.prefixlen
    version, top = network.version, int(network.network_address) >> bits

    def within(value: Any) -> bool:
        found = address(plain(value))
        return found is not None and found[0] == version and found[1] >> bits == top

    return within


@lru_cache(maxsize=1 << 16)
def address(text: str) -> tuple[int, int] | None:
    """Version and number of an IP address; one of IPv4 that is written as IPv6 is one of IPv4."""
    try:
        found = ip_address(text.strip("[]"))
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.version, int(found)


def number(value: Any) -> int | float | None:
    """The number that a value is or spells in decimals."""
    if type(value) in (int, float):
        return value  # type: ignore[no-any-return]
    if type(value) is str and NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return None


def _order(asked: Question) -> Test:
    holds, bound = _ORDER[asked.op], asked.operand

    def ordered(value: Any) -> bool:
        found = number(value)
        return found is not None and holds(found, bound)

    return ordered


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


def _time(asked: Question) -> Test:
    part, expected = asked.op, asked.operand

    def timed(value: Any) -> bool:
        moment = _moment(value) if type(value) is str else None
        if moment is None:
            return False
        return bool((moment.isocalendar().week if part == "week" else getattr(moment, part)) == expected)

    return timed


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text[:40])
    except ValueError:
        return None


def _literal(op: str) -> Callable[[Question], Test]:
    return lambda asked: _text(asked, _COMPARE[op])


_TESTS: Mapping[str, Callable[[Question], Test]] = {
    **{op: _literal(op) for op in _COMPARE},
    "like": _like,
    "matches": _matches,
    "within": _within,
    "any": lambda _: lambda _: True,
    **dict.fromkeys(ORDERS, _order),
    **dict.fromkeys(TIMES, _time),
}
