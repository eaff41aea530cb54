"""What is usual is learnt day by day; the same events give the same alerts however they are cut."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cloudward.connect.events import Event
from cloudward.detect.behaviour.baselines import Baselines, model
from cloudward.detect.behaviour.features import domain, slow, written
from cloudward.detect.behaviour.kinds import DAY
from cloudward.detect.behaviour.learnt import Learnt
from cloudward.detect.behaviour.memory import Entity
from cloudward.detect.detection import Detection
from cloudward.detect.detections import Detections
from cloudward.detect.loading import load
from cloudward.detect.run import Run
from cloudward.store import Store
from cloudward.store.alerts import Alerts
from cloudward.store.baselines import Kept
from cloudward.store.turns import Turns

SOURCE = "aws-cloudtrail"
START = 20_000


def rule(folder: Path, behaviour: str, name: str = "odd") -> Detections:
    text = f"""
title: Something unusual
id: {name}
logsource: {{product: aws, service: cloudtrail}}
detection: {{selection: {{eventSource: '*'}}, condition: selection}}
behaviour: {behaviour}
"""
    (folder / f"{name}.yaml").write_text(text)
    found = load(folder, built_in=False, use_cache=False)
    assert not found.failed, found.failed
    return found


def event(who: str, **more: Any) -> dict[str, Any]:
    return {
        "eventSource": "s3.amazonaws.com",
        "recipientAccountId": "1",
        "userIdentity": {"arn": who},
        **more,
    }


Fed = tuple[int, dict[str, Any], str]


def feed(baselines: Baselines, events: list[Fed], source: str = SOURCE) -> list[tuple[str, ...]]:
    """(day and hour, event, id) -> groups and reasons of the verdicts."""
    return [
        (*verdict.group, *verdict.reasons)
        for at, document, id in events
        for _, verdict in baselines.feed(["odd"], document, source, float(at), id)
    ]


def days(count: int, *events: dict[str, Any], start: int = START, times: int = 1) -> list[Fed]:
    return [
        ((start + day) * DAY + 3600 * 12 + number, each, f"{start + day}-{number}-{place}")
        for day in range(count)
        for number in range(times)
        for place, each in enumerate(events)
    ]


NEW = "{kind: new, for: [principal], of: [awsRegion], least: {days: 3, events: 3}}"


def test_a_value_that_was_never_there_is_told_with_the_numbers(tmp_path: Path) -> None:
    baselines = Baselines(rule(tmp_path, NEW))
    assert feed(baselines, days(7, event("ana", awsRegion="eu-west-1"), times=30)) == []
    assert feed(baselines, days(1, event("ana", awsRegion="us-east-1"), start=START + 7)) == [
        (
            "ana",
            "us-east-1",
            "2024-10-11",
            (
                "In the 30 days before 2024-10-11, on 7 of them, 210 events of ana, never with the awsRegion "
                "us-east-1 (known: eu-west-1)"
            ),
        )
    ]
    assert feed(baselines, days(1, event("ana", awsRegion="us-east-1"), start=START + 8)) == []


def test_who_is_not_known_is_not_unusual(tmp_path: Path) -> None:
    baselines = Baselines(rule(tmp_path, NEW))
    assert feed(baselines, days(2, event("ana", awsRegion="eu-west-1"))) == []
    assert feed(baselines, days(1, event("ana", awsRegion="us-east-1"), start=START + 2)) == []
    assert feed(baselines, days(1, event("bob", awsRegion="us-east-1"), start=START + 2)) == []
    assert feed(baselines, days(1, {"eventSource": "x"}, start=START + 2)) == []


def test_what_is_usual_for_others_is_usual_where_peers_count(tmp_path: Path) -> None:
    peers = NEW.replace("least", "peers: true, least")
    baselines = Baselines(rule(tmp_path, peers))
    feed(baselines, days(5, event("ana", awsRegion="eu-west-1"), event("bob", awsRegion="us-east-1")))
    assert feed(baselines, days(1, event("ana", awsRegion="us-east-1"), start=START + 5)) == []
    assert len(feed(baselines, days(1, event("ana", awsRegion="ap-east-1"), start=START + 6))) == 1


def test_an_hour_beside_a_usual_one_is_usual(tmp_path: Path) -> None:
    baselines = Baselines(rule(tmp_path, NEW.replace("awsRegion", "hour")))
    feed(baselines, days(5, event("ana")))
    at = (START + 5) * DAY
    assert feed(baselines, [(at + 13 * 3600, event("ana"), "a"), (at + 11 * 3600, event("ana"), "b")]) == []
    assert [found[1] for found in feed(baselines, [(at + 3 * 3600, event("ana"), "c")])] == ["03"]


def test_more_than_ever_is_told_once_it_is_more(tmp_path: Path) -> None:
    asked = "{kind: volume, for: [principal], above: 10, factor: 2, least: {days: 3, events: 3}}"
    baselines = Baselines(rule(tmp_path, asked))
    feed(baselines, days(5, event("ana"), times=10))
    found = feed(baselines, days(1, event("ana"), start=START + 5, times=22))
    assert len(found) == 2
    assert (
        found[0]
        == found[1]
        == (
            "ana",
            "2024-10-09",
            "More than 20 events in one day on 2024-10-09 by ana",
            "In the 30 days before, on 5 of them, at most 10 events a day, 10 events on average",
        )
    )


def test_volume_counts_different_values_and_sums_and_hours(tmp_path: Path) -> None:
    asked = (
        "{kind: volume, for: [principal], of: [requestParameters.key], above: 5, least: {days: 3, events: 3}}"
    )
    baselines = Baselines(rule(tmp_path, asked))
    one = event("ana", requestParameters={"key": "a"})
    feed(baselines, days(5, one, times=50))
    more = [event("ana", requestParameters={"key": str(number)}) for number in range(7)]
    assert len(feed(baselines, days(1, *more, start=START + 5))) == 2

    asked = "{kind: volume, for: [principal], sum: bytes, above: 1000, least: {days: 3, events: 3}}"
    baselines = Baselines(rule(tmp_path, asked))
    feed(baselines, days(5, event("ana", bytes=900)))
    found = feed(baselines, days(1, event("ana", bytes=2701), start=START + 5))
    assert [each[2] for each in found] == ["More than 2,700 bytes in one day on 2024-10-09 by ana"]

    asked = asked.replace("sum: bytes", "sum: read, unit: bytes")
    baselines = Baselines(rule(tmp_path, asked))
    feed(baselines, days(5, event("ana", read=3 << 20)))
    found = feed(baselines, days(1, event("ana", read=1 << 30), start=START + 5))
    assert [each[2:] for each in found] == [
        (
            "More than 9.0 MiB in one day on 2024-10-09 by ana",
            "In the 30 days before, on 5 of them, at most 3.0 MiB a day, 3.0 MiB on average",
        )
    ]

    asked = "{kind: volume, for: [principal], per: hour, above: 5, factor: 1, least: {days: 3, events: 3}}"
    baselines = Baselines(rule(tmp_path, asked))
    feed(baselines, days(4, event("ana"), times=6))
    spread = [((START + 4) * DAY + 3600 * hour, event("ana"), f"h{hour}") for hour in range(24)]
    assert feed(baselines, spread) == []
    assert len(feed(baselines, days(1, event("ana"), start=START + 4, times=7))) == 2


def test_peers_bound_what_is_much(tmp_path: Path) -> None:
    asked = "{kind: volume, for: [principal], peers: true, above: 5, factor: 1, least: {days: 3, events: 3}}"
    baselines = Baselines(rule(tmp_path, asked))
    feed(baselines, days(5, event("ana"), times=6))
    feed(baselines, [(at, event("bob"), f"b{id}") for at, _, id in days(5, event("bob"), times=40)])
    assert feed(baselines, days(1, event("ana"), start=START + 5, times=40)) == []
    found = feed(baselines, days(1, event("carl"), start=START + 6, times=41))
    assert found[0][2:] == (
        "More than 40 events in one day on 2024-10-10 by carl",
        "Nothing of it in the 30 days before",
        "The busiest in the same scope: at most 40 events a day",
    )


def test_many_new_calls_at_once_are_a_burst(tmp_path: Path) -> None:
    asked = "{kind: burst, for: [principal], of: [eventName], count: 3, least: {days: 3, events: 3}}"
    baselines = Baselines(rule(tmp_path, asked))
    feed(baselines, days(5, event("ana", eventName="GetObject")))
    names = ("ListUsers", "GetObject", "ListRoles", "ListUsers", "ListKeys", "GetObject")
    found = feed(baselines, days(1, *(event("ana", eventName=each) for each in names), start=START + 5))
    assert found == [
        (
            "ana",
            "2024-10-09",
            (
                "At least 3 values of eventName that ana never had in the 30 days before 2024-10-09, on 5 of "
                "them, 5 events (1 different)"
            ),
            "Among them listkeys, listroles, listusers",
        )
    ]


def test_somebody_who_comes_back_is_told_when_the_log_went_on(tmp_path: Path) -> None:
    asked = "{kind: dormant, for: [principal], days: 60, silence: 30, least: {days: 3, events: 3}}"
    for others in (True, False):
        baselines = Baselines(rule(tmp_path, asked))
        feed(baselines, days(5, event("ana"), event("bob")))
        if others:
            feed(baselines, days(32, event("bob"), start=START + 5))
        found = feed(baselines, days(1, event("ana"), start=START + 37))
        assert len(found) == (1 if others else 0)


def place(address: str, country: str, latitude: float, longitude: float) -> dict[str, Any]:
    found = {"address": address, "country": country, "latitude": latitude, "longitude": longitude}
    return {"cloudward": {"addresses": [found]}}


def test_nobody_is_in_two_places_that_far_apart(tmp_path: Path) -> None:
    baselines = Baselines(rule(tmp_path, "{kind: travel, for: [principal]}"))
    paris, lyon = place("203.0.113.1", "FR", 48.85, 2.35), place("203.0.113.2", "FR", 45.76, 4.84)
    tokyo = place("198.51.100.7", "JP", 35.68, 139.69)
    at = START * DAY
    found = feed(
        baselines,
        [
            (at, event("ana", **paris), "1"),
            (at + 600, event("ana", **lyon), "2"),
            (at + 2400, event("ana", **tokyo), "3"),
            (at + 2400, event("bob", **tokyo), "4"),
            (at + 2400, event("ana"), "5"),
        ],
    )
    assert [each[-1] for each in found] == [
        "ana came from 198.51.100.7 (JP) and 203.0.113.1 (FR), 9,714 km apart, within 40 minutes"
    ]
    assert feed(baselines, [(at + 2 * DAY, event("ana", **paris), "6")]) == []


# The same events, the same alerts


def story(seed: int) -> list[Fed]:
    made = random.Random(seed)
    found = []
    for day in range(12):
        for number in range(made.randint(5, 12)):
            who, where = made.choice("abc"), made.choice(("eu-west-1", "eu-west-1", f"r{made.randint(1, 9)}"))
            what = event(who, awsRegion=where, eventName=f"Call{made.randint(1, 4 + day)}")
            found.append(((START + day) * DAY + number * 60, what, f"{day}-{number}"))
    return found


BEHAVIOURS = (
    NEW,
    NEW.replace("least", "peers: true, least"),
    "{kind: volume, for: [principal], above: 2, factor: 1, least: {days: 2, events: 2}}",
    "{kind: volume, for: [principal], of: [eventName], above: 2, factor: 1, least: {days: 2, events: 2}}",
    "{kind: burst, for: [principal], of: [eventName], count: 2, least: {days: 2, events: 2}}",
)


@pytest.mark.parametrize("asked", BEHAVIOURS)
def test_however_events_are_cut_and_kept_in_between_the_alerts_are_the_same(
    asked: str, tmp_path: Path
) -> None:
    detections = rule(tmp_path, asked)
    events = story(7)
    whole = feed(Baselines(detections), events)
    assert whole
    for cuts in ((40,), (1, 2, 3, 60), tuple(range(10, 80, 10))):
        with Store.open(tmp_path / f"store{len(cuts)}") as store:
            found = []
            for begin, end in zip((0, *cuts), (*cuts, len(events)), strict=True):
                baselines = Baselines(detections, Kept(store.database))
                found += feed(baselines, events[begin:end])
                baselines.save()
        assert found == whole


@pytest.mark.parametrize("asked", BEHAVIOURS)
def test_what_is_read_again_is_not_learnt_again(asked: str, tmp_path: Path) -> None:
    detections = rule(tmp_path, asked)
    once, twice = Baselines(detections), Baselines(detections)
    events = story(3)
    found = set(feed(once, events))
    assert set(feed(twice, events)) == found
    assert set(feed(twice, events)) <= found
    later = [(at + 12 * DAY, document, f"later-{id}") for at, document, id in story(4)]
    assert feed(once, later) == feed(twice, later)


def test_the_order_within_a_day_does_not_matter(tmp_path: Path) -> None:
    for asked in BEHAVIOURS[:2]:
        detections = rule(tmp_path, asked)
        events = story(5)
        mixed = sorted(events, key=lambda each: (each[0] // DAY, each[2][::-1]))
        assert set(feed(Baselines(detections), mixed)) == set(feed(Baselines(detections), events))


# Unlearning


@given(
    some.lists(some.tuples(some.integers(0, 90), some.sampled_from("abcdef")), max_size=40),
    some.integers(0, 90),
    some.integers(0, 30),
)
@settings(max_examples=60, deadline=None)
def test_a_time_is_unlearnt_as_if_it_had_never_been(
    seen: list[tuple[int, str]], since: int, length: int
) -> None:
    seen = sorted(seen)
    until = since + length

    def learnt(events: Iterator[tuple[int, str]]) -> Entity:
        made = Entity(START)
        assert made.reach(START + 90) or True
        for day, value in events:
            if made.reach(START + day):
                made.add(START + day)
                made.see(value, START + day)
        return made

    some_, all_ = learnt(each for each in seen if not since <= each[0] <= until), learnt(iter(seen))
    all_.unlearn(START + since, START + until)
    for day in range(60, 100):
        assert list(filter(None, all_.before(START + day, 30))) == list(
            filter(None, some_.before(START + day, 30))
        )
        for value in "abcdef":
            assert all_.known(value, START + day, 30) == some_.known(value, START + day, 30)


def test_state_is_restored_as_it_was() -> None:
    made = Entity(START)
    made.reach(START + 3)
    made.add(START + 3)
    made.see("a", START + 3)
    made.open = {f"{START}.d": {"x", "y"}, f"{START}.p": [["1", "FR", 1.0, 2.0, 3.0, 4.0]], f"{START}.01": 7}
    assert Entity.restored(made.state()).state() == made.state()


def test_an_event_is_learnt_once_and_few_are_mistaken_for_known_ones() -> None:
    learnt = Learnt()
    fresh = sum(learnt.add(f"event-{number}") for number in range(30_000))
    assert fresh > 29_800
    kept = Learnt.load(learnt.save())
    assert kept.count == fresh
    assert not any(kept.add(f"event-{number}") for number in range(30_000))


# Memory


def test_a_flood_of_names_is_bounded_counted_and_forgets_nobody_who_is_known(tmp_path: Path) -> None:
    baselines = Baselines(rule(tmp_path, NEW), keys=2_000)
    feed(baselines, days(5, event("ana", awsRegion="eu-west-1")))
    for number in range(10_000):
        baselines.feed(["odd"], event(f"u{number}", awsRegion="x"), SOURCE, (START + 5.0) * DAY, f"f{number}")
        assert baselines.size <= 2_000
    assert baselines.counts["odd"].evicted == 10_001 - 1_000
    assert len(feed(baselines, days(1, event("ana", awsRegion="us-east-1"), start=START + 6))) == 1


def test_only_trusted_sources_teach(tmp_path: Path) -> None:
    detections = rule(tmp_path, NEW)
    with Store.open(tmp_path / "store") as store:
        kept = Kept(store.database)
        kept.trust(SOURCE, False)
        baselines = Baselines(detections, kept)
        feed(baselines, days(5, event("ana", awsRegion="eu-west-1")))
        assert feed(baselines, days(1, event("ana", awsRegion="us-east-1"), start=START + 5)) == []
        baselines.save()
        assert list(kept.entities("odd")) == []


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("{kind: knew, for: [principal], of: [a]}", "'knew' is not one of"),
        ("{kind: new, for: [principal]}", "asks of what"),
        ("{kind: new, of: [a]}", "for whom?"),
        ("{kind: new, for: [principal], of: [a], factor: 2}", "has no key 'factor'"),
        ("{kind: new, for: [principal], of: [a], days: 90}", "from 1 to 60"),
        ("{kind: volume, for: [principal], factor: 0}", "above 0"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(behaviour: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError) as raised:
        rule(tmp_path, behaviour)
    assert said in str(raised.value)


def test_all_is_learnt_and_only_what_fits_the_search_alerts(tmp_path: Path) -> None:
    (tmp_path / "on.yaml").write_text(
        "title: x\nid: odd\nlogsource: {product: aws, service: cloudtrail}\n"
        "detection: {selection: {eventSource: '*'}, risky: {eventName|startswith: Delete}, "
        "condition: selection}\n"
        "behaviour: {kind: new, for: [principal], of: [eventName], on: risky, least: {days: 3, events: 3}}\n"
    )
    baselines = Baselines(load(tmp_path, built_in=False, use_cache=False))
    feed(baselines, days(5, event("ana", eventName="GetObject"), event("ana", eventName="DeleteOld")))
    names = ("DeleteOld", "ListUsers", "DeleteTrail")
    found = feed(baselines, days(1, *(event("ana", eventName=each) for each in names), start=START + 5))
    assert [each[1] for each in found] == ["deletetrail"]


@pytest.mark.parametrize(
    ("principal", "found"),
    [("ana@example.com", "example.com"), ("EXAMPLE\\ana", "example"), ("ana", ""), ("", "")],
)
def test_the_domain_of_a_principal(principal: str, found: str) -> None:
    assert domain(principal.lower()) == found


def test_what_is_evicted_is_taken_out_of_the_store_and_nothing_else(tmp_path: Path) -> None:
    detections = rule(tmp_path, NEW)
    with Store.open(tmp_path / "store") as store:
        kept = Kept(store.database)
        for start in range(3):
            baselines = Baselines(detections, kept, keys=40)
            for number in range(50):
                at = (START + start) * DAY + number
                who = event(f"u{start}-{number}", awsRegion="x")
                baselines.feed(["odd"], who, SOURCE, float(at), f"{start}-{number}")
            memory = baselines._memories["odd"]
            assert len(memory.gone) <= 20
            baselines.save()
            assert {name for _, name, _ in kept.entities("odd")} == {name for (_, name), _ in memory}
            assert baselines.size <= 40
        assert kept.detections()[0].evicted == 30 + 50 + 50


def known_by(folder: Path, asked: str, *, title: str = "", cached: bool = False) -> str:
    detections = rule(folder, asked)
    if title:
        file = folder / "odd.yaml"
        file.write_text(file.read_text().replace("Something unusual", title))
    if cached:
        load(folder, built_in=False)
    detections = load(folder, built_in=False, use_cache=cached)
    found = detections["odd"]
    assert isinstance(found, Detection)
    return model(found)


def test_what_was_learnt_counts_as_long_as_the_same_is_asked(tmp_path: Path) -> None:
    asked = "{kind: volume, for: [principal], sum: read, above: 8}"
    kept = known_by(tmp_path, asked)
    assert known_by(tmp_path, asked, cached=True) == kept
    assert known_by(tmp_path, asked, title="It has quite another title") == kept
    assert known_by(tmp_path, asked.replace("read", "read, unit: bytes")) == kept
    assert known_by(tmp_path, asked.replace("8", "9")) != kept


def test_two_runs_that_go_on_at_the_same_time_learn_what_one_would(tmp_path: Path) -> None:
    detections = rule(tmp_path, NEW)
    fed = [
        Event(SOURCE, id, datetime.fromtimestamp(at, UTC), document)
        for at, document, id in days(
            6, event("ana", awsRegion="eu-west-1"), event("bo", awsRegion="eu-west-1")
        )
    ]

    def run(store: Store) -> Run:
        turns = Turns(store.folder, store.files)
        baselines = Baselines(detections, Kept(store.database))
        return Run(detections, Alerts(store.database), lambda value: value, baselines=baselines, turns=turns)

    with Store.open(tmp_path / "one") as one, Store.open(tmp_path / "two") as two:
        run(one).over(fed)
        both = run(two), run(two)
        for number, each in enumerate(fed):
            both[number // 2 % 2].over([each])
        found = [[*Kept(each.database).entities("odd")] for each in (one, two)]
        learnt = [Kept(each.database).days() for each in (one, two)]
    assert found[0] == found[1]
    assert len(found[0]) > 0
    assert learnt[0] == learnt[1]


def test_a_run_that_goes_on_takes_up_what_a_person_decided(tmp_path: Path) -> None:
    detections = rule(tmp_path, NEW)
    with Store.open(tmp_path / "store") as store:
        turns = Turns(store.folder, store.files)
        kept = Kept(store.database)
        baselines = Baselines(detections, kept)
        run = Run(detections, Alerts(store.database), lambda value: value, baselines=baselines, turns=turns)
        at, document, id = days(1, event("ana", awsRegion="eu-west-1"))[0]
        run.over([Event(SOURCE, id, datetime.fromtimestamp(at, UTC), document)])
        assert [*kept.entities("odd")]
        with Turns(store.folder, store.files).taken():
            kept.reset()
            kept.trust(SOURCE, False)
        run.over([Event(SOURCE, "other", datetime.fromtimestamp(at, UTC), document)])
        assert [*kept.entities("odd")] == []


PATHS = ("a", "b", "a.b", "a.b.c", "b.a", "c.http://x.y/z")
KEYS = ("a", "b", "c", "b.c", "a.b", "a.b.c", "http://x.y/z")
leaves = some.none() | some.booleans() | some.integers(0, 3) | some.sampled_from(["", "X", "y" * 300, "É"])
documents = some.dictionaries(
    some.sampled_from(KEYS),
    some.recursive(
        leaves,
        lambda inside: (
            some.lists(inside, max_size=2) | some.dictionaries(some.sampled_from(KEYS), inside, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=4,
)


@settings(max_examples=300)
@given(documents, some.lists(some.sampled_from(PATHS), min_size=1, max_size=3))
def test_what_is_written_for_paths_finds_what_looking_at_each_gives(
    event: dict[str, Any], paths: list[str]
) -> None:
    assert written(paths)(event, 0) == slow(paths)(event, 0)


def test_events_that_are_usual_are_counted_as_all_others(tmp_path: Path) -> None:
    """What is found at once is what looking at the memory gives, whatever comes in between."""
    asked = "{kind: new, for: [principal], of: [awsRegion], least: {days: 2, events: 2}, peers: true}"
    chance = random.Random(3)
    events = [
        (
            (START + chance.choice((0, 1, 2, 3, 3, 40, 75, 120))) * DAY + chance.randrange(DAY),
            event(chance.choice("abc"), awsRegion=chance.choice(("x", "y"))),
            str(chance.randrange(300)),
        )
        for _ in range(600)
    ]
    detections = rule(tmp_path, asked)
    quick, slowly = Baselines(detections, keys=12), Baselines(detections, keys=12)
    for each in events:
        found = feed(quick, [each])
        for memory in slowly._memories.values():
            memory.usual.clear()
        assert feed(slowly, [each]) == found
    states = [
        {key: entity.state() for memory in each._memories.values() for key, entity in memory}
        for each in (quick, slowly)
    ]
    assert states[0] == states[1]
