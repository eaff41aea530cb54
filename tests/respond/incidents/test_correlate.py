"""Which alerts become incidents, and why: whatever the order in which they come."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cloudward.model import Alert
from cloudward.respond.incidents.correlate import correlate
from cloudward.respond.incidents.names import names
from cloudward.respond.incidents.story import following, graph, told
from cloudward.store.incidentkeeping import Group
from tests.respond.incidents.attack import EVIL, HIGH, OFFICE, alert, attack, clash, usual


def ids(groups: list[Group]) -> list[list[str]]:
    return [[each.id for each in group.alerts] for group in groups]


def test_an_attack_is_one_incident_though_it_changes_its_identity_and_address() -> None:
    assert ids(correlate(clash())) == [["x1", "x2", "x3", "x4"]]


def test_what_many_do_daily_from_one_address_is_none() -> None:
    assert correlate(usual()) == []


def test_an_address_behind_which_everybody_sits_joins_nothing() -> None:
    ip = alert("y", "trail-stopped", "carl", 5030, HIGH, ("TA0005",), ip=OFFICE)
    (group,) = correlate([*clash(), ip])
    assert "y" not in group.members


def test_the_same_thing_much_later_is_another_story() -> None:
    late = [replace(each, id=f"z{each.id}") for each in attack(5000 + 3 * 1440)]
    shifted = [
        replace(each, entities=tuple(replace(e, value=f"{e.value}-2") for e in each.entities))
        for each in late
    ]
    assert ids(correlate([*clash(), *shifted])) == [["x1", "x2", "x3", "x4"], ["zx1", "zx2", "zx3", "zx4"]]


def test_each_alert_says_why_it_is_there() -> None:
    (group,) = correlate(clash())
    assert told(group.members["x1"]) == "it came first"
    because = group.members["x3"].because
    assert because is not None
    assert {because.earlier, because.later} == {"x2", "x3"}
    assert [each.value for each in because.shared] == ["AKIA2"]
    assert told(group.members["x3"]) == "the same key or session AKIA2, 30 minutes apart"


def test_an_identity_that_was_made_leads_on_without_a_shared_key() -> None:
    bare = [
        replace(each, entities=tuple(e for e in each.entities if e.kind != "credential")) for each in attack()
    ]
    (group,) = correlate([*usual(), *bare])
    because = group.members["x3"].because
    assert because is not None
    assert [each.way for each in because.shared] == ["pivot"]
    _, edges = graph([(group.members[each.id], each) for each in group.alerts])
    became = [(each.source, each.target) for each in edges if each.what == "became"]
    assert became == [("resource:backup-svc", "principal:arn:aws:iam::111122223333:user/backup-svc")]


def test_what_is_exposed_weighs_more() -> None:
    plain = correlate(clash())[0].members["x4"]
    more = correlate(clash(), {"x4": ("exposed", "sensitive")})[0].members["x4"]
    assert more.weight > plain.weight
    assert more.raised == ("exposed", "sensitive")


def test_more_is_needed_where_there_are_more_alerts() -> None:
    many = [replace(each, id=f"{each.id}-{n}") for n in range(40) for each in usual()]
    assert correlate([*many, *attack()])[0].needed > correlate(clash())[0].needed


def test_the_next_step_is_behind_the_furthest_that_was_reached() -> None:
    after = following(["TA0006", "TA0010"])
    assert after is not None
    assert (after.tactic, after.name) == ("TA0040", "impact")
    assert following(["TA0040"]) is None


def test_names_are_those_by_which_others_know_it() -> None:
    assert [*names("arn:aws:iam::1:user/ana")] == ["ana"]
    assert [*names("Ana@example.com")] == ["ana@example.com", "ana"]
    assert [*names("projects/-/serviceAccounts/x@p.iam.gserviceaccount.com")] == [
        "x@p.iam.gserviceaccount.com"
    ]
    assert [*names("*")] == []


@settings(deadline=None, database=None, max_examples=50)
@given(st.integers(0, 2**32), st.integers(0, 30))
def test_the_order_of_arrival_changes_nothing(seed: int, strangers: int) -> None:
    chance = random.Random(seed)
    more = [_anything(chance, number) for number in range(strangers)]
    alerts = [*clash(), *more]
    shuffled = chance.sample(alerts, len(alerts))
    assert correlate(shuffled) == correlate(alerts)


def _anything(chance: random.Random, number: int) -> Alert:
    made = alert(
        f"r{number}",
        chance.choice(["trail-stopped", "key-made", "signed-in"]),
        chance.choice(["ana", "gina", "backup-svc"]),
        chance.uniform(4900, 5200),
        HIGH,
        (chance.choice(["TA0001", "TA0005", "TA0040"]),),
        ip=chance.choice([EVIL, OFFICE]),
    )
    return replace(made, last=made.first + timedelta(minutes=chance.uniform(0, 60))) if number else made


def test_nothing_gives_nothing() -> None:
    assert correlate([]) == []
    assert correlate([alert("a", "d", "ana", 0)]) == []
