"""Whether a control held all the time, from what a store keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from cloudward.assess.course import Course, Courses, Span, courses
from cloudward.model import Attestation, Attested, ControlState, Coverage, Outcome, Resource, Status
from cloudward.pack import Pack, load
from cloudward.store import Store
from cloudward.store import tables as t
from cloudward.store.encoding import micros
from tests.assess.standards import content
from tests.store.build import BUCKET, DAY, NOW, ONE, account, assessment, listed, resource, scanned

PUBLIC = "test-bucket-public"
FAILED, PASSED, OPEN = ControlState.FAILED, ControlState.PASSED, ControlState.NOT_DETERMINED
OTHER = "AWS::EC2::SecurityGroup"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return load(content(tmp_path_factory.mktemp("mine")))


@pytest.fixture
def store(tmp_path: Path, begun: Callable[[Path], Path]) -> Iterator[Store]:
    with Store.open(begun(tmp_path / "store")) as opened:
        yield opened


def snapshot(
    store: Store,
    at: datetime,
    status: Status | None = Status.HEALTHY,
    *,
    outcome: Outcome = Outcome.READ,
    **more: Any,
) -> None:
    """A scan at this moment that found one bucket so, or no bucket."""
    bucket = resource("bucket")
    policies = (PUBLIC, "test-bucket-logged")
    found = [assessment(bucket, id, **{"status": status, "since": NOW - 90 * DAY, **more}) for id in policies]
    given: list[Resource | Coverage] = [
        *([bucket] if status else []),
        listed(region=None, outcome=outcome),
        listed(OTHER, region=None),
    ]
    scan = scanned(store, *given, assessments=found if status else [])
    with store.database.write() as connection:
        connection.execute(update(t.manifest).where(t.manifest.c.scan == scan).values(published=micros(at)))


def over(store: Store, pack: Pack, since: datetime, until: datetime, now: datetime = NOW) -> Courses:
    return courses(store, pack, pack.standards["small"], [account(ONE)], Span(since, until, now))


def course(found: Courses, control: str = "1.1") -> Course:
    return next(each for each in found.courses if each.control == control)


def test_daily_snapshots_that_pass_are_passed_throughout(store: Store, pack: Pack) -> None:
    for day in range(5, -1, -1):
        snapshot(store, NOW - day * DAY)
    found = over(store, pack, NOW - 4 * DAY, NOW)
    assert [(each.snapshots, each.longest, each.gaps) for each in found.watched] == [(5, DAY, ())]
    assert course(found).state is PASSED
    (period,) = course(found).periods
    assert (period.state, period.start, period.end) == (PASSED, NOW - 4 * DAY, NOW)
    assert course(found, "2.1").state is ControlState.NOT_APPLICABLE
    assert course(found, "2.3").state is ControlState.NOT_COVERED


def test_a_failure_is_told_with_its_days(store: Store, pack: Pack) -> None:
    for day, status in ((3, Status.HEALTHY), (2, Status.UNHEALTHY), (1, Status.HEALTHY), (0, Status.HEALTHY)):
        snapshot(store, NOW - day * DAY, status)
    found = course(over(store, pack, NOW - 3 * DAY, NOW))
    assert found.state is FAILED
    assert [(each.state, each.start) for each in found.periods] == [
        (PASSED, NOW - 3 * DAY),
        (FAILED, NOW - 2 * DAY),
        (PASSED, NOW - DAY),
    ]


def test_a_missing_day_is_not_determined_and_not_passed(store: Store, pack: Pack) -> None:
    for day in (5, 4, 1, 0):
        snapshot(store, NOW - day * DAY)
    found = course(over(store, pack, NOW - 5 * DAY, NOW))
    assert found.state is OPEN
    assert [each.cause for each in found.periods] == [
        "",
        f"there is no snapshot between {NOW - 4 * DAY:%Y-%m-%d %H:%M} and {NOW - DAY:%Y-%m-%d %H:%M}",
        "",
    ]


def test_what_could_not_be_read_for_a_day_was_not_determined_then(store: Store, pack: Pack) -> None:
    snapshot(store, NOW - 2 * DAY)
    snapshot(store, NOW - DAY, outcome=Outcome.DENIED)
    snapshot(store, NOW)
    found = course(over(store, pack, NOW - 2 * DAY, NOW))
    assert [(each.state, each.start) for each in found.periods] == [
        (PASSED, NOW - 2 * DAY),
        (OPEN, NOW - DAY),
        (PASSED, NOW),
    ]
    assert found.periods[1].cause == f"{PUBLIC}: denied list {BUCKET} in {ONE}"


def test_a_change_that_only_a_removed_snapshot_saw_is_not_passed_over(store: Store, pack: Pack) -> None:
    old = NOW - 200 * DAY
    snapshot(store, old, since=old - DAY)
    snapshot(store, old + 25 * DAY, since=old + 9 * DAY)
    found = course(over(store, pack, old, old + 25 * DAY))
    assert [(each.state, each.cause) for each in found.periods] == [
        (OPEN, f"it changed and changed back before {old + 25 * DAY:%Y-%m-%d %H:%M}"),
        (PASSED, ""),
    ]


def test_such_a_change_hides_no_failure_of_another_policy(store: Store, pack: Pack) -> None:
    old, bucket = NOW - 200 * DAY, resource("bucket")
    for at, since in ((old, old - DAY), (old + 25 * DAY, old + 9 * DAY)):
        failing = assessment(bucket, "test-bucket-logged", status=Status.UNHEALTHY, since=old - DAY)
        found = [assessment(bucket, PUBLIC, since=since), failing]
        scan = scanned(store, bucket, listed(region=None), assessments=found)
        with store.database.write() as connection:
            connection.execute(
                update(t.manifest).where(t.manifest.c.scan == scan).values(published=micros(at))
            )
    held = over(store, pack, old, old + 25 * DAY)
    assert [each.state for each in course(held, "1.1").periods] == [OPEN, PASSED]
    assert [(each.state, each.end) for each in course(held, "1.3").periods] == [(FAILED, old + 25 * DAY)]


@pytest.mark.parametrize("more", [{"restarted": True, "since": NOW - 190 * DAY}, {"since": NOW - 300 * DAY}])
def test_a_month_without_a_change_is_passed_where_the_retention_keeps_one_a_month(
    store: Store, pack: Pack, more: dict[str, Any]
) -> None:
    old = NOW - 200 * DAY
    snapshot(store, old, since=old - DAY)
    snapshot(store, old + 25 * DAY, **more)
    found = over(store, pack, old, old + 25 * DAY)
    assert course(found).state is PASSED
    assert found.watched[0].longest == 25 * DAY


def test_nothing_is_known_of_a_scope_before_its_first_snapshot(store: Store, pack: Pack) -> None:
    snapshot(store, NOW)
    found = course(over(store, pack, NOW - 30 * DAY, NOW + timedelta(hours=1), NOW + timedelta(hours=1)))
    assert [each.state for each in found.periods] == [OPEN, PASSED]
    assert found.periods[0].cause == f"there is no snapshot before {NOW:%Y-%m-%d %H:%M}"


def test_a_policy_that_did_not_run_says_nothing_of_that_time(store: Store, pack: Pack) -> None:
    bucket = resource("bucket")
    scanned(store, bucket, listed(region=None))
    with store.database.write() as connection:
        connection.execute(update(t.manifest).values(published=micros(NOW)))
    found = course(over(store, pack, NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=1)))
    assert found.state is OPEN
    assert found.periods[0].cause == f"{PUBLIC}: not_requested the policy did not run in this scan"


def test_a_persons_word_holds_while_it_was_given(store: Store, pack: Pack) -> None:
    snapshot(store, NOW)
    word = Attestation(
        "a", "small", "2.2", Attested.COMPLIANT, "We looked.", "ann", "bob", NOW - 8 * DAY, NOW - 2 * DAY
    )
    store.attest(word)
    found = course(over(store, pack, NOW - 10 * DAY, NOW), "2.2")
    assert found.state is ControlState.MANUAL
    assert [(each.state, each.start, each.end) for each in found.periods] == [
        (ControlState.MANUAL, NOW - 10 * DAY, NOW - 8 * DAY),
        (PASSED, NOW - 8 * DAY, NOW - 2 * DAY),
        (ControlState.MANUAL, NOW - 2 * DAY, NOW),
    ]
    store.attest(replace(word, id="b", created_at=NOW - 9 * DAY, expires=NOW + DAY))
    store.withdraw("a", "ann", NOW - 4 * DAY)
    again = course(over(store, pack, NOW - 8 * DAY, NOW), "2.2")
    assert again.state is PASSED
