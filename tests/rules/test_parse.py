"""CEL becomes our tree, with the places that the author sees."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudward.errors import ConditionError
from cloudward.rules.ast import Call, Const, Each, Expr, Facts, Index, Inlined, Items, Name, Select, walk
from cloudward.rules.inline import Definition, bare, free, link
from cloudward.rules.parse import complaint, parse, read, within
from cloudward.rules.printer import text


def tree(condition: str) -> Expr:
    return bare(parse(condition, "f.yaml", 1))


def refusal(condition: str, functions: dict[str, Definition] | None = None) -> str:
    with pytest.raises(ConditionError) as caught:
        parse(condition, "f.yaml", 1, functions)
    return str(caught.value)


def functions(**bodies: str) -> dict[str, Definition]:
    """`isOpen_r="..."`: a function `isOpen` of `r`."""
    made = {}
    names = {key.split("_")[0] for key in bodies}
    for key, body in bodies.items():
        name, *params = key.split("_")
        made[name] = Definition(
            name, tuple(params), read(body, "fn.yaml", within(body, 1), names), body, "", "fn.yaml"
        )
    return link(
        made, lambda function, at, message: complaint("fn.yaml", within(function.text, 1))(at, message)
    )


X, Y = Name("x"), Name("y")
SIGNS = ("&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("null", Const(None)),
        ("true", Const(True)),
        ("-9223372036854775808", Const(-(2**63))),
        ("0x1F", Const(31)),
        ("-1.5", Const(-1.5)),
        (r'"a\n\"é😀"', Const('a\n"é😀')),
        (r"r'\d+'", Const(r"\d+")),
        ("x", X),
        ("x.y.z", Select(Select(X, "y"), "z")),
        ("x.`a-b`", Select(X, "a-b")),
        ('x["a.b"]', Index(X, Const("a.b"))),
        ("x[0]", Index(X, Const(0))),
        ("[]", Items(())),
        ("[x, 1]", Items((X, Const(1)))),
        ("!x", Call("!", (X,))),
        ("-x", Call("-", (X,))),
        ("x ? y : 1", Call("?:", (X, Y, Const(1)))),
        ("x in y", Call("in", (X, Y))),
        *((f"x {sign} y", Call(sign, (X, Y))) for sign in SIGNS),
        ("size(x)", Call("size", (X,))),
        ("x.size()", Call("size", (X,))),
        ('x.startsWith("a")', Call("startsWith", (X, Const("a")))),
        ('x.when("a", y)', Call("when", (X, Const("a"), Y))),
        ("x.exists(k, k == 1)", Each("exists", "k", X, Call("==", (Name("k"), Const(1))))),
        ("x.all(k, k)", Each("all", "k", X, Name("k"))),
        ("x.filter(k, k.z)", Each("filter", "k", X, Select(Name("k"), "z"))),
        ("x.map(k, k.z)", Each("map", "k", X, Select(Name("k"), "z"))),
        (
            "x.map(k, k.z, [k])",
            Each("map", "k", Each("filter", "k", X, Select(Name("k"), "z")), Items((Name("k"),))),
        ),
        ('all("A::B")', Facts("all", "A::B")),
        ('here("A::B")', Facts("here", "A::B")),
        ('everywhere("A::B")', Facts("everywhere", "A::B")),
        ('related("A::B", "c.d", x)', Facts("related", "A::B", "c.d", X)),
        ("// why\n x // because", X),
    ],
)
def test_every_form_becomes_a_node(condition: str, expected: Expr) -> None:
    assert tree(condition) == expected


def test_a_macro_inside_a_macro_keeps_outer_names_and_shadows() -> None:
    found = tree("x.exists(k, k.list.all(l, l == k.a && y.exists(k, k == l)))")
    assert isinstance(found, Each)
    assert free(found) == {"x", "y"}
    assert text(found) == "x.exists(k, k.list.all(l, l == k.a && y.exists(k, k == l)))"


def test_names_like_those_of_the_parser_are_ordinary() -> None:
    found = tree("result.exists(accu, accu.loop == __result__ && accu.exists == null)")
    assert text(found) == "result.exists(accu, accu.loop == __result__ && accu.exists == null)"


def test_a_long_chain_of_ands_and_ors_stays_flat_enough() -> None:
    assert sum(1 for node in walk(tree(" || ".join(["x && y"] * 500))) if isinstance(node, Name)) == 1000


@pytest.mark.parametrize(
    ("condition", "node", "at"),
    [
        ("p . Foo", Select, 4),
        ("p.x  .\n startsWith ('a')", Call, 8),
        ("size ( x )", Call, 0),
        ("x.y .exists (k, k)", Each, 5),
        ('"é😀" + x', Call, 5),
        ('x && all("A::B")', Facts, 5),
    ],
)
def test_places_are_those_of_names_and_signs(condition: str, node: type[Expr], at: int) -> None:
    assert next(each for each in walk(parse(condition, "f", 1)) if isinstance(each, node)).at == at


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "f.yaml:1:1: the condition ends too early"),
        ("x &&", "f.yaml:1:5: the condition ends too early"),
        ("x\n  && y\n  && z w", "f.yaml:3:8: unexpected 'w'"),
        ("x = y", "f.yaml:1:3: unexpected '='; write =="),
        ("x & y", "f.yaml:1:3: unexpected '&'; write &&"),
        ("x ~ y", "f.yaml:1:3: unexpected '~'"),
        ("x == 'y", "f.yaml:1:6: this text has no closing quote"),
        ("x.é", "f.yaml:1:3: unexpected 'é'"),
        ("x; y", "f.yaml:1:2: unexpected ';'"),
        (
            "has(x.y)",
            "f.yaml:1:1: has() is not used: the type file says what absence means; compare with null instead",
        ),
        ("x.y.orValue(1)", "f.yaml:1:5: orValue() is not used: the type file says"),
        ("x.?y", "f.yaml:1:1: optional syntax is not used"),
        ("x[?0]", "f.yaml:1:1: optional syntax is not used"),
        ("x.exists_one(k, k)", "f.yaml:1:3: exists_one is not used; write exists, all, filter or map"),
        ("x.exists(k)", "f.yaml:1:3: exists takes a variable and a condition: list.exists(x, ...)"),
        ("x.exists(k, l, k)", "f.yaml:1:3: exists takes a variable and a condition"),
        ("x.all(1, true)", "f.yaml:1:7: all() variable name must be a simple identifier"),
        ("exists(x)", "f.yaml:1:1: exists takes a variable and a condition"),
        ("x.exists(p, true)", "f.yaml:1:10: p has a meaning already; take another name"),
        ("x.map(account, 1)", "f.yaml:1:7: account has a meaning already; take another name"),
        ("startsWith(x, 'a')", "f.yaml:1:1: write value.startsWith(...)"),
        ('{"a": 1}', "f.yaml:1:1: a condition makes no maps or messages; compare field by field"),
        ("Foo{a: 1}", "f.yaml:1:1: a condition makes no maps or messages"),
        ("1u", "f.yaml:1:1: '1u' is not JSON: no unsigned numbers, no bytes"),
        ('x == b"a"', "is not JSON"),
        ("1e999", "f.yaml:1:1: this number is too large"),
        ("9223372036854775808", "f.yaml:1:1: invalid int literal"),
        (".x", "f.yaml:1:2: write x without the dot"),
        ("all(x)", "f.yaml:1:5: all takes the type and the field as plain text"),
        ('all("A", "B")', "f.yaml:1:1: all takes (type)"),
        ('related("A", x)', "f.yaml:1:1: related takes (type, field, value)"),
        ('related("A", x, y)', "f.yaml:1:14: related takes the type and the field as plain text"),
        ('"\ud800"', "f.yaml:1:2: half of a surrogate pair is not a character"),
        ("\x00", "f.yaml:1:1: "),
    ],
)
def test_what_is_not_a_condition_of_ours_is_refused_with_its_place(condition: str, message: str) -> None:
    assert message in refusal(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "(" * 10_000 + "x" + ")" * 10_000,
        "[" * 10_000 + "x" + "]" * 10_000,
        "x" + ".y" * 10_000,
        "x + " * 10_000 + "x",
        "x.exists(k, " * 31 + "x" + ")" * 31,
        "x ? x : " * 10_000 + "x",
        "f(" * 10_000 + "x" + ")" * 10_000,
        "x[" * 10_000 + "x" + "]" * 10_000,
    ],
    ids=lambda condition: condition[:6],
)
def test_deep_nesting_is_one_clear_line(condition: str) -> None:
    assert refusal(condition) == "f.yaml:1:1: nested too deeply; put a part of it into content/functions"


def test_a_condition_of_more_than_a_hundred_thousand_characters_is_one_clear_line() -> None:
    assert refusal("x || " * 20_000 + "x") == "f.yaml:1:1: a condition has at most 100,000 characters"


def test_a_condition_of_very_many_parts_is_one_clear_line() -> None:
    assert "more than 4,000 parts" in refusal(" || ".join(["x"] * 10_000))


def test_a_line_stays_a_line_whatever_the_condition_holds() -> None:
    message = refusal("x.exists(k, k) && " + "y" * 5_000 + "!")
    assert "\n" not in message
    assert len(message) < 600


def test_nothing_of_the_parser_is_imported_before_something_is_parsed() -> None:
    code = (
        "import sys, cloudward.rules.parse, cloudward.rules.check, cloudward.pack as pack\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('cel', 'cel_expr_python', 'google')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_function_of_content_stands_in_place_of_its_call() -> None:
    known = functions(isOpen_r='r.Cidr == "0.0.0.0/0"')
    found = parse("x.exists(k,\n   isOpen(k))", "f", 1, known)
    assert text(found) == 'x.exists(k, k.Cidr == "0.0.0.0/0")'
    assert [node.text for node in walk(found) if isinstance(node, Inlined)] == ["isOpen(k)"]


def test_the_author_reads_his_own_call() -> None:
    known = functions(isOpen_r_s="r == s")
    found = parse('x && isOpen( y.f(")") ,\n      "a)\\"" ) && z', "f", 1, known)
    assert [node.text for node in walk(found) if isinstance(node, Inlined)] == [
        'isOpen( y.f(")") , "a)\\"" )'
    ]


def test_parts_of_a_body_are_placed_at_the_call_and_arguments_where_they_stand() -> None:
    known = functions(isOpen_r="r.a == 1")
    found = parse("x && isOpen(y.z)", "f", 1, known)
    places = {
        type(node).__name__: node.at for node in walk(found) if isinstance(node, Const | Select | Inlined)
    }
    assert places["Const"] == places["Inlined"] == 5
    assert {node.at for node in walk(found) if isinstance(node, Select)} == {5, 14}


def test_functions_call_functions_in_any_order() -> None:
    known = functions(outer_r="inner(r.a) || inner(r.b)", inner_s="s == 1", alone="p.x")
    assert text(parse("outer(y) && alone()", "f", 1, known)) == "(y.a == 1 || y.b == 1) && p.x"


def test_a_bound_variable_of_a_body_does_not_capture_an_argument() -> None:
    known = functions(has_list_item="list.exists(k, k == item)")
    found = bare(parse("x.exists(k, has(k.list, k))", "f", 1, known | {}))
    assert isinstance(found, Each)
    inner = found.body
    assert isinstance(inner, Each)
    assert inner.var != "k"
    assert inner.body == Call("==", (Name(inner.var), Name("k")))
    assert free(found) == {"x"}


def test_renaming_keeps_clear_of_every_name_in_sight() -> None:
    known = functions(
        deep_f="f.exists(k, f.all(l, k == l && l == f))", top_g="deep(g.k) || g.exists(l, deep(l))"
    )
    found = parse("x.exists(k, k.l.exists(l, top(k) && top(l)))", "f", 1, known)
    assert free(found) == {"x"}
    assert text(found).count("exists") == 2 + 2 * 3


def test_a_parameter_that_a_macro_shadows_is_not_replaced_there() -> None:
    known = functions(odd_r="r.list.exists(r, r == 1) && r.b")
    assert text(parse("odd(y)", "f", 1, known)) == "y.list.exists(r, r == 1) && y.b"


def test_an_argument_that_is_not_used_disappears_and_one_used_twice_is_there_twice() -> None:
    known = functions(first_a_b="a", twice_a="a && a")
    assert text(parse("first(x, y) || twice(z)", "f", 1, known)) == "x || z && z"


@pytest.mark.parametrize(
    ("bodies", "message"),
    [
        ({"again_r": "again(r)"}, "fn.yaml:1:1: again calls itself: again > again"),
        (
            {"one_r": "two(r)", "two_r": "r || three(r)", "three_r": "one(r)"},
            "calls itself: one > two > three > one",
        ),
        ({"one_r": "two(r, r)", "two_r": "r"}, "fn.yaml:1:1: two(r) is called with 2 arguments"),
    ],
)
def test_functions_that_cannot_be_written_out_are_refused(bodies: dict[str, str], message: str) -> None:
    with pytest.raises(ConditionError, match=re.escape(message)):
        functions(**bodies)


def test_functions_that_double_each_time_are_a_bomb() -> None:
    bodies = {"f0_r": "r.a", **{f"f{n}_r": f"f{n - 1}(r) || f{n - 1}(r)" for n in range(1, 60)}}
    with pytest.raises(ConditionError, match="more than 4,000 parts with its functions written out"):
        functions(**bodies)


def test_arguments_that_double_each_time_are_a_bomb() -> None:
    known = functions(twice_r="r || r")
    assert "more than 4,000 parts" in refusal("twice(" * 25 + "x" + ")" * 25, known)


def test_functions_that_go_deeper_each_time_are_a_bomb() -> None:
    bodies = {"f0_r": "r.a", **{f"f{n}_r": f"!f{n - 1}(r.a.b.c)" for n in range(1, 60)}}
    with pytest.raises(ConditionError, match="nested deeper than 80 levels"):
        functions(**bodies)


def test_a_content_function_is_not_a_method() -> None:
    assert refusal("x.isOpen()", functions(isOpen_r="r.a")) == (
        "f.yaml:1:3: write isOpen(...): functions of content are not methods"
    )


PIECES = r"""
p x k . ( ) [ ] { } , : ? ! - + * / % == != < <= > >= && || in "a" "\"" 'b' 1 -2 3.5 1u null true false
exists( all( filter( map( has( size( all("T") related( .startsWith( .exists(k, p.x isOpen( // é \ `a`
"""
TOKENS = [*PIECES.split(), "\n"]


@pytest.mark.slow
@settings(max_examples=3_000, deadline=1_000, database=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=40).map(" ".join) | st.text(max_size=200))
def test_anything_is_a_tree_or_one_clear_line(condition: str) -> None:
    known = functions(isOpen_r="r.a")
    try:
        found = parse(condition, "f.yaml", 7, known)
    except ConditionError as error:
        refused = error
    else:
        assert all(0 <= node.at <= len(condition) for node in walk(found))
        assert bare(parse(text(bare(found)), "f", 1)) == bare(found)
        return
    assert refused.file == "f.yaml"
    assert 7 <= refused.line <= 7 + condition.count("\n")
    assert 1 <= refused.column <= len(condition) + 2
    assert "\n" not in str(refused)
