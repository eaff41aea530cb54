"""Writes a function statement by statement: variables of its own, blocks, values computed once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cloudward.rules import nodes
from cloudward.rules.nodes import Block, const, name
from cloudward.rules.unread import Unknown


class Writer:
    """Statements go to `block`; what they use that has no literal is in `constants`, by name."""

    def __init__(self) -> None:
        self.block: Block = []
        self.constants: dict[str, Any] = {}
        self._loaded: list[dict[Any, ast.Name]] = [{}]
        self._names = 0

    def fresh(self, prefix: str = "v") -> str:
        """The name of a new variable."""
        self._names += 1
        return f"{prefix}{self._names}"

    def temp(self, value: ast.expr) -> ast.expr:
        """A value that can be written twice."""
        if isinstance(value, ast.Name | ast.Constant):
            return value
        var = self.fresh()
        self.block.append(nodes.assign(var, value))
        return name(var)

    def once(self, key: Any, value: ast.expr) -> ast.Name:
        """A value computed once for all that comes after it in this block and below."""
        var = self.fresh()
        self.block.append(nodes.assign(var, value))
        self._loaded[-1][key] = name(var)
        return name(var)

    def seen(self, key: Any) -> ast.Name | None:
        """What `once` computed, where it is known by now."""
        return next((scope[key] for scope in reversed(self._loaded) if key in scope), None)

    @contextmanager
    def inner(self) -> Iterator[Block]:
        """A block of its own; what it loads is not known outside."""
        outer, self.block = self.block, []
        self._loaded.append({})
        try:
            yield self.block
        finally:
            self.block = outer
            self._loaded.pop()

    def constant(self, value: Any, key: str = "") -> ast.Name:
        """Something that has no literal, under a name."""
        key = key or f"known{len(self.constants)}"
        self.constants[key] = value
        return name(key)

    def literal(self, value: Any) -> ast.expr:
        """A value known now."""
        if isinstance(value, Unknown):
            return name("UNKNOWN")
        if value is None or isinstance(value, bool | int | str):
            return const(value)
        return const(value) if isinstance(value, float) and value - value == 0 else self.constant(value)
