"""A condition as CEL text again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain, count
from typing import Any

from cloudward.rules.ast import Call, Const, Each, Expr, Facts, Index, Inlined, Items, Name, Select
from cloudward.rules.inline import free
from cloudward.rules.operators import TEXTS
from cloudward.rules.paths import IDENTIFIER

_LEVELS = (("?:",), ("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
_LEVEL: Mapping[str, int] = {sign: level for level, signs in enumerate(_LEVELS) for sign in signs}
_UNARY, _MEMBER = len(_LEVELS), len(_LEVELS) + 1
_WORDS = frozenset({"true", "false", "null", "in"})


def text(expr: Expr, names: Mapping[str, str] | None = None) -> str:
    """The condition as CEL; `names` gives what to write in place of a bound variable."""
    return _Printer(names or {}).text(expr)


def operand(expr: Expr, names: Mapping[str, str]) -> str:
    """The condition as it stands before a `.` or `[`."""
    return _Printer(names).text(expr, _MEMBER)


def shown(expr: Expr, length: int = 80) -> str:
    """The condition as messages write it, cut to a length."""
    written = text(expr)
    return written if len(written) <= length else written[: length - 3] + "..."


def literal(value: Any) -> str:
    """A JSON value as CEL writes it."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(key)}: {literal(item)}' for key, item in value.items())}}}"
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


class _Printer:
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def text(self, expr: Expr, level: int = 0) -> str:
        """The text, in parentheses where it binds less than `level`."""
        written, binds = self._written(expr)
        return f"({written})" if binds < level else written

    def _written(self, expr: Expr) -> tuple[str, int]:
        match expr:
            case Const(value):
                negative = isinstance(value, int | float) and not isinstance(value, bool) and value < 0
                return literal(value), _UNARY - negative if negative else _MEMBER
            case Name(name):
                return self.names.get(name, name), _MEMBER
            case Select(of, field):
                return self._member(of, field), _MEMBER
            case Index(of, key):
                return f"{self.text(of, _MEMBER)}[{self.text(key)}]", _MEMBER
            case Items(items):
                return f"[{self._list(items)}]", _MEMBER
            case Inlined(body=body):
                return self._written(body)
            case Each(kind, var, over, body):
                shown = self._variable(var, body)
                inner = _Printer({**self.names, var: shown})
                return f"{self.text(over, _MEMBER)}.{kind}({shown}, {inner.text(body)})", _MEMBER
            case Facts():
                return self._facts(expr), _MEMBER
            case Call(function, args):
                return self._call(function, args)

    def _variable(self, var: str, body: Expr) -> str:
        """The name as its author wrote it, or with a number where it would hide another."""
        others = {self.names.get(name, name) for name in free(body) - {var}}
        plain = var.rstrip("'")
        return next(
            name for name in chain((plain,), map(f"{plain}{{}}".format, count(2))) if name not in others
        )

    def _member(self, of: Expr, field: str) -> str:
        plain = IDENTIFIER.fullmatch(field) and field not in _WORDS
        return self.text(of, _MEMBER) + (f".{field}" if plain else f"[{literal(field)}]")

    def _list(self, items: tuple[Expr, ...]) -> str:
        return ", ".join(self.text(item) for item in items)

    def _facts(self, facts: Facts) -> str:
        args = [literal(facts.type)]
        if facts.value is not None:
            args += [literal(facts.field), self.text(facts.value)]
        return f"{facts.kind}({', '.join(args)})"

    def _call(self, function: str, args: tuple[Expr, ...]) -> tuple[str, int]:
        if function == "?:":
            return f"{self.text(args[0], 1)} ? {self.text(args[1], 1)} : {self.text(args[2])}", 0
        if function in ("!", "-") and len(args) == 1:
            return function + self.text(args[0], _MEMBER), _UNARY
        if function in _LEVEL:
            return self._infix(function, args), _LEVEL[function]
        if function in TEXTS:
            return f"{self.text(args[0], _MEMBER)}.{function}({self._list(args[1:])})", _MEMBER
        return f"{function}({self._list(args)})", _MEMBER

    def _infix(self, sign: str, args: tuple[Expr, ...]) -> str:
        level = _LEVEL[sign]
        first, *others = args
        return f" {sign} ".join([self.text(first, level), *(self.text(arg, level + 1) for arg in others)])
