"""What CEL's operators and functions give on values of which some are not known.

Every function here is strict: an Unknown operand is the result. What CEL calls an error is Unknown too.
Values are JSON: null, booleans, integers of 64 bits, doubles, strings, lists and maps with string keys.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import re2

from cloudward.rules.rule import Partial, Row
from cloudward.rules.unread import ABSENT, Unknown, error, partial

MIN, MAX = -(2**63), 2**63 - 1
ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def kind(value: Any) -> str:
    """The word for a value's type: integers and doubles are both numbers, booleans are not."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return {str: "text"}.get(type(value)) or ("list" if isinstance(value, list) else "map")


def known(*values: Any) -> Unknown | None:
    """The first of the values that is unknown."""
    return next((value for value in values if isinstance(value, Unknown)), None)


def equal(a: Any, b: Any) -> bool | Unknown:
    """`==`: values of two different kinds are not equal; what is unread below them may leave it open."""
    if (gap := known(a, b)) is not None:
        return gap
    if kind(a) != kind(b):
        return False
    try:
        if isinstance(a, list):
            return _equal_lists(a, b)
        return _equal_maps(a, b) if isinstance(a, dict) else bool(a == b)
    except RecursionError:
        return error("nested too deeply")


def _equal_lists(a: list[Any], b: list[Any]) -> bool | Unknown:
    if isinstance(a, Partial) or isinstance(b, Partial):
        return _equal_partial(a, b)
    return len(a) == len(b) and kleene(False, (equal(x, y) for x, y in zip(a, b, strict=True)))


def _equal_partial(a: list[Any], b: list[Any]) -> bool | Unknown:
    """Where the further elements stand is not known, so only a list that is too long decides."""
    whole, part = (a, b) if isinstance(b, Partial) else (b, a)
    assert isinstance(part, Partial)
    if not isinstance(whole, Partial) and len(part) > len(whole):
        return False
    return Unknown(part.cause)


def _equal_maps(a: dict[str, Any], b: dict[str, Any]) -> bool | Unknown:
    keys = sorted(a.keys() | b.keys())
    return kleene(
        False,
        (equal(a[k], b[k]) if k in a and k in b else _only_one(a.get(k), b.get(k)) for k in keys),
    )


def _only_one(x: Any, y: Any) -> bool | Unknown:
    """A key of one map alone: they differ, unless it is not known to be there."""
    gap = known(x, y)
    return False if gap is None else gap


def kleene(decides: bool, results: Iterable[Any]) -> bool | Unknown:
    """`and` (False decides) or `or` (True decides): one that decides, then one unknown, then the opposite."""
    answer: bool | Unknown = not decides
    for result in results:
        if result is decides:
            return bool(result)
        if not isinstance(result, bool) and not isinstance(answer, Unknown):
            answer = truth(result)
    return answer


def truth(value: Any) -> bool | Unknown:
    """A boolean as it is; anything else decides nothing."""
    return value if isinstance(value, bool | Unknown) else error(f"a {kind(value)} is neither true nor false")


def unequal(a: Any, b: Any) -> bool | Unknown:
    return negate(equal(a, b))


def negate(value: Any) -> bool | Unknown:
    value = truth(value)
    return value if isinstance(value, Unknown) else not value


def order(sign: str, a: Any, b: Any) -> bool | Unknown:
    """`<`, `<=`, `>`, `>=` on two numbers, two strings or two booleans."""
    if (gap := known(a, b)) is not None:
        return gap
    if kind(a) != kind(b) or kind(a) not in ("number", "text", "boolean"):
        return error(f"{kind(a)} {sign} {kind(b)}")
    return ORDER[sign](a, b)


def within(item: Any, container: Any) -> bool | Unknown:
    """`in`: an element of a list, a key of a map."""
    if (gap := known(item, container)) is not None:
        return gap
    if isinstance(container, list):
        found = kleene(True, (equal(item, element) for element in container))
        return Unknown(container.cause) if found is False and isinstance(container, Partial) else found
    if not isinstance(container, dict) or kind(item) in ("null", "list", "map"):
        return error(f"{kind(item)} in {kind(container)}")
    there = isinstance(item, str) and item in container
    return container[item] if there and isinstance(container[item], Unknown) else there


def select(of: Any, field: str) -> Any:
    """`of.field`."""
    if isinstance(of, dict):
        return of[field] if field in of else _missing(of, field)
    return of if isinstance(of, Unknown) else error(f".{field} of a {kind(of)}")


def _missing(of: dict[str, Any], field: str) -> Unknown:
    if isinstance(of, Row) and field in of.unread:
        return Unknown(of.unread[field])
    return ABSENT


