"""Units in threads of this process: they wait for the network, not for the processor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cloudward.runtime import R, U

GRACE = 2.0
"""Seconds that units have to end after an interrupt: a person does not wait for a cloud that is silent."""


@dataclass(frozen=True, slots=True)
class Local:
    """At most `workers` units at a time."""

    workers: int = 8

    def run(
        self, units: Iterable[U], worker: Callable[[U], R], stop: threading.Event | None = None
    ) -> Iterator[tuple[U, R | Exception]]:
        waiting = iter(units)
        running: dict[Future[R], U] = {}
        pool = ThreadPoolExecutor(self.workers, "cloudward-unit")
        patient = True
        try:
            while True:
                for unit in islice(waiting, self.workers - len(running)):
                    running[pool.submit(worker, unit)] = unit
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), _outcome(future)
        except KeyboardInterrupt:
            patient = False
            raise
        finally:
            if stop is not None:
                stop.set()
            pool.shutdown(wait=patient, cancel_futures=True)
            wait(running, timeout=GRACE)


def _outcome(future: Future[Any]) -> Any:
    """The result, or the exception as a value."""
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, Exception):
        return error
    raise error
