"""Which values a parameter takes, as a policy's default and wherever it is set."""

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
ELEMENTS = {"bool": "a list of true and false", "number": "a list of numbers", "string": "a list of texts"}


def misfit(parameter: Parameter, value: Any) -> str:
    """Why a value cannot be the parameter's; empty when it can."""
    if parameter.type != "list":
        words, fits = KINDS[parameter.type]
        return _outside(parameter, value) if fits(value) else f"{value!r} is not {words}"
    if not isinstance(value, list | tuple):
        return f"{value!r} is not a list"
    kind = _element(parameter)
    if not all(map(KINDS[kind][1], value)):
        return f"{value!r} is not {ELEMENTS[kind]}"
    return next(filter(None, (_outside(parameter, item) for item in value)), "")


def _element(parameter: Parameter) -> str:
    """The kind of a list's elements, that of its default: a port given as text would equal no port."""
    sample = [*(parameter.default if isinstance(parameter.default, list) else ()), *parameter.values, ""][0]
    return next(kind for kind in ELEMENTS if KINDS[kind][1](sample))


def _outside(parameter: Parameter, value: Any) -> str:
    if parameter.values and value not in parameter.values:
        return f"{value!r} is none of {', '.join(map(str, parameter.values))}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if parameter.min is not None and value < parameter.min:
            return f"{value} is less than {parameter.min:g}"
        if parameter.max is not None and value > parameter.max:
            return f"{value} is more than {parameter.max:g}"
    return ""
