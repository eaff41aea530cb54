from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from cloudward.errors import UsageError
from cloudward.store import Store, jobs, upkeep
from cloudward.store import tables as t
from cloudward.store.encoding import micros
from cloudward.store.retention import surplus
from cloudward.store.upkeep import Retention
from tests.store.build import NOW, ONE, company, listed, resource, scanned
from tests.store.test_jobs import add, claimed

DAY = timedelta(days=1)


def test_what_is_kept_is_set_noted_and_bounded(store: Store) -> None:
    with store.database.read() as connection:
        assert upkeep.retention(connection) == Retention(90, 30)
    with store.database.write() as connection:
        upkeep.keep(connection, Retention(60, 10), "ann")
    with store.database.read() as connection:
        assert upkeep.retention(connection) == Retention(60, 10)
    assert [each.by for each in store.revisions("setting")] == ["ann"]
    for wrong in ((1, 30), (90, 0), (90_000, 30), (90, 30, 7, 0)):
        with pytest.raises(UsageError, match="are kept for"):
            Retention(*wrong)


def at(store: Store, scan: str, moment: object) -> None:
    with store.database.write() as connection:
        connection.execute(
            update(t.manifest).where(t.manifest.c.scan == scan).values(published=moment, bytes=1000)
        )


@pytest.mark.parametrize(("scans", "days"), [(1, 90), (4, 90), (1, 30), (24, 10)])
def test_the_forecast_is_what_retention_would_keep(store: Store, scans: int, days: int) -> None:
    for n in range(scans):
        scan = scanned(store, resource("b"), listed(), scopes=[ONE])
        at(store, scan, micros(NOW - DAY * n / scans))
    found = dict(upkeep.room(store, NOW, Retention(days)).forecast)
    for ahead, bytes in found.items():
        moments = [NOW + DAY * n / scans for n in range(-scans, ahead * scans)]
        kept = len(moments) - len(surplus(moments, NOW + DAY * ahead, days))
        assert abs(bytes / 1000 - kept) <= max(3, 0.1 * kept), ahead


def test_a_scope_that_is_scanned_no_more_does_not_grow(store: Store) -> None:
    at(store, company(store), micros(NOW - 30 * DAY))
    assert set(dict(upkeep.room(store, NOW, Retention()).forecast).values()) == {2000}
    assert upkeep.room(store, NOW, Retention()).full is None


def test_how_work_goes_is_told(store: Store) -> None:
    add(store, lane="one")
    job = claimed(store)
    add(store, lane="one")
    add(store, due=job.due)
    with store.database.write() as connection:
        jobs.hello(connection, jobs.Worker("w1", "here", 1, NOW, job.due))
        jobs.hello(connection, jobs.Worker("w2", "here", 2, NOW, job.due - DAY))
    with store.database.read() as connection:
        now = upkeep.work(connection, job.due)
        later = upkeep.work(connection, job.due + DAY)
    assert (now.workers, now.dead, now.overdue, now.stuck) == (1, 1, 0, 0)
    assert (later.workers, later.dead, later.overdue, later.stuck) == (0, 2, 1, 1)


def test_workers_of_two_machines_are_too_many_for_a_sqlite(store: Store) -> None:
    assert upkeep.outgrown(store) == ""
    with store.database.write() as connection:
        for host in ("a", "b"):
            jobs.hello(connection, jobs.Worker(host, host, 1, NOW, NOW))
    expected = "workers of 2 machines share a SQLite"
    assert upkeep.outgrown(store) == (expected if store.database.engine.dialect.name == "sqlite" else "")