def index(of: Any, key: Any) -> Any:
    """`of[key]`."""
    if (gap := known(of, key)) is not None:
        return gap
    if isinstance(of, dict):
        return select(of, key) if isinstance(key, str) else error(f"a map has no key that is a {kind(key)}")
    if not isinstance(of, list) or kind(key) != "number" or key != math.trunc(key):
        return error(f"[{kind(key)}] of a {kind(of)}")
    if isinstance(of, Partial):
        return Unknown(of.cause)
    return of[int(key)] if 0 <= key < len(of) else error(f"[{key}] of a list of {len(of)}")


def size(value: Any) -> int | Unknown:
    if isinstance(value, Partial):
        return Unknown(value.cause)
    if isinstance(value, dict):
        gap = known(*value.values())
        return len(value) if gap is None else gap
    if isinstance(value, str | list):
        return len(value)
    return value if isinstance(value, Unknown) else error(f"size of a {kind(value)}")


def arithmetic(sign: str, a: Any, b: Any) -> Any:
    """`+ - * / %` on two integers (of 64 bits) or two doubles; `+` on two strings or two lists."""
    if (gap := known(a, b)) is not None:
        return gap
    if type(a) is int and type(b) is int:
        return _whole(sign, a, b)
    if type(a) is float and type(b) is float and sign != "%":
        return _double(sign, a, b)
    if sign == "+" and isinstance(a, str) and isinstance(b, str):
        return a + b
    if sign == "+" and isinstance(a, list) and isinstance(b, list):
        return _joined(a, b)
    return error(f"{kind(a)} {sign} {kind(b)}")


def _whole(sign: str, a: int, b: int) -> int | Unknown:
    if sign in "/%" and b == 0:
        return error("division by zero")
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1) if sign in "/%" else 0
    results = {"+": a + b, "-": a - b, "*": a * b, "/": quotient, "%": a - b * quotient}
    return _bounded(results[sign] if MIN <= quotient <= MAX else quotient)


def _bounded(value: int) -> int | Unknown:
    return value if MIN <= value <= MAX else error("more than 64 bits")


def _double(sign: str, a: float, b: float) -> float:
    if sign == "/" and b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    operators = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
    return float(operators[sign](a, b))


def _joined(a: list[Any], b: list[Any]) -> list[Any]:
    part = next((x for x in (a, b) if isinstance(x, Partial)), None)
    return [*a, *b] if part is None else partial([*a, *b], part.cause)


def minus(value: Any) -> Any:
    if type(value) is int:
        return _bounded(-value)
    if type(value) is float:
        return -value
    return value if isinstance(value, Unknown) else error(f"- of a {kind(value)}")


def elements(value: Any) -> tuple[list[Any], Unknown | None]:
    """What `exists`, `all`, `filter` and `map` run over, and why there may be more of it.

    Of a map these are the keys; a key that was not read may be none, so it is left to the unknown rest.
    """
    if isinstance(value, list):
        return value, Unknown(value.cause) if isinstance(value, Partial) else None
    if isinstance(value, dict):
        there = [key for key, item in value.items() if not isinstance(item, Unknown)]
        return there, known(*value.values())
    return [], value if isinstance(value, Unknown) else error(f"the elements of a {kind(value)}")


def text_function(name: str, *args: Any) -> Any:
    """A function of strings, by its name in CEL."""
    if (gap := known(*args)) is not None:
        return gap
    if not all(isinstance(arg, str) for arg in args):
        return error(f"{name} of a {kind(next(a for a in args if not isinstance(a, str)))}")
    return TEXTS[name](*args)


def matches(text: str, pattern: str) -> bool | Unknown:
    """RE2 finds the pattern somewhere in the text."""
    try:
        return search(pattern)(text)
    except (re2.error, ValueError) as problem:
        return error(f"matches: {problem}")


@lru_cache(maxsize=256)
def search(pattern: str) -> Callable[[str], bool]:
    """Whether a pattern of RE2 finds something in a text; `re2.error` when it is no pattern.

    What it said of short texts is kept: values repeat, and a call of RE2 costs as much as thirty look-ups.
    """
    options = re2.Options()
    options.log_errors = False
    find = re2.compile(pattern, options).search
    remembered = lru_cache(maxsize=1024)(lambda text: find(text) is not None)
    return lambda text: remembered(text) if len(text) < SHORT else find(text) is not None


SHORT = 256
"""Characters of a text of which a match is remembered."""


def lower_ascii(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_LOWER)


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}

TEXTS: Mapping[str, Callable[..., Any]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
    "matches": matches,
    "lowerAscii": lower_ascii,
}
"""The string functions of CEL that conditions may call, the receiver first."""
