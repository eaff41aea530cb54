"""Which values a parameter takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cloudward.model import Parameter

KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "int": ("a whole number", lambda value: type(value) is int),
    "number": ("a number", lambda value: type(value) is int or (type(value) is float and value == value)),
    "bool": ("true or false", lambda value: type(value) is bool),
    "string": ("text", lambda value: isinstance(value, str)),
    "list": ("a list", lambda value: isinstance(value, list | tuple)),
}


def misfit(parameter: Parameter, value: Any) -> str:
    """Why a value cannot be the parameter's; empty when it can."""
    words, fits = KINDS[parameter.type]
    if not fits(value):
        return f"{value!r} is not {words}"
    items = value if parameter.type == "list" else (value,)
    return next(filter(None, (_item(parameter, item) for item in items)), "")


def element(parameter: Parameter) -> str:
    """The kind of a list's elements: that of its default. A port given as text would equal no port."""
    sample = (*parameter.default, *parameter.values, "")[0]
    return next(kind for kind in ("bool", "number", "string") if KINDS[kind][1](sample))


def _item(parameter: Parameter, item: Any) -> str:
    if parameter.type == "list":
        words, fits = KINDS[element(parameter)]
        if not fits(item):
            return f"{item!r} in the list is not {words}"
    if parameter.values and item not in parameter.values:
        return f"{item!r} is none of {', '.join(map(str, parameter.values))}"
    if isinstance(item, int | float) and not isinstance(item, bool):
        if parameter.min is not None and item < parameter.min:
            return f"{item} is less than {parameter.min:g}"
        if parameter.max is not None and item > parameter.max:
            return f"{item} is more than {parameter.max:g}"
    return ""
