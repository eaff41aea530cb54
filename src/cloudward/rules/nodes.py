"""Python's own syntax tree, built shortly. Nodes are born with a place, which `compile` asks of each."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Block = list[ast.stmt]


class _Placed:
    """Generated code stands on one line."""

    lineno: int = 1
    col_offset: int = 0
    end_lineno: int | None = 1
    end_col_offset: int | None = 0


class Name(_Placed, ast.Name): ...


class Constant(_Placed, ast.Constant): ...


class List(_Placed, ast.List): ...


class Tuple(_Placed, ast.Tuple): ...


class Dict(_Placed, ast.Dict): ...


class ListComp(_Placed, ast.ListComp): ...


class DictComp(_Placed, ast.DictComp): ...


class Call(_Placed, ast.Call): ...


class Attribute(_Placed, ast.Attribute): ...


class Subscript(_Placed, ast.Subscript): ...


class Compare(_Placed, ast.Compare): ...


class BoolOp(_Placed, ast.BoolOp): ...


class UnaryOp(_Placed, ast.UnaryOp): ...


class IfExp(_Placed, ast.IfExp): ...


class Assign(_Placed, ast.Assign): ...


class Expr(_Placed, ast.Expr): ...


class If(_Placed, ast.If): ...


class For(_Placed, ast.For): ...


class Break(_Placed, ast.Break): ...


class Pass(_Placed, ast.Pass): ...


class Return(_Placed, ast.Return): ...


class Raise(_Placed, ast.Raise): ...


class Try(_Placed, ast.Try): ...


class ExceptHandler(_Placed, ast.ExceptHandler): ...


class arg(_Placed, ast.arg): ...  # noqa: N801 - `unparse` goes by the name


class FunctionDef(_Placed, ast.FunctionDef): ...


LOAD, STORE = ast.Load(), ast.Store()
IS, IS_NOT = ast.Is(), ast.IsNot()


def name(of: str) -> Name:
    return Name(of, LOAD)


def stored(of: str) -> Name:
    return Name(of, STORE)


def const(value: Any) -> ast.expr:
    """A literal of null, a boolean, a number, a string, or a list or map of such."""
    if isinstance(value, list):
        return List([const(item) for item in value], LOAD)
    if isinstance(value, dict):
        return Dict([const(key) for key in value], [const(item) for item in value.values()])
    return Constant(value)


def listed(values: Iterable[ast.expr]) -> List:
    return List(list(values), LOAD)


def pack(*values: ast.expr) -> Tuple:
    return Tuple(list(values), LOAD)


def call(function: str | ast.expr, *args: ast.expr) -> Call:
    return Call(name(function) if isinstance(function, str) else function, list(args), [])


def method(of: ast.expr, attribute: str, *args: ast.expr) -> Call:
    return call(member(of, attribute), *args)


def member(of: ast.expr, attribute: str) -> Attribute:
    return Attribute(of, attribute, LOAD)


def item(of: ast.expr, key: Any) -> Subscript:
    return Subscript(of, const(key), LOAD)


def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Compare:
    return Compare(left, [operator], [right])


def within(low: Any, value: ast.expr, high: Any) -> Compare:
    """`low <= value <= high`."""
    return Compare(const(low), [ast.LtE(), ast.LtE()], [value, const(high)])


def negate(value: ast.expr) -> UnaryOp:
    return UnaryOp(ast.Not(), value)


def both(*values: ast.expr) -> BoolOp:
    return BoolOp(ast.And(), list(values))


def either(*values: ast.expr) -> BoolOp:
    return BoolOp(ast.Or(), list(values))


def same(value: ast.expr, known: bool | None) -> ast.expr:
    """`value is known`."""
    if isinstance(value, ast.Constant):
        return Constant(value.value is known)
    return compare(value, IS, Constant(known))


def other(value: ast.expr, known: bool | None) -> ast.expr:
    """`value is not known`."""
    if isinstance(value, ast.Constant):
        return Constant(value.value is not known)
    return compare(value, IS_NOT, Constant(known))


def typed(value: ast.expr, type: str) -> Compare:
    """`type(value) is type`: exactly this type, so no subclass that means something else."""
    return compare(call("type", value), IS, name(type))


def untyped(value: ast.expr, type: str) -> Compare:
    """`type(value) is not type`."""
    return compare(call("type", value), IS_NOT, name(type))


def choose(test: ast.expr, yes: ast.expr, no: ast.expr) -> ast.expr:
    if isinstance(test, ast.Constant):
        return yes if test.value else no
    return IfExp(test, yes, no)


def each_of(over: ast.expr, var: str, made: ast.expr) -> ListComp:
    """`[made for var in over]`."""
    return ListComp(made, [ast.comprehension(stored(var), over, [], 0)])


def each_value(over: ast.expr, var: str, made: ast.expr) -> DictComp:
    """`{key: made for key, var in over.items()}`."""
    pair = Tuple([stored("key"), stored(var)], STORE)
    return DictComp(name("key"), made, [ast.comprehension(pair, method(over, "items"), [], 0)])


def assign(target: str, value: ast.expr) -> Assign:
    return Assign([stored(target)], value)


def store_item(of: ast.expr, key: Any, value: ast.expr) -> Assign:
    return Assign([Subscript(of, const(key), STORE)], value)


def unpack(targets: Sequence[str], value: ast.expr) -> Assign:
    return Assign([Tuple([stored(target) for target in targets], STORE)], value)


def when(test: ast.expr, yes: Sequence[ast.stmt], no: Sequence[ast.stmt] = ()) -> If:
    return If(test, list(yes) or [Pass()], list(no))


def loop(var: str, over: ast.expr, body: Block) -> For:
    return For(stored(var), over, body, [])


def guarded(body: Block, fault: Block) -> Try:
    """What `body` does; `fault` when it raises anything."""
    return Try(body, [ExceptHandler(name("Exception"), None, fault)], [], [])


def function(of: str, params: Sequence[str], body: Block) -> FunctionDef:
    args = ast.arguments([], [arg(param) for param in params], None, [], [], None, [])
    return FunctionDef(of, args, body, [])


def loaded(functions: Sequence[ast.FunctionDef], file: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """The names of a module of these functions, which may use what is `known`."""
    names = dict(known)
    exec(compile(ast.Module(list(functions), []), file, "exec"), names)  # noqa: S102 - our own tree
    return names


def text(functions: Sequence[ast.FunctionDef]) -> str:
    """The functions as Python."""
    return "\n\n".join(ast.unparse(function) for function in functions) + "\n"
