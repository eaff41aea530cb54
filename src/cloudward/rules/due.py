"""When the passing of time alone changes what a condition gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from cloudward.rules.ast import Call, Expr, Inlined, walk
from cloudward.rules.functions import Function, functions

NEVER = datetime.max.replace(tzinfo=UTC)
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

Turns: TypeAlias = Callable[[int], Sequence[int]]
"""Of the present result of a growing function: the results at which what is made of it changes."""


def next_one(result: int) -> Sequence[int]:
    """Nothing is known of what is made of it, so every growth counts."""
    return (result + 1,)


def turns(sign: str, bound: Any) -> Turns:
    """Where `result sign bound` turns from here on."""
    points = turning(sign, bound)
    return lambda result: [point for point in points if point > result]


def turning(sign: str, bound: Any) -> Sequence[int]:
    """The results at which `result sign bound` turns: one, but two for equality."""
    if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
        return []
    if sign in ("==", "!="):
        return [int(bound), int(bound) + 1] if bound == int(bound) else []
    return [math.floor(bound) + 1 if sign in (">", "<=") else math.ceil(bound)]


def timed_call(expr: Expr) -> Call | None:
    """The call of a timed function that the expression is: `age(p.Created)`."""
    while isinstance(expr, Inlined):
        expr = expr.body
    if not isinstance(expr, Call) or expr.function not in functions():
        return None
    return expr if functions()[expr.function].timed else None


def timed(expr: Expr) -> bool:
    """Time alone may change what it gives."""
    return any(timed_call(part) for part in walk(expr))


def moments(
    function: Function, args: Sequence[Any], result: Any, turns: Turns, now: datetime
) -> list[datetime]:
    """The next moment at which a timed call, whose result was just computed, makes a difference.

    A timed function that does not tell when it grows may change at any time.
    """
    if function.moment is None:
        return [now]
    points = turns(result) if isinstance(result, int) else ()
    found = (function.moment(*args, point) for point in points)
    return [moment for moment in found if moment < NEVER]
