from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward.errors import UsageError
from cloudward.store import Store
from cloudward.store.retention import DAYS, RECENT, surplus
from tests.store.build import ONE, assessment, resource, scanned

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_the_last_of_a_day_and_later_of_a_month_is_kept() -> None:
    every = [NOW - 6 * HOUR * n for n in range(4 * 300)]
    kept = sorted(set(every) - surplus(every, NOW, 90))
    recent = [at for at in kept if NOW - at <= RECENT]
    daily = [at for at in kept if RECENT < NOW - at <= timedelta(days=90)]
    monthly = [at for at in kept if NOW - at > timedelta(days=90)]
    assert len(recent) == 9
    assert len(daily) == len({at.date() for at in daily}) == 89
    assert [(at.year, at.month) for at in monthly] == sorted({(at.year, at.month) for at in monthly})
    assert len(monthly) == 8
    assert all(at.hour == 18 for at in monthly[:-1])


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 6, 15)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(st.sets(MOMENTS), st.integers(0, 400))
def test_every_day_and_month_that_had_a_snapshot_keeps_one(every: set[datetime], days: int) -> None:
    kept = every - surplus(every, NOW, days)
    assert {(at.year, at.month) for at in kept} == {(at.year, at.month) for at in every}
    for at in every:
        if RECENT < NOW - at <= timedelta(days=days):
            assert at.date() in {other.date() for other in kept}
        if NOW - at <= RECENT:
            assert at in kept


@given(st.sets(MOMENTS, min_size=1))
def test_doing_it_again_takes_nothing_more(every: set[datetime]) -> None:
    kept = every - surplus(every, NOW, DAYS)
    assert surplus(kept, NOW, DAYS) == set()


def test_old_snapshots_go_with_their_files_and_the_current_stays(store: Store) -> None:
    item = resource("x")
    scans = [scanned(store, item, assessments=[assessment(item, policy_hash=str(n))]) for n in range(4)]
    removed = store.maintain(datetime.now(UTC) + timedelta(days=400))
    assert (removed.snapshots, removed.bytes > 0) == (3, True)
    assert [scan for scan, _ in store.snapshots(ONE)] == [scans[-1]]
    assert [path.stem for path in (store.folder / "history").rglob("*.parquet")] == [scans[-1]]
    assert len(list(store.scores(history=True))) == 4
    assert [row.assessment for row in store.assessments()] == [assessment(item, policy_hash="3")]
    with pytest.raises(UsageError, match="is not kept"):
        store.snapshot(ONE, scans[0])
    assert store.maintain().snapshots == 0


def test_a_file_that_could_not_be_removed_goes_when_the_store_is_opened(store: Store) -> None:
    scanned(store, resource("x"))
    scanned(store, resource("x"))
    removed = store.folder / "history" / ONE
    with store.database.write() as connection:
        from cloudward.store.retention import expire

        assert expire(connection, datetime.now(UTC) + timedelta(days=400), 90).snapshots == 1
    assert len(list(removed.iterdir())) == 2
    with Store.open(store.folder):
        assert len(list(removed.iterdir())) == 1
