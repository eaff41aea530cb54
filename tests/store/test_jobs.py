from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudward.errors import UsageError
from cloudward.store import Store, jobs
from cloudward.store.jobs import LEASE, Held, Job, State

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def add(store: Store, kind: str = "scan", **more: Any) -> Job:
    with store.database.write(alone=False) as connection:
        return jobs.add(connection, kind, {"n": 1}, by="ann", **{"now": NOW, **more})


def claim(store: Store, owner: str = "one", now: datetime = NOW) -> Job | None:
    with store.database.write(alone=False) as connection:
        return jobs.claim(connection, owner, now)


def claimed(store: Store, owner: str = "one", now: datetime = NOW) -> Job:
    job = claim(store, owner, now)
    assert job is not None
    return job


def beat(store: Store, job: Job, now: datetime, **more: Any) -> Held:
    with store.database.write(alone=False) as connection:
        return jobs.beat(connection, job, now, **more)


def finish(store: Store, job: Job, state: State = State.DONE, **more: Any) -> bool:
    with store.database.write(alone=False) as connection:
        return jobs.finish(connection, job, state, NOW, **more)


def read(store: Store, job: Job) -> Job:
    with store.database.read() as connection:
        return jobs.one(connection, job.id)


def test_a_job_is_claimed_once_and_ends_with_its_result(store: Store) -> None:
    added = add(store)
    job = claimed(store)
    assert (job.id, job.state, job.attempts, job.owner) == (added.id, State.RUNNING, 1, "one")
    assert claim(store, "two") is None
    assert finish(store, job, result={"found": 3})
    assert read(store, job).result == {"found": 3}
    assert claim(store, "two", NOW + 2 * LEASE) is None


def test_a_job_waits_until_it_is_due(store: Store) -> None:
    add(store, due=NOW + SECOND)
    assert claim(store) is None
    assert claim(store, now=NOW + SECOND) is not None


def test_the_same_key_is_the_same_job_also_after_it_ended(store: Store) -> None:
    first = add(store, key="k")
    finish(store, claimed(store))
    assert add(store, key="k", kind="other").id == first.id
    assert claim(store) is None


def test_of_a_lane_one_job_runs_at_a_time(store: Store) -> None:
    add(store, lane="connector/acme")
    add(store, lane="connector/acme")
    add(store, lane="connector/other")
    first, second = claimed(store), claimed(store, "two")
    assert {first.lane, second.lane} == {"connector/acme", "connector/other"}
    assert claim(store, "three") is None
    finish(store, first if first.lane == "connector/acme" else second)
    assert claimed(store, "three").lane == "connector/acme"


def test_a_worker_that_dies_gives_its_job_back_after_the_lease(store: Store) -> None:
    add(store, lane="l")
    first = claimed(store)
    assert claim(store, "two", NOW + LEASE - SECOND) is None
    second = claimed(store, "two", NOW + LEASE)
    assert (second.id, second.attempts, second.owner) == (first.id, 2, "two")


def test_who_lost_the_lease_changes_nothing_any_more(store: Store) -> None:
    add(store)
    first = claimed(store)
    second = claimed(store, "one", NOW + LEASE)  # even for the same worker it is another attempt
    assert beat(store, first, NOW + LEASE) is Held.LOST
    assert not finish(store, first, State.FAILED, problem="late")
    with store.database.write(alone=False) as connection:
        assert not jobs.release(connection, first, NOW)
    assert beat(store, second, NOW + LEASE) is Held.YES
    assert read(store, first).state is State.RUNNING


def test_a_sign_of_life_extends_the_lease_and_tells_how_far_it_is(store: Store) -> None:
    add(store)
    job = claimed(store)
    assert beat(store, job, NOW + LEASE / 2, progress={"done": 3}) is Held.YES
    assert claim(store, "two", NOW + LEASE) is None
    assert read(store, job).progress == {"done": 3}


def test_a_job_whose_workers_always_die_fails_in_the_end(store: Store) -> None:
    add(store, tries=2)
    claimed(store)
    job = claimed(store, "two", NOW + LEASE)
    assert claim(store, "three", NOW + 3 * LEASE) is None
    ended = read(store, job)
    assert ended.state is State.FAILED
    assert ended.problem == "its worker died 2 times; the last one was two"


def test_a_job_that_is_given_back_can_be_counted_or_not(store: Store) -> None:
    add(store)
    job = claimed(store)
    with store.database.write(alone=False) as connection:
        assert jobs.release(connection, job, NOW, counted=False)
    job = claimed(store)
    assert job.attempts == 1
    with store.database.write(alone=False) as connection:
        assert jobs.release(connection, job, NOW + SECOND, problem="no network")
    assert claim(store) is None
    again = claimed(store, now=NOW + SECOND)
    assert (again.attempts, again.problem) == (2, "no network")


def test_one_that_waits_is_cancelled_at_once_one_that_runs_by_its_worker(store: Store) -> None:
    add(store)
    job = claimed(store)
    waiting = add(store)
    with store.database.write() as connection:
        assert jobs.cancel(connection, waiting.id, NOW).state is State.CANCELLED
        assert jobs.cancel(connection, job.id, NOW).state is State.RUNNING
    assert beat(store, job, NOW) is Held.CANCEL
    assert finish(store, job, State.CANCELLED)
    with store.database.write() as connection, pytest.raises(UsageError, match="has ended already"):
        jobs.cancel(connection, job.id, NOW)


def test_one_that_is_to_be_cancelled_does_not_begin_again_when_its_worker_dies(store: Store) -> None:
    add(store)
    job = claimed(store)
    with store.database.write() as connection:
        jobs.cancel(connection, job.id, NOW)
    assert claim(store, "two", NOW + LEASE) is None
    assert read(store, job).state is State.CANCELLED


def test_jobs_are_listed_page_by_page_and_forgotten_when_old(store: Store) -> None:
    ids = [add(store, now=NOW + n * SECOND).id for n in range(5)]
    with store.database.read() as connection:
        page = jobs.every(connection, limit=2)
        rest = jobs.every(connection, after=page[-1].id)
    assert [job.id for job in [*page, *rest]] == ids[::-1]
    finish(store, claimed(store))
    with store.database.write() as connection:
        assert jobs.forget(connection, NOW) == 0
        assert jobs.forget(connection, NOW + SECOND) == 1


def test_many_workers_at_once_take_each_job_once(store: Store) -> None:
    for n in range(40):
        add(store, lane=f"lane/{n % 7}")
    taken: Counter[str] = Counter()
    running: Counter[str] = Counter()
    crowded: list[str] = []
    lock = threading.Lock()

    def work(owner: str) -> None:
        misses = 0
        while misses < 50:
            job = claim(store, owner)
            if job is None:
                misses += 1
                continue
            with lock:
                taken[job.id] += 1
                running[job.lane] += 1
                if running[job.lane] > 1:
                    crowded.append(job.lane)
            with lock:
                running[job.lane] -= 1
            finish(store, job)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), set(taken.values()), crowded) == (40, {1}, [])
