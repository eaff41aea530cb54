"""The reference: a condition on an event, two-valued, and why it came out as it did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from cloudward.detect.event import ABSENT, everything, first, flat
from cloudward.detect.questions import LOGIC, Question, compare, question, test
from cloudward.detect.text import fold, plain
from cloudward.model import Leaf
from cloudward.pack.mappings import Source
from cloudward.rules.ast import Call, Expr, walk

SHOWN = 1000
"""So many characters of a value are shown."""

_test = lru_cache(maxsize=1 << 16)(test)


def matches(condition: Expr, event: Mapping[str, Any], source: Source) -> bool:
    """Whether the condition holds."""
    assert isinstance(condition, Call)
    match condition.function:
        case "&&":
            return all(matches(part, event, source) for part in condition.args)
        case "||":
            return any(matches(part, event, source) for part in condition.args)
        case "!":
            return not matches(condition.args[0], event, source)
    return answer(question(condition), event, source)[0]


def answer(asked: Question, event: Mapping[str, Any], source: Source) -> tuple[bool, Any]:
    """What a leaf says, and the value that says yes, or what is there instead."""
    found = first(event, source.paths(asked.field)) if asked.field else ABSENT
    if asked.op == "exists":
        return found is not ABSENT, found
    values = flat(found) if asked.field else everything(event)
    if asked.op == "null":
        return not values or None in values, found
    texts = [value for value in values if value is not None]
    if asked.other:
        return _referred(asked, texts, flat(first(event, source.paths(asked.other))))
    holds = _test(asked)
    for value in texts:
        if holds(value):
            return True, value
    return False, found


def _referred(asked: Question, texts: list[Any], others: list[Any]) -> tuple[bool, Any]:
    holds = compare(asked.op)
    operands = [fold(plain(other)) for other in others if other is not None]
    for value in texts:
        if any(holds(fold(plain(value)), operand) for operand in operands):
            return True, value
    return False, texts[0] if texts else ABSENT


def explain(condition: Expr, event: Mapping[str, Any], source: Source) -> tuple[Leaf, ...]:
    """The smallest set of leaves that decides, each with the value that was there."""
    return tuple(
        {
            (leaf.path, leaf.operator, repr(leaf.expected)): leaf
            for leaf in _reasons(condition, event, source)
        }.values()
    )


def _reasons(condition: Expr, event: Mapping[str, Any], source: Source) -> list[Leaf]:
    assert isinstance(condition, Call)
    if condition.function == "!":
        return _reasons(condition.args[0], event, source)
    if condition.function in LOGIC:
        decides = condition.function == "||"
        parts = [(matches(part, event, source), _reasons(part, event, source)) for part in condition.args]
        deciding = [leaves for value, leaves in parts if value is decides]
        if deciding:
            return min(deciding, key=len)
        return [leaf for _, leaves in parts for leaf in leaves]
    asked = question(condition)
    result, value = answer(asked, event, source)
    expected = asked.other or asked.operand
    return [Leaf(asked.field or "event", _shown(value), condition.function, expected, result)]


def _shown(value: Any) -> Any:
    if value is ABSENT or value is None:
        return None
    if isinstance(value, list):
        return [_shown(each) for each in flat(value)[:10]]
    return value if isinstance(value, bool | int | float) else plain(value)[:SHOWN]


def leaves(condition: Expr) -> Iterator[Question]:
    """What a condition asks, in its order."""
    for part in walk(condition):
        if isinstance(part, Call) and part.function not in LOGIC:
            yield question(part)


def fields(conditions: Iterable[Expr]) -> tuple[str, ...]:
    """The fields that conditions read, in the order of their names."""
    asked = [each for condition in conditions for each in leaves(condition)]
    return tuple(sorted({name for each in asked for name in (each.field, each.other) if name}))
