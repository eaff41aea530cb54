"""Functions of content: short CEL that takes the place of its call.

What an argument says keeps the meaning that it has where it was written: bound variables of a body that
would capture one of its names are renamed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from cloudward.errors import ConditionError
from cloudward.rules.ast import (
    Call,
    Each,
    Expr,
    Facts,
    Index,
    Inlined,
    Items,
    Name,
    Select,
    children,
    walk,
)

PARTS = 4_000
"""Nodes that a condition may have once everything is written out."""
DEPTH = 80

Wrong = Callable[[int, str], ConditionError]
"""Makes the error for what is wrong at an offset of a condition's text."""


class Definition(msgspec.Struct, frozen=True, gc=False):
    """A function of content. Its `body` is written out, as far as it calls others, by `link`."""

    name: str
    params: tuple[str, ...]
    body: Expr
    text: str
    doc: str = ""
    file: str = ""
    line: int = 0


def link(
    functions: Mapping[str, Definition], wrong: Callable[[Definition, int, str], ConditionError]
) -> dict[str, Definition]:
    """The functions with the calls among them written out; one that leads back to itself fails."""
    linked: dict[str, Definition] = {}

    def visit(name: str, chain: tuple[str, ...]) -> None:
        function = functions[name]
        if name in chain:
            way = " > ".join((*chain[chain.index(name) :], name))
            raise wrong(function, 0, f"{name} calls itself: {way}")
        for called in sorted(_called(function.body) & functions.keys()):
            if called not in linked:
                visit(called, (*chain, name))
        body = inline(function.body, function.text, linked, lambda at, message: wrong(function, at, message))
        linked[name] = msgspec.structs.replace(function, body=body)

    for name in functions:
        if name not in linked:
            visit(name, ())
    return linked


def _called(expr: Expr) -> set[str]:
    own = {expr.function} if isinstance(expr, Call) else set()
    return own.union(*(_called(part) for part in children(expr)))


def inline(expr: Expr, text: str, functions: Mapping[str, Definition], wrong: Wrong) -> Expr:
    """`expr`, whose author wrote `text`, with the bodies of linked functions in place of their calls."""
    inliner = _Inliner(text, functions, wrong)
    made = inliner.expr(expr)
    if depth(made) > DEPTH:
        raise wrong(0, f"nested deeper than {DEPTH} levels with its functions written out")
    return made


class _Inliner:
    def __init__(self, text: str, functions: Mapping[str, Definition], wrong: Wrong) -> None:
        self.text = text
        self.functions = functions
        self.wrong = wrong
        self.parts = 0

    def expr(self, expr: Expr) -> Expr:
        self.count(expr, 1)
        if isinstance(expr, Call) and expr.function in self.functions:
            return self.call(expr, self.functions[expr.function])
        return rebuilt(expr, self.expr)

    def call(self, call: Call, function: Definition) -> Expr:
        if len(call.args) != len(function.params):
            takes = f"{function.name}({', '.join(function.params)})"
            raise self.wrong(call.at, f"{takes} is called with {len(call.args)} arguments")
        values = dict(zip(function.params, map(self.expr, call.args), strict=True))
        self.count(
            call, size(function.body) + sum(uses * size(values[name]) for name, uses in _uses(function))
        )
        return Inlined(written(self.text, call.at), replace(function.body, values, call.at), call.at)

    def count(self, expr: Expr, parts: int) -> None:
        self.parts += parts
        if self.parts > PARTS:
            raise self.wrong(expr.at, f"more than {PARTS:,} parts with its functions written out")


def _uses(function: Definition) -> Iterator[tuple[str, int]]:
    for name in function.params:
        yield name, sum(1 for node in walk(function.body) if isinstance(node, Name) and node.name == name)


def written(text: str, at: int) -> str:
    """The call that starts at `at`, as its author wrote it, in one line."""
    depth_ = 0
    for match in _TOKEN.finditer(text, at):
        depth_ += {"(": 1, ")": -1}.get(match[0], 0)
        if match[0] == ")" and depth_ == 0:
            return _BREAK.sub(" ", text[at : match.end()])
    return text[at:]


_TOKEN = re.compile(r'"""(?:\\.|.)*?"""|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[()]', re.DOTALL)
_BREAK = re.compile(r"\s*\n\s*")


def replace(expr: Expr, values: Mapping[str, Expr], at: int | None = None) -> Expr:
    """`expr` with values in place of free names; `at` becomes the place of all but the values."""
    taken = frozenset().union(*(free(value) for value in values.values()))
    return _replaced(expr, values, taken, at)


def _replaced(expr: Expr, values: Mapping[str, Expr], taken: frozenset[str], at: int | None) -> Expr:
    if isinstance(expr, Name) and expr.name in values:
        return values[expr.name]
    if at is not None:
        expr = msgspec.structs.replace(expr, at=at)
    if not isinstance(expr, Each):
        return rebuilt(expr, lambda part: _replaced(part, values, taken, at))
    over = _replaced(expr.over, values, taken, at)
    var, inner = expr.var, {name: value for name, value in values.items() if name != expr.var}
    if var in taken and inner:
        while var in taken or var in free(expr.body):
            var += "'"
        inner[expr.var] = Name(var, expr.at)
        taken |= {var}
    return Each(expr.kind, var, over, _replaced(expr.body, inner, taken, at), expr.at)


def rebuilt(expr: Expr, make: Callable[[Expr], Expr]) -> Expr:
    """`expr` with its parts made anew."""
    match expr:
        case Select(of, field, at):
            return Select(make(of), field, at)
        case Index(of, key, at):
            return Index(make(of), make(key), at)
        case Items(items, at):
            return Items(tuple(map(make, items)), at)
        case Call(function, args, at):
            return Call(function, tuple(map(make, args)), at)
        case Each(kind, var, over, body, at):
            return Each(kind, var, make(over), make(body), at)
        case Facts(kind, type, field, value, at) if value is not None:
            return Facts(kind, type, field, make(value), at)
        case Inlined(text, body, at):
            return Inlined(text, make(body), at)
        case _:
            return expr


def free(expr: Expr) -> frozenset[str]:
    """Names that are not bound inside."""
    if isinstance(expr, Name):
        return frozenset((expr.name,))
    if isinstance(expr, Each):
        return free(expr.over) | (free(expr.body) - {expr.var})
    return frozenset().union(*map(free, children(expr)))


def size(expr: Expr) -> int:
    """How many nodes it has."""
    return sum(1 for _ in walk(expr))


def depth(expr: Expr) -> int:
    """How many nodes it is deep."""
    return 1 + max(map(depth, children(expr)), default=0)


def bare(expr: Expr) -> Expr:
    """The same condition, whatever calls and spaces it is written with."""
    if isinstance(expr, Inlined):
        return bare(expr.body)
    return msgspec.structs.replace(rebuilt(expr, bare), at=0)
