from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward.respond.text import encoded, spreadsheet, visible


@given(st.text())
def test_what_is_shown_is_always_printable(text: str) -> None:
    assert visible(text).isprintable()


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain näme 東京", "plain näme 東京"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x9b31m", "\\x9b31m"),
        ("gnp.\u202eexe", "gnp.\\u202eexe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("line\u2028end", "line\\u2028end"),
        ("\ud800", "\\ud800"),
        ("\U000e0001tag", "\\U000e0001tag"),
        ("[bold red]x[/]", "[bold red]x[/]"),
    ],
)
def test_control_characters_are_spelled_out(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", " =", "\u00a0=", "\u3000＝"]
)
def test_a_formula_is_text_in_a_spreadsheet(sign: str) -> None:
    assert spreadsheet(f"{sign}cmd()").startswith("'")


@pytest.mark.parametrize("cell", ["arn:aws:s3:::a", "", "a=b", " ", "5"])
def test_what_is_no_formula_stays_as_it_is(cell: str) -> None:
    assert spreadsheet(cell) == cell


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_says_the_same_and_holds_nothing_that_moves_a_terminal(text: str) -> None:
    line = encoded({"name": text})
    assert json.loads(line) == {"name": text}
    controls = [*range(0x20), *range(0x7F, 0xA0), 0x200E, 0x202E, 0x2066, 0x2028]
    assert not {ord(char) for char in line} & set(controls)


def test_every_control_and_format_character_of_unicode_is_spelled_out() -> None:
    import unicodedata

    hidden = [
        chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in {"Cc", "Cf"}
    ]
    assert not [char for char in hidden if visible(char) == char]
