"""What is said of a time from a few moments of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward.assess.compliance import worst
from cloudward.assess.periods import Point, around, bounded, gaps, longest, periods
from cloudward.model import ControlState, Period
from cloudward.store.retention import surplus
from tests.assess.runs import DAY

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SINCE, UNTIL = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
FAILED, PASSED, OPEN = ControlState.FAILED, ControlState.PASSED, ControlState.NOT_DETERMINED
DAILY = [SINCE - DAY / 2 + n * DAY for n in range(32)]


def said(states: list[ControlState], moments: list[datetime]) -> list[tuple[str, str, str]]:
    kept = around(moments, SINCE, UNTIL)
    points = [Point(at, state) for at, state in zip(moments, states, strict=True) if at in kept]
    found = periods(points, gaps(kept, SINCE, UNTIL, NOW), SINCE, UNTIL)
    return [(f"{each.state}", f"{each.start:%m-%d %H}", f"{each.end:%m-%d %H}") for each in found]


def test_a_month_of_daily_snapshots_that_pass_is_passed_throughout() -> None:
    assert said([PASSED] * 32, DAILY) == [("passed", "06-01 00", "07-01 00")]
    assert longest(DAILY, UNTIL) == DAY


def test_a_failure_lasts_from_the_snapshot_that_shows_it_to_the_one_that_does_not() -> None:
    states = [PASSED] * 10 + [FAILED] * 3 + [PASSED] * 19
    assert said(states, DAILY) == [
        ("passed", "06-01 00", "06-10 12"),
        ("failed", "06-10 12", "06-13 12"),
        ("passed", "06-13 12", "07-01 00"),
    ]


def test_a_time_without_snapshots_is_not_determined_and_named() -> None:
    moments = DAILY[:10] + DAILY[15:]
    assert said([PASSED] * len(moments), moments) == [
        ("passed", "06-01 00", "06-09 12"),
        ("not_determined", "06-09 12", "06-15 12"),
        ("passed", "06-15 12", "07-01 00"),
    ]
    (gap,) = gaps(around(moments, SINCE, UNTIL), SINCE, UNTIL, NOW)
    assert gap.cause == "there is no snapshot between 2026-06-09 12:00 and 2026-06-15 12:00"


def test_a_failure_at_the_edge_of_a_gap_was_seen() -> None:
    moments = DAILY[:10] + DAILY[15:]
    states = [PASSED] * 9 + [FAILED] + [PASSED] * (len(moments) - 10)
    assert said(states, moments)[1:3] == [
        ("failed", "06-09 12", "06-09 12"),
        ("not_determined", "06-09 12", "06-15 12"),
    ]


def test_before_the_first_snapshot_and_long_after_the_last_nothing_is_known() -> None:
    moments = DAILY[10:20]
    first, *_, last = gaps(around(moments, SINCE, UNTIL), SINCE, UNTIL, NOW)
    assert (first.start, first.end, first.cause) == (
        SINCE,
        moments[0],
        "there is no snapshot before 2026-06-10 12:00",
    )
    assert (last.start, last.end, last.cause) == (
        moments[-1],
        UNTIL,
        "there is no snapshot after 2026-06-19 12:00",
    )


def test_without_any_snapshot_nothing_is_known_of_the_whole_time() -> None:
    assert gaps([], SINCE, UNTIL, NOW) == [(SINCE, UNTIL, "there is no snapshot")]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((2026, 6, 1, 0), (2026, 6, 2, 23), True),
        ((2026, 6, 1, 23), (2026, 6, 3, 0), False),
        ((2026, 5, 1, 0), (2026, 5, 30, 0), False),
        ((2026, 1, 1, 0), (2026, 2, 28, 0), True),
        ((2026, 1, 31, 0), (2026, 3, 1, 0), False),
        ((2025, 12, 31, 0), (2026, 1, 31, 0), True),
    ],
)
def test_days_bound_recent_gaps_and_months_those_of_which_the_retention_keeps_only_one(
    one: tuple[int, int, int, int], other: tuple[int, int, int, int], expected: bool
) -> None:
    first, second = (datetime(*each, tzinfo=UTC) for each in (one, other))
    assert bounded(first, second, NOW) is expected


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 7, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(st.integers(30, 600), st.integers(3, 400))
def test_what_the_retention_takes_from_daily_scans_makes_no_gap(count: int, days: int) -> None:
    every = [NOW - n * DAY for n in range(count)]
    kept = sorted(set(every) - surplus(every, NOW, days))
    assert gaps(kept, kept[0], NOW, NOW, days) == []


@given(
    st.sets(MOMENTS, max_size=30), st.lists(st.sampled_from([FAILED, PASSED, OPEN]), min_size=30, max_size=30)
)
def test_periods_cover_the_time_without_a_break_and_no_gap_is_passed(
    every: set[datetime], states: list[ControlState]
) -> None:
    kept = around(every, SINCE, UNTIL)
    first = [] if kept and kept[0] <= SINCE else [Point(SINCE, OPEN, seen=False)]
    points = first + [Point(at, state) for at, state in zip(kept, states, strict=False) if at <= UNTIL]
    holes = gaps(kept, SINCE, UNTIL, NOW)
    found = periods(points, holes, SINCE, UNTIL)
    assert (found[0].start, found[-1].end) == (SINCE, UNTIL)
    assert all(one.end == other.start for one, other in pairwise(found))
    for hole in holes:
        inside = [each for each in found if each.start < hole.end and each.end > hole.start]
        assert {each.state for each in inside} == {OPEN}
    seen = [point for point in points if SINCE <= point.at <= UNTIL and point.state is FAILED]
    assert all(any(holds(each, point.at) for each in found) for point in seen)
    if seen:
        assert worst(each.state for each in found) is FAILED


def holds(period: Period, at: datetime) -> bool:
    return period.state is FAILED and period.start <= at <= period.end


def test_the_longest_time_between_two_snapshots_counts_the_end_too() -> None:
    assert longest([SINCE, SINCE + DAY], SINCE + 4 * DAY) == timedelta(days=3)
    assert longest([SINCE], SINCE) is None
