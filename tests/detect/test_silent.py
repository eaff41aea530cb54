"""A rule that cannot fire is named, with the fields that never occur; one that only did not fire is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given

from cloudward.detect import Detections
from cloudward.detect.silent import Seen, silent
from cloudward.pack.mappings import source
from tests.detect.rules import PLAIN, hits, loaded, made, rule
from tests.detect.strategies import Maker
from tests.rules.strategies import examples, seeds


def seen(*events: dict[str, Any]) -> Seen:
    found = Seen(PLAIN)
    for event in events:
        found.add(event)
    return found


def told(tmp_path: Path, events: list[dict[str, Any]], *texts: str) -> dict[str, str]:
    return {each.id: each.why for each in silent(loaded(tmp_path, *texts), [seen(*events)])}


def test_a_rule_names_the_fields_that_never_occur(tmp_path: Path) -> None:
    events = [{"user": {"name": "ann"}, "items": [{"port": 1}], "a.b": 1}]
    found = told(
        tmp_path,
        events,
        rule("s: {user.nmae: x}\ncondition: s"),
        rule("s: {user.name: x, items.port: 2, a.b: 3}\ncondition: s"),
        rule("s: {user.name: x, gone: 1}\nt: {never: 2}\ncondition: s and not t"),
    )
    assert found == {
        "r0": "its fields never occur: user.nmae; did you mean 'user.name'?",
        "r2": "its fields never occur: gone",
    }


def test_what_is_there_by_another_way_can_fire(tmp_path: Path) -> None:
    found = told(
        tmp_path,
        [{"a": 1}],
        rule("s: {a: x}\nt: {gone: 1}\ncondition: s or t"),
        rule("s: {a: x}\nt: {gone: 1}\ncondition: s and not t"),
        rule("s: {a: x, gone: null}\ncondition: s"),
        rule("s: {gone|exists: false}\ncondition: s"),
        rule("s: [word]\ncondition: s"),
        rule("s: {a|fieldref: gone}\ncondition: s"),
    )
    assert list(found) == ["r5"]


def test_a_log_that_nothing_writes_or_that_was_not_seen_is_told(tmp_path: Path) -> None:
    text = "title: T\nlogsource: {%s}\ndetection: {s: {EventID: 1}, condition: s}\n"
    detections = loaded(
        tmp_path,
        text % "product: macos, service: launchd",
        text % "product: windows, category: process_creation",
        text % "product: windows, service: security",
        text % "product: okta, service: okta",
    )
    windows = Seen(source("windows"))
    windows.add({"Channel": "Security", "EventID": 4624})
    assert {each.id: each.why for each in silent(detections, [windows])} == {
        "r0": "no event source writes the log macos launchd",
        "r1": "no event of the log windows process_creation was seen",
        "r3": "no events of okta were seen",
    }


def test_a_correlation_of_rules_that_cannot_fire_cannot_either(tmp_path: Path) -> None:
    def joined(type: str) -> str:
        condition = "" if type.startswith("t") else ", condition: {gte: 2}"
        return f"title: C\ncorrelation: {{type: {type}, rules: [gone, there], timespan: 1m{condition}}}\n"

    rules = [rule(f"s: {{{name}: 1}}\ncondition: s", more=f"name: {name}") for name in ("gone", "there")]
    found = told(
        tmp_path,
        [{"there": 2}],
        *rules,
        joined("event_count"),
        joined("temporal"),
        joined("temporal_ordered"),
    )
    assert list(found) == ["r0", "r3", "r4"]


def test_too_many_fields_make_nothing_missing(tmp_path: Path) -> None:
    deep: dict[str, Any] = {"a": 1}
    for _ in range(40):
        deep = {"x": deep}
    assert told(tmp_path, [deep], rule("s: {gone: x}\ncondition: s")) == {}


@examples(60)
@given(seeds)
def test_what_cannot_fire_does_not(seed: int) -> None:
    maker = Maker(seed)
    rules = made([maker.detection() for _ in range(10)])
    events = [maker.event() for _ in range(2)]
    detections = Detections({each.id: each for each in rules})
    fired = {id for _, id in hits(detections, events)}
    assert fired.isdisjoint(each.id for each in silent(detections, [seen(*events)]))
