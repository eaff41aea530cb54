"""The frozen tree that a condition becomes. Whatever parses CEL fills it; nothing else of CEL is seen.

Nodes are msgspec records so that content ships and caches as JSON. `at` is the offset in the text
that the author wrote, for messages and explanations. A tree has no circles: no need to be swept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec


class Node(msgspec.Struct, frozen=True, array_like=True, tag_field="node", gc=False):
    pass


class Const(Node, tag="c", frozen=True, array_like=True, gc=False):
    """null, a boolean, an integer of 64 bits, a double or a string."""

    value: Any
    at: int = 0


class Name(Node, tag="n", frozen=True, array_like=True, gc=False):
    """`p`, `meta`, `params`, `account`, `region`, or a variable bound by `Each`."""

    name: str
    at: int = 0


class Select(Node, tag="s", frozen=True, array_like=True, gc=False):
    of: Expr
    field: str
    at: int = 0


class Index(Node, tag="i", frozen=True, array_like=True, gc=False):
    of: Expr
    key: Expr
    at: int = 0


class Items(Node, tag="l", frozen=True, array_like=True, gc=False):
    """A list literal."""

    items: tuple[Expr, ...]
    at: int = 0


class Call(Node, tag="f", frozen=True, array_like=True, gc=False):
    """An operator by its sign (`&&`, `||`, `!`, `==`, `<`, `in`, `+`, `-`, `?:`) or a function by its name.

    A method's receiver is the first argument: `s.startsWith(x)` is `Call("startsWith", (s, x))`.
    """

    function: str
    args: tuple[Expr, ...]
    at: int = 0


class Each(Node, tag="e", frozen=True, array_like=True, gc=False):
    """`over.exists(var, body)`, and the same for `all`, `filter`, `map`."""

    kind: str
    var: str
    over: Expr
    body: Expr
    at: int = 0


class Facts(Node, tag="r", frozen=True, array_like=True, gc=False):
    """Other resources: `all(type)`, `here(type)`, `everywhere(type)`, `related(type, field, value)`."""

    kind: str
    type: str
    field: str = ""
    value: Expr | None = None
    at: int = 0


class Inlined(Node, tag="u", frozen=True, array_like=True, gc=False):
    """A content function's body in place of its call. `text` is the call as the author wrote it."""

    text: str
    body: Expr
    at: int = 0


Expr = Const | Name | Select | Index | Items | Call | Each | Facts | Inlined


def children(expr: Expr) -> tuple[Expr, ...]:
    """The conditions directly below one, in the order of the text."""
    return _CHILDREN[type(expr)](expr)


_CHILDREN: Mapping[type, Callable[[Any], tuple[Expr, ...]]] = {
    Const: lambda _: (),
    Name: lambda _: (),
    Select: lambda expr: (expr.of,),
    Index: lambda expr: (expr.of, expr.key),
    Items: lambda expr: expr.items,
    Call: lambda expr: expr.args,
    Each: lambda expr: (expr.over, expr.body),
    Facts: lambda expr: () if expr.value is None else (expr.value,),
    Inlined: lambda expr: (expr.body,),
}
"""By class: checking content asks this a hundred thousand times."""


def walk(expr: Expr) -> Iterator[Expr]:
    """The condition and everything below it, parents first, in the order of the text."""
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))
