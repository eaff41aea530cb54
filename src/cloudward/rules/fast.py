"""What generated code calls when a value is not of the type that it is mostly of.

Generated code decides by `is True` and `is False`; anything else is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from cloudward.model import Cause, Reason, Status
from cloudward.rules import operators
from cloudward.rules.due import NEVER, turns
from cloudward.rules.evaluation import STRICT, timed_result
from cloudward.rules.functions import Function
from cloudward.rules.rule import Partial, Row, World
from cloudward.rules.unread import Unknown, hole, known_row, partial

Answer = tuple[Status, datetime | None]

UNKNOWN = Unknown(Cause(Reason.ERROR))
"""What cannot be computed; the interpreter says why."""

HEALTHY: Answer = (Status.HEALTHY, None)
UNHEALTHY: Answer = (Status.UNHEALTHY, None)
NOT_APPLICABLE: Answer = (Status.NOT_APPLICABLE, None)
UNDECIDED: Answer = (Status.UNKNOWN, None)


def until(answer: Answer, dues: list[datetime]) -> Answer:
    """The answer with the first of the moments at which it may change."""
    return (answer[0], min(dues)) if dues else answer


def spread(over: Any, last: bool) -> tuple[Sequence[Any], Any]:
    """The elements of what is not a plain list, and what `exists` or `all` gives when none decides."""
    if isinstance(over, tuple):
        return over, last
    items, rest = operators.elements(over)
    return items, last if rest is None else UNKNOWN


def collected(over: Any, made: Any) -> Any:
    """The result of `filter` or `map`: what was not read of the list that they ran over may add to it."""
    if not isinstance(over, list | dict | tuple):
        return UNKNOWN
    rest = None if isinstance(over, tuple) else operators.elements(over)[1]
    return made if rest is None or type(made) is not list else partial(made, rest.cause)


def rows(found: Sequence[Row]) -> list[Any]:
    """Facts as a value."""
    made = [known_row(row) for row in found]
    return partial(made, found.cause) if isinstance(found, Partial) else made


def related(world: World, type: str, scope: str, region: str | None, field: str, value: Any) -> Any:
    """Facts found by a value, which must be a scalar."""
    if isinstance(value, Unknown | list | dict):
        return UNKNOWN
    return world.related(type, scope, field, value, region)


def ask(run: Callable[..., Any], scan: bool, *args: Any) -> Any:
    """A Python function; `scan`: its arguments may hold something unread."""
    for arg in args:
        if type(arg) is Unknown or (scan and hole(arg)):
            return UNKNOWN
    try:
        return run(*args)
    except Exception:  # noqa: BLE001 - whatever it does not compute is not known
        return UNKNOWN


def ask_of(run: Callable[..., Any], scan: bool, arg: Any, *known: Any) -> Any:
    """A Python function, of whose arguments only the first is not a constant."""
    if type(arg) is Unknown or (scan and hole(arg)):
        return UNKNOWN
    try:
        return run(arg, *known)
    except Exception:  # noqa: BLE001 - whatever it does not compute is not known
        return UNKNOWN


def timed(function: Function, points: Any, now: datetime, dues: list[datetime], *args: Any) -> Any:
    """A function of time, of whose result nothing more is known than where it makes a difference."""
    return timed_result(function, list(args), points, now, dues)


def compared(
    function: Function, sign: str, bound: Any, now: datetime, dues: list[datetime], *args: Any
) -> Any:
    """`age(..) sign bound`."""
    return STRICT[sign](timed_result(function, list(args), turns(sign, bound), now, dues), bound)


def grown(
    function: Function, sign: str, bound: Any, least: int, now: datetime, dues: list[datetime], arg: Any
) -> Any:
    """`age(..) sign bound`, which turns when the result becomes `least`: one moment says all."""
    if type(arg) is not str or function.moment is None:
        return compared(function, sign, bound, now, dues, arg)
    try:
        turn = function.moment(arg, least)
    except Exception:  # noqa: BLE001 - whatever it does not compute is not known
        return UNKNOWN
    if now >= turn:
        return sign in (">", ">=")
    if turn < NEVER:
        dues.append(turn)
    return sign in ("<", "<=")


def within(item: Any, container: Any) -> Any:
    """`in` with a string before a list, fast."""
    if type(item) is str and type(container) is list:
        if item in container:
            return True
        return UNKNOWN if Unknown in map(type, container) else False
    return operators.within(item, container)


def strict(*values: Any) -> Any:
    """A list literal."""
    return UNKNOWN if Unknown in map(type, values) else list(values)
