from __future__ import annotations

import time
from typing import Any

import pytest

from cloudward.model import Cause, Reason
from cloudward.rules.rule import Partial, Row
from cloudward.rules.unread import Unknown, hole, known_row, opened
from tests.rules.build import DENIED, row

FAILED = Cause(Reason.FAILED, "service:Other")


def causes(value: Any) -> Any:
    """The document with causes in place of Unknown, and partial lists as (elements, cause)."""
    if isinstance(value, Unknown):
        return value.cause
    if isinstance(value, dict):
        return {key: causes(item) for key, item in value.items()}
    items = [causes(item) for item in value] if isinstance(value, list) else value
    return (items, value.cause) if isinstance(value, Partial) else items


DOCUMENT = {"a": {"b": 1}, "l": [{"c": 1}, {"c": 2}], "n": None, "x y": "z"}


@pytest.mark.parametrize(
    ("path", "becomes"),
    [
        ("", DENIED),
        ("a", DOCUMENT | {"a": DENIED}),
        ("a.b", DOCUMENT | {"a": {"b": DENIED}}),
        ("a.new", DOCUMENT | {"a": {"b": 1, "new": DENIED}}),
        ("new.deep", DOCUMENT | {"new": DENIED}),
        ("['x y']", DOCUMENT | {"x y": DENIED}),
        ("l[1].c", DOCUMENT | {"l": [{"c": 1}, {"c": DENIED}]}),
        ("l[0]", DOCUMENT | {"l": [DENIED, {"c": 2}]}),
        ("l[].c", DOCUMENT | {"l": [{"c": DENIED}, {"c": DENIED}]}),
        ("l[*]", DOCUMENT | {"l": ([{"c": 1}, {"c": 2}], DENIED)}),
        ("l[7].c", DOCUMENT | {"l": ([{"c": 1}, {"c": 2}], DENIED)}),
        ("l.c", DOCUMENT | {"l": DENIED}),
        ("a[0]", DOCUMENT | {"a": DENIED}),
        ("n.b", DOCUMENT | {"n": DENIED}),
    ],
)
def test_what_is_unread_stands_in_its_place_as_unknown(path: str, becomes: Any) -> None:
    before = repr(DOCUMENT)
    assert causes(opened(DOCUMENT, {path: DENIED})) == becomes
    assert repr(DOCUMENT) == before


def test_a_path_covers_what_lies_below_it_and_several_join() -> None:
    unread = {"a.b": FAILED, "a": DENIED, "l[0].c": DENIED, "l[*]": FAILED}
    made = causes(opened(DOCUMENT, unread))
    assert made == DOCUMENT | {"a": DENIED, "l": ([{"c": DENIED}, {"c": 2}], FAILED)}


def test_rows_stay_rows() -> None:
    trail = row("trail", {"a": 1}, {"b": DENIED})
    made = known_row(trail)
    assert isinstance(made, Row)
    assert (made.name, made.id, causes(made)) == ("trail", "id-trail", {"a": 1, "b": DENIED})
    assert known_row(row("whole", {"a": 1})) == {"a": 1}


def test_a_hole_is_found_anywhere_below() -> None:
    assert hole({"a": [1, {"b": "x"}]}) is None
    assert hole(opened({"a": [1, {"b": "x"}]}, {"a[1].b": DENIED})) == DENIED
    assert hole(opened({"a": []}, {"a[*]": FAILED})) == FAILED


def test_ten_thousand_unread_elements_cost_one_pass() -> None:
    document = {"l": list(range(10_000))}
    unread = {f"l[{i}]": DENIED for i in range(10_000)}
    began = time.process_time()
    assert hole(opened(document, unread)) == DENIED
    assert time.process_time() - began < 20


def test_unknown_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError):
        bool(Unknown(DENIED))
