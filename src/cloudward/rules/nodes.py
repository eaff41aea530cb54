"""Python's own syntax tree, built shortly."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import CodeType
from typing import Any

Block = list[ast.stmt]


def name(of: str) -> ast.Name:
    return ast.Name(of, ast.Load())


def const(value: Any) -> ast.expr:
    """A literal of null, a boolean, a number, a string or a list of such."""
    if isinstance(value, list | tuple):
        return ast.List([const(item) for item in value], ast.Load())
    if isinstance(value, dict):
        return ast.Dict([const(key) for key in value], [const(item) for item in value.values()])
    return ast.Constant(value)


def call(function: str | ast.expr, *args: ast.expr) -> ast.Call:
    return ast.Call(name(function) if isinstance(function, str) else function, list(args), [])


def method(of: ast.expr, attribute: str, *args: ast.expr) -> ast.Call:
    return call(member(of, attribute), *args)


def member(of: ast.expr, attribute: str) -> ast.Attribute:
    return ast.Attribute(of, attribute, ast.Load())


def item(of: ast.expr, key: Any) -> ast.Subscript:
    return ast.Subscript(of, const(key), ast.Load())


def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.Compare:
    return ast.Compare(left, [operator], [right])


def same(value: ast.expr, known: bool | None) -> ast.expr:
    """`value is known`."""
    if isinstance(value, ast.Constant):
        return ast.Constant(value.value is known)
    return compare(value, ast.Is(), ast.Constant(known))


def other(value: ast.expr, known: bool | None) -> ast.expr:
    """`value is not known`."""
    if isinstance(value, ast.Constant):
        return ast.Constant(value.value is not known)
    return compare(value, ast.IsNot(), ast.Constant(known))


def typed(value: ast.expr, type: str) -> ast.expr:
    """`type(value) is type`: exactly this type, so no subclass that means something else."""
    return compare(call("type", value), ast.Is(), name(type))


def untyped(value: ast.expr, type: str) -> ast.expr:
    """`type(value) is not type`."""
    return compare(call("type", value), ast.IsNot(), name(type))


def choose(test: ast.expr, yes: ast.expr, no: ast.expr) -> ast.expr:
    if isinstance(test, ast.Constant):
        return yes if test.value else no
    return ast.IfExp(test, yes, no)


def assign(target: str | ast.expr, value: ast.expr) -> ast.Assign:
    to = ast.Name(target, ast.Store()) if isinstance(target, str) else target
    return ast.Assign([to], value)


def store_item(of: ast.expr, key: Any, value: ast.expr) -> ast.Assign:
    return assign(ast.Subscript(of, const(key), ast.Store()), value)


def unpack(targets: Sequence[str], value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Tuple([ast.Name(target, ast.Store()) for target in targets], ast.Store())], value)


def when(test: ast.expr, yes: Sequence[ast.stmt], no: Sequence[ast.stmt] = ()) -> ast.If:
    return ast.If(test, list(yes) or [ast.Pass()], list(no))


def loop(var: str, over: ast.expr, body: Block) -> ast.For:
    return ast.For(ast.Name(var, ast.Store()), over, body, [])


def function(of: str, params: Sequence[str], body: Block) -> ast.FunctionDef:
    args = ast.arguments([], [ast.arg(param) for param in params], None, [], [], None, [])
    return ast.FunctionDef(of, args, body, [])


def made(functions: Sequence[ast.FunctionDef], file: str) -> CodeType:
    """The compiled module of these functions."""
    module = ast.Module(list(functions), [])
    return compile(ast.fix_missing_locations(module), file, "exec")
