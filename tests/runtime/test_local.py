from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from cloudward.runtime.local import Local


def test_every_unit_comes_with_its_result() -> None:
    assert sorted(Local(3).run(range(20), lambda n: n * n)) == [(n, n * n) for n in range(20)]


def test_an_exception_is_a_result_and_the_others_go_on() -> None:
    results = dict(Local(2).run([1, 0, 2], lambda n: 6 // n))
    assert (results[1], results[2]) == (6, 3)
    assert isinstance(results[0], ZeroDivisionError)


def test_no_more_units_run_at_a_time_than_there_are_workers() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1

    list(Local(4).run(range(20), work))
    assert most == 4


def test_units_are_taken_only_as_fast_as_results_are() -> None:
    taken = 0

    def units() -> Iterator[int]:
        nonlocal taken
        for number in range(1, 1000):
            taken = number
            yield number

    results = Local(3).run(units(), lambda n: n)
    for _ in range(10):
        next(results)
    assert taken <= 10 + 2 * 3
    results.close()  # type: ignore[attr-defined]


def test_who_stops_early_stops_the_workers_and_starts_nothing_new() -> None:
    stop, started = threading.Event(), []

    def work(n: int) -> None:
        started.append(n)
        stop.wait(5)

    results = Local(2).run(range(100), lambda n: work(n) if n else None, stop)
    assert next(results) == (0, None)
    begun = time.monotonic()
    results.close()  # type: ignore[attr-defined]
    assert stop.is_set()
    assert time.monotonic() - begun < 4
    assert len(started) <= 3


def test_an_interrupt_waits_for_what_runs_and_passes_on() -> None:
    stop, begun, ended = threading.Event(), threading.Semaphore(0), []

    def work(n: int) -> int:
        if n:
            begun.release()
            stop.wait(30)
            ended.append(n)
        else:
            begun.acquire()
            begun.acquire()
        return n

    results = Local(3).run(range(10), work, stop)
    next(results)
    with pytest.raises(KeyboardInterrupt):
        results.throw(KeyboardInterrupt)  # type: ignore[attr-defined]
    assert len(ended) >= 2


def test_no_units_are_no_results() -> None:
    assert list(Local().run([], lambda n: n)) == []
