"""YAML as content writes it: plain values with their places, and nothing that could hurt."""

from __future__ import annotations

from contextlib import suppress
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudward.errors import ContentError
from cloudward.pack.reader import Series, Table, decode, parse, place, plain


def value(text: str) -> Any:
    return plain(parse(f"key: {text}\n", "f.yaml"))["key"]


def refusal(text: str) -> str:
    with pytest.raises(ContentError) as caught:
        parse(text, "f.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("null", None),
        ("~", None),
        ("true", True),
        ("false", False),
        ("12", 12),
        ("-12", -12),
        ("0", 0),
        ("1.50", 1.5),
        ("-1.5e3", -1500.0),
        ("text", "text"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("on", "on"),
        ("No", "No"),
        ("2012-10-17", "2012-10-17"),
        ("12:30:00", "12:30:00"),
        ("012345678901", "012345678901"),
        ("123e4", "123e4"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        (".5", ".5"),
        (".inf", ".inf"),
        ("+1", "+1"),
        ("99999999999999999999999", "99999999999999999999999"),
        ("1.5e999", "1.5e999"),
        ("<<", "<<"),
        ("=", "="),
        ("[1, a, {b: 2}]", [1, "a", {"b": 2}]),
        ("{22: a, on: b, null: c}", {"22": "a", "on": "b", "null": "c"}),
        ("{}", {}),
    ],
)
def test_only_json_is_not_text(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_every_value_knows_its_place() -> None:
    tree = parse("a:\n  - b\n  - c: d\n", "f.yaml")
    series = tree["a"]
    assert isinstance(series, Series)
    assert isinstance(series[1], Table)
    assert (tree.keys_at["a"].line, series.values_at[0].line, series.values_at[0].column) == (0, 1, 4)
    assert (series[1].values_at["d" if "d" in series[1] else "c"].line, series[1].values_at["c"].column) == (
        2,
        7,
    )


WRITTEN = {
    "plain": "k: p.A == 1 && p.BAD\n",
    "plain over lines": "k: p.A == 1\n   &&\n     p.BAD\n",
    "single quotes": "k: 'p.A == ''x'' && p.BAD'\n",
    "double quotes": 'k: "p.A == \\"x\\ty\\x41\\" && p.BAD"\n',
    "double quotes over lines": 'k: "p.A == \\\n   1 && \n\n  p.BAD"\n',
    "folded": "k: >-\n  p.A == 1\n  && p.B\n\n  && p.BAD\n",
    "folded with a comment": "k: >-   # why\n\n\n    p.A == 1 &&\n    p.BAD\n",
    "literal": "k: |\n  p.A == 1\n    && 'é😀' == p.B\n  && p.BAD\n",
    "literal with an indent": "k: |2-\n    p.A\n  && p.BAD\n",
    "in a flow": "{a: 1, k: 'p.A && p.BAD', b: 2}\n",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_a_place_in_a_text_is_found_in_the_file_however_it_is_written(text: str) -> None:
    tree = parse(text, "f.yaml")
    condition = tree["k"]
    line, column = place(text, tree.values_at["k"], condition, condition.index("BAD"))
    assert text.splitlines()[line - 1][column - 1 :].startswith("BAD")


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_the_end_of_a_text_is_just_behind_it(text: str) -> None:
    tree = parse(text, "f.yaml")
    condition = tree["k"].rstrip()
    line, column = place(text, tree.values_at["k"], tree["k"], len(tree["k"]))
    assert text.splitlines()[line - 1][: column - 1].endswith(condition[-3:])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.yaml:1: expected `key: value` lines"),
        ("- a\n", "f.yaml:1: expected `key: value` lines"),
        ("just text\n", "f.yaml:1: expected `key: value` lines"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: key 'a' is given twice; the first is in line 1"),
        ("a: {b: 1, b: 1}\n", "f.yaml:1:11: key 'b' is given twice"),
        ("a: &x 1\nb: *x\n", "f.yaml:1:4: anchors and tags are not allowed in content"),
        ("a: *x\n", "f.yaml:1:4: aliases are not allowed in content; write the value out"),
        ("a: !!python/object/apply:os.system [ls]\n", "f.yaml:1:4: anchors and tags are not allowed"),
        ("a: !!str 1\n", "anchors and tags are not allowed"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: one file holds one document"),
        ("? [a]\n: 1\n", "f.yaml:1:3: a key must be text"),
        ("? {a: b}\n: 1\n", "a key must be text"),
        ("a: [1\nb: 2\n", "f.yaml:2:"),
        ("a: 'b\n", "not YAML: found unexpected end of stream"),
        ("a: b: c\n", "f.yaml:1:5: not YAML: mapping values are not allowed in this context"),
        ("a:\n\t- b\n", "f.yaml:2:1: not YAML: found character that cannot start any token"),
        ("a: 1\nb: \x00\n", "f.yaml:2: character"),
    ],
)
def test_what_content_does_not_write_is_refused_with_its_place(text: str, message: str) -> None:
    assert message in refusal(text)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(ContentError, match=r"f.yaml:2: this is not UTF-8"):
        decode(b"a: 1\nb: \xff\n", "f.yaml")
    assert decode("\ufeffa: é".encode(), "f.yaml") == "a: é"


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)

BOMBS = {
    "laughs": LAUGHS,
    "flow lists": "a: " + "[" * 300_000,
    "closed flow lists": "a: " + "[" * 10_000 + "]" * 10_000,
    "flow maps": "a: " + "{a: " * 200_000,
    "block lists": "a:\n" + "- " * 300_000 + "x\n",
    "block maps": "".join(" " * n + "a:\n" for n in range(1_000)),
    "keys of keys": "? " * 300_000,
    "many values": "a: [" + "1," * 400_000 + "1]",
    "many keys": "".join(f"k{n}:\n" for n in range(150_000)),
    "many documents": "--- {}\n" * 100_000,
    "anchors": "a: " + "&a " * 300_000,
    "one long line": "a: " + "x " * 450_000,
    "one long quote": 'a: "' + "\\" * 900_000,
    "directives": "%A b\n" * 100_000,
    "comments": "#\n" * 450_000,
    "brackets in text": "a: 'x'\nb: " + "]" * 500_000,
    "question marks": "?\n" * 400_000,
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_defused_at_once(text: str) -> None:
    start = process_time()
    with suppress(ContentError):
        parse(text, "f.yaml")
    assert process_time() - start < 20


@pytest.mark.slow
@settings(max_examples=2_000, deadline=1_000, database=None)
@given(st.text(max_size=200) | st.text(alphabet="ab:-?[]{},&*!|>'\"%#\n \t0.~<=", max_size=200))
def test_anything_is_a_tree_or_one_clear_line(text: str) -> None:
    try:
        parse(text, "f.yaml")
    except ContentError as error:
        message = str(error)
    else:
        return
    assert message.startswith("f.yaml:")
    assert "\n" not in message
