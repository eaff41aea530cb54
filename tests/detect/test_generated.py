"""On the rules and events of the benchmark all ways to run agree, and the rules have their mix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from benchmarks.sigma_rules import CENSUS, CENSUS_RULES, Maker, modifiers

from cloudward.detect.interpreter import matches
from cloudward.detect.routing import Routes, served
from cloudward.pack.mappings import source
from tests.detect import naive
from tests.detect.rules import read_rules


def gated(rule: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether the log source that the rule names wrote the event, as the generator made it."""
    from benchmarks.sigma_rules import KINDS

    fixed = next(kind.fixed for kind in KINDS if kind.logsource == rule["logsource"])
    return all(event[name] == value for name, value in fixed.items())


@pytest.mark.parametrize(("rules", "events"), [(150, 150), pytest.param(2000, 60, marks=pytest.mark.slow)])
def test_all_ways_agree(rules: int, events: int) -> None:
    maker = Maker(3)
    made = maker.rules(rules)
    read = read_rules(made)
    told, routes = 0, {}
    for name, text in maker.events(events, made, share=0.3):
        event, at = orjson.loads(text), source(name)
        own = [place for place, each in enumerate(read) if served(each, at)]
        if name not in routes:
            of = [read[place] for place in own]
            routes[name] = Routes(of, at), Routes(of, at, indexed=False)
        asked = [place for place in own if gated(made[place], event)]
        expected = [place for place in asked if naive.holds(made[place]["detection"], event)]
        assert [place for place in asked if matches(read[place].condition, event, at)] == expected
        for each in routes[name]:
            assert [own[place] for place in each(event)] == expected
        told += len(expected)
    assert told > events / 10


def test_the_mix_is_that_of_the_census() -> None:
    made = Maker(1).rules(2000)
    seen = modifiers(made)
    assert len(made) == 2000
    for name, count in CENSUS.items():
        wanted = count * len(made) / CENSUS_RULES
        assert seen[name] == pytest.approx(wanted, rel=0.15, abs=6), name
