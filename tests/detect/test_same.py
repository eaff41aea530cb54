"""Index, generated code and interpreter give what a naive reading of Sigma gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from cloudward.detect.interpreter import explain, matches
from cloudward.detect.routing import Routes
from cloudward.pack.mappings import LogSource, Source
from tests.detect import naive
from tests.detect.rules import PLAIN, made, read_rules
from tests.detect.strategies import Maker
from tests.rules.strategies import examples, seeds

RULES, EVENTS = 6, 10


@examples(150)
@given(seeds)
def test_all_ways_to_run_a_rule_agree(seed: int) -> None:
    maker = Maker(seed)
    detections = [maker.detection() for _ in range(RULES)]
    events = [maker.event() for _ in range(EVENTS)]
    rules = made(detections)
    indexed, plain = Routes(rules, PLAIN), Routes(rules, PLAIN, indexed=False)
    settled = Routes(rules, PLAIN, settled=EVENTS // 2)
    for event in events:
        expected = [place for place, each in enumerate(detections) if naive.holds(each, event)]
        told = json.dumps([detections, event])
        assert [
            place for place, each in enumerate(rules) if matches(each.condition, event, PLAIN)
        ] == expected, told
        assert plain(event) == expected, told
        assert indexed(event) == expected, told
        assert settled(event) == expected, told


@examples(60)
@given(seeds)
def test_the_leaves_of_an_explanation_decide(seed: int) -> None:
    maker = Maker(seed)
    for rule in made([maker.detection()]):
        for event in (maker.event() for _ in range(EVENTS)):
            leaves = explain(rule.condition, event, PLAIN)
            assert leaves
            assert len({(leaf.path, leaf.operator, repr(leaf.expected)) for leaf in leaves}) == len(leaves)


MAPPED = Source(
    "mapped",
    logsources=(
        LogSource("test", "first", when=({"kind": ("1",), "channel": ("main",)},)),
        LogSource("test", "second", when=({"kind": ("2", "3")},)),
    ),
    under=("data.in", "data.out"),
    prefixes={"old.": "new."},
    fields={"Image": ("data.in.Image", "data.in.NewName", "Image")},
)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"kind": 1, "channel": "Main", "data": {"in": {"Image": "x"}}}, ["first", "any"]),
        ({"kind": 1, "channel": "other", "data": {"in": {"Image": "x"}}}, []),
        ({"kind": "2", "data": {"in": {"NewName": "X"}}}, ["second", "any"]),
        ({"kind": 3, "Image": "x"}, ["second", "any"]),
        ({"kind": 3, "data": {"in": {"Image": "y", "NewName": "x"}}}, []),
        ({"kind": 3, "data": {"out": {"Other": "x"}}}, ["other"]),
        ({"kind": 3, "new": {"name": "x"}}, ["prefixed"]),
        ({"kind": 4, "Image": "x"}, []),
    ],
)
def test_rules_run_where_their_log_source_is_and_find_mapped_fields(
    event: dict[str, Any], expected: list[str]
) -> None:
    rules: list[dict[str, Any]] = []
    for name, category, field in (
        ("first", "first", "Image"),
        ("second", "second", "Image"),
        ("any", "", "Image"),
        ("other", "", "Other"),
        ("prefixed", "", "old.name"),
        ("elsewhere", "third", "Image"),
    ):
        rules.append(
            {
                "title": "T",
                "id": name,
                "logsource": {"product": "test"} | ({"category": category} if category else {}),
                "detection": {"s": {field: "x"}, "condition": "s"},
            }
        )
    routes = Routes(read_rules(rules), MAPPED)
    assert [routes.ids[place] for place in routes(event)] == expected
