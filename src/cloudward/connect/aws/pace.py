"""How fast AWS is asked, and how long one waits before asking again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, so that tests need none."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tick: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Bucket:
    """At most `rate` requests a second; halves when AWS throttles, and recovers as requests go well."""

    def __init__(self, rate: float, clock: Clock, burst: float = 0.0) -> None:
        self._rate = self._full = rate
        self._room = self._burst = max(burst, rate, 1.0)
        self._clock, self._then, self._lock = clock, clock.tick(), Lock()

    def take(self) -> None:
        """Wait for one's turn."""
        with self._lock:
            now = self._clock.tick()
            self._room = min(self._burst, self._room + (now - self._then) * self._rate) - 1
            self._then = now
            self._rate = min(self._full, self._rate * 1.01)
            wait = -self._room / self._rate
        if wait > 0:
            self._clock.sleep(wait)

    def slow_down(self) -> None:
        """AWS said that it is too much."""
        with self._lock:
            self._rate = max(self._full / 32, self._rate / 2)
            self._room = min(self._room, 0.0)


def backoff(attempt: int, base: float, cap: float) -> float:
    """Full jitter: anything up to an exponentially growing bound."""
    return random.uniform(0, min(cap, base * 2**attempt))  # noqa: S311 (no secret hangs on it)
