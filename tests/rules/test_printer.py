from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given

from cloudward.rules.ast import Call, Const, Each, Expr, Facts, Index, Inlined, Items, Name, Select
from cloudward.rules.inline import rebuilt
from cloudward.rules.parse import parse
from cloudward.rules.printer import literal, text
from tests.rules.strategies import Maker, examples, seeds


def placeless(expr: Expr) -> Expr:
    """The tree without offsets, a sign part of its constant, `a["b"]` as `a.b`, chains flat."""
    expr = msgspec.structs.replace(rebuilt(expr, placeless), at=0)
    if isinstance(expr, Call) and expr.function in ("&&", "||"):
        nested = [
            arg.args if isinstance(arg, Call) and arg.function == expr.function else (arg,)
            for arg in expr.args
        ]
        return Call(expr.function, tuple(arg for args in nested for arg in args))
    if isinstance(expr, Index) and isinstance(expr.key, Const) and isinstance(expr.key.value, str):
        return Select(expr.of, expr.key.value)
    if (
        isinstance(expr, Call)
        and expr.function == "-"
        and len(expr.args) == 1
        and isinstance(expr.args[0], Const)
    ):
        number = expr.args[0].value
        if isinstance(number, int | float) and not isinstance(number, bool) and number >= 0:
            return Const(-number)
    return expr


@examples(400)
@given(seeds)
def test_a_printed_condition_is_parsed_to_the_same_tree(seed: int) -> None:
    condition = Maker(seed, ours=True).condition(4)
    written = text(condition)
    assert placeless(parse(written, "", 1)) == placeless(condition), written


@pytest.mark.parametrize(
    ("expr", "written"),
    [
        (Call("-", (Call("-", (Name("p"), Const(1))), Call("-", (Const(2), Const(-3))))), "p - 1 - (2 - -3)"),
        (Call("!", (Call("&&", (Name("p"), Const(True))),)), "!(p && true)"),
        (Select(Select(Name("p"), "x y"), "in"), 'p["x y"]["in"]'),
        (Index(Items((Const(1), Const(None))), Const(0)), "[1, null][0]"),
        (Facts("related", "T", "F", Select(Name("p"), "Id")), 'related("T", "F", p.Id)'),
        (Inlined("isOpen(r)", Call("==", (Name("r"), Const('a\n"')))), 'r == "a\\n\\""'),
        (Each("exists", "r'", Name("p"), Call("==", (Name("r'"), Name("r")))), "p.exists(r2, r2 == r)"),
        (Call("?:", (Call("||", (Name("a"), Name("b"))), Const(1.0), Const(2))), "a || b ? 1.0 : 2"),
    ],
)
def test_conditions_are_written_as_cel(expr: Expr, written: str) -> None:
    assert text(expr) == written


def test_bound_names_are_written_as_what_they_stand_for() -> None:
    condition = Call("==", (Select(Name("r"), "Port"), Name("n")))
    assert text(condition, {"r": "p.Rules[2]", "n": "22"}) == "p.Rules[2].Port == 22"


@pytest.mark.parametrize("value", [None, True, 1, -1.5, "é\t", ["a", [1]], {"k": {"x": None}}])
def test_literals_are_json_but_for_doubles(value: Any) -> None:
    assert msgspec.json.decode(literal(value)) == value
