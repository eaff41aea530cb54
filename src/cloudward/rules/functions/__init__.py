"""The functions that conditions may call: plain Python, one small module per family.

    @function(args=("json?",), returns=[STATEMENT])
    def public_statements(doc): ...            # publicStatements(doc) in a condition

A function is strict in unknown: the engine never calls it when an argument, or anything below it, is
not read. What it cannot compute it refuses with `ValueError` or `TypeError`, and the engine makes that
unknown; any other exception is a fault of ours. It does bounded work whatever the document says, and
gives the evidence (the statement, the rule) where it can, not only a yes.

A shape says what an argument or a result looks like, in the words of the type files:

    "string" "integer" "number" "boolean" "timestamp" "json" "any"     never null; with `?` it may be
    "object"                                                           an element or document, as it is
    ["string"], [{"Sid": "string?"}]                                   a list of these
    {"Sid": "string?", "Action": ["string"]}                           an object
    {"*": "string"}                                                    a map
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from inspect import getdoc
from typing import Any, TypeAlias

from cloudward import registry
from cloudward.rules.types import Field

Shape: TypeAlias = "str | list[Any] | dict[str, Any] | Field"

NOT_NULL: Mapping[str, Any] = {
    "string": "",
    "integer": 0,
    "number": 0.0,
    "boolean": False,
    "timestamp": "1970-01-01T00:00:00Z",
    "json": "",
    "any": "",
}
"""A `Field` is nullable when its default is null, so these mark a scalar that never is."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function as conditions see it. Calling the record calls the Python function."""

    name: str
    args: tuple[Field, ...]
    """What it takes, in order; a receiver (`s.when(..)`) comes first. One with a null default may be null."""
    returns: Field | None
    """What it gives; None: what its arguments are, which must agree, and null only when the last may be."""
    run: Callable[..., Any]
    doc: str
    timed: bool = False
    """It is called with the keyword `now`, and time alone may change its result."""
    moment: Callable[..., datetime] | None = None
    """Of a timed function whose result only grows: `moment(*args, n)` is when it becomes `n`."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.run(*args, **options)


def function(
    *,
    args: tuple[Shape, ...],
    returns: Shape | None,
    timed: bool = False,
    moment: Callable[..., datetime] | None = None,
) -> Callable[[Callable[..., Any]], Function]:
    """Declare a Python function for conditions; `public_statements` is called `publicStatements` there."""

    def declare(run: Callable[..., Any]) -> Function:
        shapes = tuple(shape(arg) for arg in args)
        gives = None if returns is None else shape(returns)
        return Function(camel(run.__name__), shapes, gives, run, getdoc(run) or "", timed, moment)

    return declare


def shape(of: Shape, name: str = "") -> Field:
    """The `Field` that a shape stands for."""
    if isinstance(of, Field):
        return of
    if isinstance(of, list):
        return Field(name, "list", items=shape(of[0]))
    if isinstance(of, dict) and "*" in of:
        return Field(name, "map", items=shape(of["*"]))
    if isinstance(of, dict):
        return Field(name, "object", fields=tuple(shape(value, key) for key, value in of.items()))
    kind = of.removesuffix("?")
    default = None if of.endswith("?") else NOT_NULL.get(kind)
    return Field(name, kind, default=default, default_template=default)


def camel(name: str) -> str:
    """`is_internet` -> `isInternet`."""
    return re.sub(r"_(.)", lambda match: match[1].upper(), name)


@cache
def functions() -> Mapping[str, Function]:
    """Every function by the name that conditions use."""
    return registry.named(_declared())


def _declared() -> Iterator[tuple[str, Function]]:
    for module in registry.modules(__name__):
        for value in vars(module).values():
            if isinstance(value, Function) and value.run.__module__ == module.__name__:
                yield value.name, value
