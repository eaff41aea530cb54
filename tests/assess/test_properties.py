"""What must hold for any estate: nothing is missed by not evaluating again, and denying gains nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cloudward.assess.score import Tally, is_full
from cloudward.assess.world import Facts
from cloudward.model import (
    Assessment,
    Coverage,
    Exemption,
    ExemptionCategory,
    Outcome,
    Resource,
    Score,
)
from tests.assess.build import NOW, exemption
from tests.assess.content import CONTENT
from tests.assess.estate import Estate
from tests.assess.runs import ACCOUNT, DENIED, READ, Run, X, block, bucket, key, log, net, run

booleans = st.booleans()
keys = st.builds(
    key,
    st.sampled_from(["k1", "k2"]),
    created=st.sampled_from(["2025-11-01T00:00:00Z", "2025-11-19T00:00:00Z", "2025-12-01T12:00:00Z"]),
    Active=booleans,
    Owner=st.sampled_from(["ann", "nobody"]),
    Seen=st.sampled_from(["", "now"]),
    Runtime=st.fixed_dictionaries({"Used": booleans}),
)
resources = st.one_of(
    keys,
    st.builds(log, booleans, st.sampled_from(["eu", "us"]), Of=st.sampled_from(["n", "m"])),
    st.builds(net, st.sampled_from(["eu", "us"])),
    st.builds(bucket, st.sampled_from(["b1", "b2"]), booleans),
    st.builds(block, booleans),
    st.just(ACCOUNT),
)
PATHS = {
    "Key": ["Owner", "Active", "Runtime", "Runtime.Used", "Created", "Seen"],
    "Log": ["On", "Of", ""],
    "Net": ["NetId"],
    "Bucket": ["Public", "Grants", "Grants[*]"],
    "Block": ["On"],
    "AWS::::Account": ["Partition"],
}
COVERAGE: list[Coverage] = [*READ, *(replace(row, region="us") for row in READ if row.region == "eu")]
everything = st.lists(resources, max_size=8, unique_by=lambda found: (found.type, found.id))


def hidden(document: Any, path: str) -> Any:
    """The document without what lies at a path."""
    name, _, rest = path.partition(".")
    if not name:
        return {}
    if name.endswith("[*]"):
        return document
    if rest and name in document:
        return {**document, name: hidden(document[name], rest)}
    return {other: value for other, value in document.items() if other != name}


def darken(found: Resource, path: str) -> Resource:
    return replace(found, properties=hidden(found.properties, path), unread={path: DENIED})


@st.composite
def denied(draw: st.DrawFn, found: Sequence[Resource]) -> tuple[Estate, Estate]:
    """An estate, and the same with some calls denied: what a list call would have named is not there."""
    rows, seen = list(COVERAGE), list(found)
    for place in draw(st.lists(st.sampled_from(range(len(COVERAGE))), max_size=2)):
        row = COVERAGE[place]
        rows[place] = replace(row, outcome=Outcome.DENIED)
        seen = [each for each in seen if (each.type, each.region) != (row.type, row.region)]
    dark = [
        darken(each, draw(st.sampled_from(PATHS[each.type]))) if draw(booleans) else each for each in seen
    ]
    return Estate(given=[*found, *COVERAGE]), Estate(given=[*dark, *rows])


moves = st.tuples(everything.flatmap(denied), st.integers(0, 30), st.frozensets(st.sampled_from("ab")))
agreements = {
    "a": exemption("key-owner", id="a", resource="k1", expires=NOW + timedelta(days=20)),
    "b": exemption("key-old", ExemptionCategory.MITIGATED, id="b", expires=NOW + timedelta(days=40)),
}


def decided(found: Run, estate: Estate) -> list[Assessment]:
    """What does not tell of earlier runs, for the resources that are there."""
    there = {(each.type, each.id) for each in estate.given if isinstance(each, Resource)}
    return [
        replace(each, since=NOW, last_known=None, evaluated_at=NOW, snapshot="", restarted=False)
        for each in found.found
        if (each.type, each.resource) in there
    ]


@settings(deadline=None)
@given(st.lists(moves, min_size=2, max_size=4))
def test_what_is_not_evaluated_again_would_have_come_out_the_same(
    steps: list[tuple[tuple[Estate, Estate], int, frozenset[str]]],
) -> None:
    now, before = NOW, None
    for (_, estate), days, agreed in steps:
        now += timedelta(days=days)
        exempt = [agreements[id] for id in sorted(agreed)]
        later = run(estate, before, now, exempt=exempt)
        scratch = run(estate, None, now, exempt=exempt)
        assert decided(later, estate) == decided(scratch, estate)
        before = later


def score(estate: Estate, found: Run, exempt: list[Exemption], previous: Score | None = None) -> Score:
    tally = Tally(CONTENT.controls, CONTENT.policies, {each.id: each for each in exempt})
    of: dict[tuple[str, str], list[Assessment]] = {}
    for each in found.found:
        of.setdefault((each.type, each.resource), []).append(each)
    for group in of.values():
        tally.add(group)
    reading = Facts(estate, CONTENT.types, []).reading("s")
    return tally.score("s", {type for type in CONTENT.types if reading.gap(type)}, previous)


@settings(deadline=None)
@given(everything.flatmap(denied), st.frozensets(st.sampled_from("ab")), booleans)
def test_denying_anything_gains_nothing(
    estates: tuple[Estate, Estate], agreed: frozenset[str], again: bool
) -> None:
    whole, dark = estates
    exempt = [agreements[id] for id in sorted(agreed)]
    was = run(whole, exempt=exempt)
    now = run(dark, was if again else None, exempt=exempt)
    statuses = {(each.policy, each.resource): each.status for each in was.found}
    for each in now.found:
        assert each.status in {statuses[each.policy, each.resource], X}
    before, after = score(whole, was, exempt), score(dark, now, exempt)
    assert before.floor is None or (after.floor is not None and after.floor <= before.floor)
    assert sum(map(is_full, after.controls)) <= sum(map(is_full, before.controls))
