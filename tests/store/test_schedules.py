from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cloudward.errors import UsageError
from cloudward.model import Provider
from cloudward.store import Store, jobs, schedules
from cloudward.store.schedules import Schedule, following

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def keep(store: Store, cron: str = "0 2 * * *", zone: str = "UTC", now: datetime = NOW, **more: bool) -> None:
    schedule = Schedule("acme", cron, zone, more.get("enabled", True), "ann", NOW)
    with store.database.write() as connection:
        schedules.keep(connection, schedule, "ann", now)


def fire(store: Store, now: datetime) -> list[jobs.Job]:
    with store.database.write(alone=False) as connection:
        return schedules.fire(connection, now)


def upcoming(store: Store) -> datetime | None:
    with store.database.read() as connection:
        return schedules.one(connection, "acme").next


def test_a_schedule_says_its_next_run_and_queues_a_scan_then(store: Store) -> None:
    keep(store)
    night = datetime(2026, 1, 2, 2, tzinfo=UTC)
    assert upcoming(store) == night
    assert fire(store, night - timedelta(seconds=1)) == []
    (job,) = fire(store, night)
    assert (job.kind, job.payload, job.lane) == ("scan", {"connector": "acme"}, "connector/acme")
    assert fire(store, night) == []
    assert upcoming(store) == night + timedelta(days=1)


def test_what_was_missed_while_nobody_worked_is_made_up_for_once(store: Store) -> None:
    keep(store)
    back = datetime(2026, 1, 9, 7, tzinfo=UTC)
    assert len(fire(store, back)) == 1
    assert fire(store, back) == []
    assert upcoming(store) == datetime(2026, 1, 10, 2, tzinfo=UTC)


def test_no_scan_queues_up_behind_one_that_waits(store: Store) -> None:
    keep(store, "*/5 * * * *")
    assert len(fire(store, NOW + timedelta(minutes=5))) == 1
    assert fire(store, NOW + timedelta(minutes=10)) == []
    with store.database.write(alone=False) as connection:
        assert jobs.claim(connection, "one", NOW + timedelta(minutes=11))
    assert len(fire(store, NOW + timedelta(minutes=15))) == 1


def test_one_that_is_off_does_not_run_and_one_that_is_on_again_does_not_catch_up(store: Store) -> None:
    keep(store, enabled=False)
    assert upcoming(store) is None
    assert fire(store, NOW + timedelta(days=9)) == []
    keep(store, now=NOW + timedelta(days=9))
    assert fire(store, NOW + timedelta(days=9)) == []


def test_a_schedule_goes_with_its_connector_and_both_are_noted(store: Store) -> None:
    store.connect("acme", Provider.AWS, {"role": "cloudward", "organization": True}, "ann")
    keep(store)
    store.disconnect("acme", "bob")
    with store.database.read() as connection:
        assert schedules.every(connection) == []
    assert [each.by for each in store.revisions("schedule")] == ["bob", "ann"]


def test_the_same_schedule_again_changes_nothing(store: Store) -> None:
    keep(store)
    keep(store, now=NOW + timedelta(days=3))
    assert upcoming(store) == datetime(2026, 1, 2, 2, tzinfo=UTC)
    assert len(store.revisions("schedule")) == 1


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("0 2 * * *", "2026-03-28T01:00", "2026-03-29T01:00"),  # 02:00 is skipped; it runs at 03:00 summer
        ("0 2 * * *", "2026-03-29T01:00", "2026-03-30T00:00"),
        ("30 2 * * *", "2026-10-24T01:00", "2026-10-25T00:30"),  # 02:30 comes twice; the first is taken
        ("30 2 * * *", "2026-10-25T00:30", "2026-10-26T01:30"),
        ("0 * * * *", "2026-10-25T00:00", "2026-10-25T01:00"),  # each hour is each hour
        ("0 * * * *", "2026-03-29T00:00", "2026-03-29T01:00"),
        ("0 12 * * MON", "2026-01-01T12:00", "2026-01-05T11:00"),
    ],
)
def test_clocks_that_change_neither_lose_nor_repeat_a_run(cron: str, after: str, expected: str) -> None:
    at = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert following(cron, BERLIN, at) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_year_of_nights_in_berlin_is_a_year_of_scans() -> None:
    at, nights = datetime(2026, 1, 1, tzinfo=UTC), 0
    while (at := following("30 2 * * *", BERLIN, at)).year == 2026:
        nights += 1
    assert nights == 365


@pytest.mark.parametrize(
    ("cron", "zone", "message"),
    [
        ("0 2 * *", "UTC", "'0 2 \\* \\*' is no cron expression"),
        ("0 2 * * * *", "UTC", "is no cron expression"),
        ("61 2 * * *", "UTC", "Bad minute"),
        ("0 2 30 2 *", "UTC", "is no cron expression"),
        ("0 2 * * *", "Europe/Berln", "did you mean 'Europe/Berlin'"),
    ],
)
def test_what_is_no_schedule_is_refused(cron: str, zone: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        following(cron, zone, NOW)
