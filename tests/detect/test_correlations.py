"""Correlations: the five traps that back-ends fall into, and that the order of arrival changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given

from cloudward.detect.correlator import Correlator, Joined
from cloudward.detect.detection import Correlation
from cloudward.detect.windows import Entry, Group
from cloudward.errors import StoreError
from cloudward.store import correlations
from cloudward.store.database import Database
from cloudward.store.files import Files
from tests.detect.rules import PLAIN, loaded, rule
from tests.rules.strategies import examples, seeds

BASE = 1_700_000_000.0
MINUTE = 60.0


def joined(
    type: str, rules: str, more: str = "", timespan: str = "10m", group: str = "[user]", name: str = ""
) -> str:
    named = f"name: {name}\n" if name else ""
    return (
        f"title: C\n{named}correlation:\n  type: {type}\n  rules: {rules}\n  group-by: {group}\n"
        f"  timespan: {timespan}\n{more}"
    )


NAMED = [rule(f"s: {{k: {name}}}\ncondition: s", more=f"name: {name}") for name in "abc"]


class Stream:
    """A correlator that is fed with events `{k: a, user: ann}` at seconds after a moment."""

    def __init__(self, tmp_path: Path, *correlations: str, **options: Any) -> None:
        self.detections = loaded(tmp_path, *NAMED, *correlations)
        assert not self.detections.failed
        self.correlator = Correlator(self.detections, **options)
        self.database = Database(f"sqlite:///{tmp_path / 'state.db'}", Files())
        self.database.migrate()

    def __call__(self, k: str, at: float, user: str | None = "ann", **more: Any) -> list[Joined]:
        event = {"k": k, **({} if user is None else {"user": user}), **more}
        ids = [id for _, id in self.detections.match([event], PLAIN)]
        return list(self.correlator.feed(ids, event, PLAIN, BASE + at, f"{k}@{at:g}"))

    def restart(self, **options: Any) -> None:
        with self.database.write() as connection:
            correlations.keep(connection, self.correlator.changed())
        self.correlator = Correlator(self.detections, **options)
        with self.database.read() as connection:
            assert self.correlator.take_up(correlations.every(connection)) == []


@pytest.fixture
def count_three(tmp_path: Path) -> Stream:
    return Stream(tmp_path, joined("event_count", "[a]", "  condition: {gte: 3}\n"))


def test_window_edge_is_inside_and_a_moment_later_is_not(count_three: Stream) -> None:
    assert [count_three("a", at) for at in (0, 300)] == [[], []]
    (found,) = count_three("a", 600)
    assert (found.first, found.last, found.count) == (BASE, BASE + 600, 3)
    assert found.events == ("a@0", "a@300", "a@600")
    assert [count_three("a", at, "bob") for at in (0, 300, 600.5)] == [[], [], []]


def test_a_window_slides_and_does_not_start_at_full_hours(count_three: Stream) -> None:
    assert [bool(count_three("a", at)) for at in (595, 599, 605)] == [False, False, True]


def test_five_events_over_five_days_are_not_three_in_ten_minutes(count_three: Stream) -> None:
    assert not any(count_three("a", day * 86400) for day in range(5))


def test_order_counts_where_it_is_asked(tmp_path: Path) -> None:
    ordered = Stream(tmp_path, joined("temporal_ordered", "[a, b, c]"))
    assert not any(ordered(k, at) for at, k in enumerate("cba"))
    assert not any(ordered(k, 5000 + at) for at, k in enumerate("acb"))
    assert [bool(ordered(k, 9000 + at)) for at, k in enumerate("aabbc")] == [False, False, False, False, True]
    assert not ordered("c", 9000 + 700)


def test_order_does_not_count_where_it_is_not(tmp_path: Path) -> None:
    together = Stream(tmp_path, joined("temporal", "[a, b, c]"))
    assert [bool(together(k, at)) for at, k in enumerate("cba")] == [False, False, True]
    old = Stream(tmp_path, joined("temporal", "[a, b]"))
    assert [bool(old(k, at)) for at, k in ((0, "a"), (5000, "a"), (5100, "b"))] == [False, False, True]


def test_an_event_does_not_follow_itself(tmp_path: Path) -> None:
    both = rule("s: {k: [a, b]}\ncondition: s", more="name: ab")
    stream = Stream(tmp_path, both, joined("temporal_ordered", "[ab, ab]"))
    assert not stream("a", 0)
    assert stream("b", 1)


def test_late_event_within_the_bound_counts_and_beyond_it_does_not(tmp_path: Path) -> None:
    late = Stream(tmp_path, joined("temporal_ordered", "[a, b]"), late=60)
    assert not late("b", 1000)
    assert not late("c", 1100)
    (found,) = late("a", 900)
    assert (found.first, found.last) == (BASE + 900, BASE + 1000)
    beyond = Stream(tmp_path, joined("event_count", "[a]", "  condition: {gte: 2}\n"), late=60)
    beyond("a", 5000)
    assert not beyond("a", 5000 - 600 - 61)
    assert not beyond("a", 5000 - 600 - 60)
    (counts,) = beyond.correlator.counts.values()
    assert counts.late == 1


def test_restart_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    asked = [
        joined("event_count", "[a, b]", "  condition: {gte: 4}\n"),
        joined("value_count", "[a]", "  condition: {field: ip, gte: 3}\n"),
        joined("temporal", "[a, b, c]"),
        joined("temporal_ordered", "[a, b, c]"),
    ]
    random = Random(7)
    events = [
        (random.choice("abc"), at * 40.0, random.choice(("ann", "bob")), random.randrange(4))
        for at in range(60)
    ]
    events = [events[max(0, min(59, at + random.randrange(-3, 4)))] for at in range(60)]
    through, broken = Stream(tmp_path / "1", *asked), Stream(tmp_path / "2", *asked)
    told = 0
    for place, (k, at, user, ip) in enumerate(events):
        expected = through(k, at, user, ip=ip)
        told += len(expected)
        assert broken(k, at, user, ip=ip) == expected
        if place % 7 == 0:
            broken.restart()
    assert told > 5
    assert broken.correlator.counts == through.correlator.counts


def test_state_of_a_correlation_that_changed_is_left_out(tmp_path: Path) -> None:
    stream = Stream(tmp_path, joined("event_count", "[a]", "  condition: {gte: 2}\n"))
    stream("a", 0)
    other = Correlator(loaded(tmp_path, *NAMED, joined("event_count", "[a]", "  condition: {gte: 3}\n")))
    kept = stream.correlator.changed()
    assert other.take_up(kept) == ["r3"]
    assert other.kept == 0
    broken = replace(kept, groups=[each._replace(data=b"\xc1") for each in kept.groups])
    with pytest.raises(StoreError, match="state of correlations"):
        Correlator(stream.detections).take_up(broken)


def test_what_asks_something_else_now_forgets_what_was_kept(tmp_path: Path) -> None:
    stream = Stream(tmp_path, joined("event_count", "[a]", "  condition: {gte: 2}\n"))
    stream("a", 0)
    with stream.database.write() as connection:
        correlations.keep(connection, stream.correlator.changed())
    other = Correlator(loaded(tmp_path, *NAMED, joined("event_count", "[a]", "  condition: {gte: 3}\n")))
    ids = [id for id, each in stream.detections.all.items() if each.name == "a"]
    list(other.feed(ids, {"k": "a", "user": "bob"}, PLAIN, BASE, "x"))
    with stream.database.write() as connection:
        correlations.keep(connection, other.changed())
        (kept,) = correlations.every(connection).groups
    assert b"bob" in kept.data


def test_groups_that_were_given_up_are_forgotten_on_disk_too(tmp_path: Path) -> None:
    stream = Stream(tmp_path, joined("event_count", "[a]", "  condition: {gte: 3}\n"), groups=10)
    for at in range(50):
        stream("a", at, f"user{at}")
        if at % 8 == 0:
            stream.restart(groups=10)
    stream.restart(groups=10)
    with stream.database.read() as connection:
        kept = correlations.every(connection)
    assert len(kept.groups) == stream.correlator.kept == 10
    assert stream.correlator.counts["r3"].evicted == 40


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    stream = Stream(tmp_path, joined("event_count", "[a]", "  condition: {gte: 3}\n"))
    stream("a", 0, "ann")
    stream("a", 0, "bob")
    assert len(stream.correlator.changed().groups) == 2
    stream("a", 1, "bob")
    assert len(stream.correlator.changed().groups) == 1
    assert not stream.correlator.changed().groups


def test_events_that_come_again_count_once(tmp_path: Path) -> None:
    stream = Stream(tmp_path, joined("event_count", "[a]", "  condition: {gte: 3}\n"), late=9000)
    moments = (0, 10, 1000, 1010, 1020, 5000, 5001, 5002, 5003)
    told = [(at, each.last) for at in moments for each in stream("a", at)]
    assert [at for at, _ in told] == [1020, 5002]
    stream.restart(late=9000)
    assert [(at, each.last) for at in moments for each in stream("a", at)] == told
    assert [at for at in (1010, 5001, 5003) if stream("a", at)] == []
    assert stream("a", 10_000) == stream("a", 10_000) == []


def test_group_explosion_is_bounded_and_counted(tmp_path: Path) -> None:
    stream = Stream(tmp_path, joined("event_count", "[a]", "  condition: {gte: 3}\n"), groups=100)
    told: list[Joined] = []
    for at in range(1000):
        told += stream("a", at / 100, f"user{at}")
        if at % 50 == 0:
            told += stream("a", at / 100, "ann")
    assert stream.correlator.kept == 100
    assert stream.correlator.counts["r3"].evicted == 901
    assert [each.group for each in told] == [{"user": "ann"}]


def test_events_in_memory_are_bounded_and_counted(tmp_path: Path) -> None:
    stream = Stream(tmp_path, joined("event_count", "[a]", "  condition: {gte: 300}\n"), entries=100)
    for at in range(200):
        stream("a", at / 100, f"user{at % 20}")
    counts = stream.correlator.counts["r3"]
    assert counts.evicted > 0
    assert stream.correlator.held <= 100


def test_an_occurrence_is_told_once_and_again_after_a_pause(count_three: Stream) -> None:
    told = [at for at in range(0, 3000, 60) if count_three("a", at)]
    assert told == [120]
    assert [at for at in (9000, 9001, 9002) if count_three("a", at)] == [9002]


def test_values_count_once_whatever_their_case(tmp_path: Path) -> None:
    stream = Stream(tmp_path, joined("value_count", "[a]", "  condition: {field: ip, gte: 3}\n"))
    assert not any(stream("a", at, ip=ip) for at, ip in enumerate(["x", "X", "y", None, "x"]))
    assert stream("a", 10, ip=["z", "y"])


def test_an_event_without_a_group_belongs_to_none(count_three: Stream) -> None:
    assert not any(count_three("a", at, None) for at in range(5))
    assert count_three.correlator.counts["r3"].ungrouped == 5


def test_a_range_of_counts(tmp_path: Path) -> None:
    stream = Stream(tmp_path, joined("event_count", "[a]", "  condition: {gt: 1, lte: 3}\n", timespan="1h"))
    assert [bool(stream("a", at)) for at in range(5)] == [False, True, False, False, False]


def test_correlations_of_correlations(tmp_path: Path) -> None:
    many = joined("event_count", "[a]", "  condition: {gte: 3}\n", name="many", group="[host]")
    then = joined("temporal_ordered", "[many, b]", timespan="1h")
    stream = Stream(tmp_path, many, then)
    assert not stream("b", 0, host="h")
    assert not any(each.id == "r4" for at in (1, 2, 3) for each in stream("a", at, host="h"))
    assert [each.id for each in stream("b", 4, host="other")] == ["r4"]
    assert not stream.detections["r3"].alone
    assert not stream.detections["r0"].alone


def test_aliases_join_fields_of_different_names(tmp_path: Path) -> None:
    aliases = "  aliases: {ip: {a: source, b: target}}\n"
    stream = Stream(tmp_path, joined("temporal", "[a, b]", aliases, group="[ip]"))
    assert not stream("a", 0, source="1.1.1.1", target="2.2.2.2")
    assert not stream("b", 1, source="1.1.1.1", target="2.2.2.2")
    (found,) = stream("b", 2, source="9.9.9.9", target="1.1.1.1")
    assert found.group == {"ip": "1.1.1.1"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (joined("event_count", "[nobody]", "  condition: {gte: 3}\n"), "no rule 'nobody'"),
        (joined("event_count", "[a]", "  condition: {gte: x}\n"), "expected a number"),
        (joined("event_count", "[a]"), "condition"),
        (joined("event_count", "[a]", "  condition: {gte: 10001}\n"), "counts to 10,000 at most"),
        (joined("event_cuont", "[a]"), "did you mean 'event_count'?"),
        (joined("value_count", "[a]", "  condition: {gte: 3}\n"), "needs a field"),
        (joined("temporal", "[a, b]", timespan="ten"), "timespan"),
        (joined("temporal", "[a, me]", name="me"), "circle"),
        (joined("temporal", "[a, b]", "  aliases: {ip: {d: x}}\n"), "no rule 'd'"),
    ],
)
def test_what_makes_no_correlation_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (error,) = loaded(tmp_path, *NAMED, text).failed
    assert said in str(error)


def expected(correlation: Correlation, entries: list[Entry]) -> set[float]:
    """The times of the entries that end a window in which it holds, by looking at every window."""
    found = set()
    for last in entries:
        window = [each for each in entries if each <= last and each.at >= last.at - correlation.timespan]
        if correlation.type == "event_count":
            count = len(window)
        elif correlation.type == "value_count":
            count = len({each.value for each in window})
        elif correlation.type == "temporal":
            count = len({place for each in window for place in each.rules})
        else:
            count = chain(window, last, len(correlation.rules))
        if count >= correlation.condition["gte"]:
            found.add(last.at)
    return found


def chain(window: list[Entry], last: Entry, rules: int) -> int:
    """The longest chain of rules, from the first on, that ends with `last`, by trying all."""
    longest = 0
    for length in range(1, rules + 1):
        if length - 1 in last.rules and leads(window, last, length - 1):
            longest = length
    return longest


def leads(window: list[Entry], last: Entry, place: int) -> bool:
    return place == 0 or any(
        place - 1 in each.rules and leads(window, each, place - 1) for each in window if each < last
    )


@examples(150)
@given(seeds)
def test_windows_are_those_that_looking_at_all_gives_in_any_order_of_arrival(seed: int) -> None:
    random = Random(seed)
    type = random.choice(("event_count", "value_count", "temporal", "temporal_ordered"))
    rules = ("a", "b", "c")
    count = 3 if type == "temporal_ordered" else random.choice((2, 3))
    correlation = Correlation(
        id="c", title="", level="low", type=type, rules=rules, timespan=20, condition={"gte": count}
    )
    entries = [
        Entry(float(random.randrange(100)), n, (random.randrange(3),), random.choice("xyz"), "")
        for n in range(random.randrange(1, 25))
    ]
    group, told = Group(correlation, late=1000), set()
    for entry in entries:
        assert group.reaches(entry.at)
        told |= {each.at for each, _ in group.add(entry)}
    assert told == expected(correlation, sorted(entries))
