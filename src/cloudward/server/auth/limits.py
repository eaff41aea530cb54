"""Token buckets: a burst is allowed, then so many a second. Memory is bounded: who was not seen for the
longest time is forgotten, which gives him a full bucket."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from time import monotonic


class Buckets:
    """One bucket a key."""

    def __init__(
        self, burst: float, rate: float, most: int = 10_000, clock: Callable[[], float] = monotonic
    ) -> None:
        self._burst, self._rate, self._most, self._clock = burst, rate, most, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, cost: float = 1) -> float:
        """0 when there was enough; otherwise in how many seconds there will be, and nothing is taken."""
        with self._lock:
            left = self._level(key)
            if left < cost:
                return (cost - left) / self._rate
            self._keep(key, left - cost)
            return 0

    def wait(self, key: str, cost: float = 1) -> float:
        """As `take`, without taking."""
        return max(0, (cost - self._level(key)) / self._rate)

    def give(self, key: str, amount: float = 1) -> None:
        """Put back what was taken for nothing."""
        with self._lock:
            self._keep(key, min(self._burst, self._level(key) + amount))

    def _level(self, key: str) -> float:
        left, at = self._left.get(key, (self._burst, 0.0))
        return min(self._burst, left + (self._clock() - at) * self._rate)

    def _keep(self, key: str, left: float) -> None:
        self._left[key] = (left, self._clock())
        self._left.move_to_end(key)
        while len(self._left) > self._most:
            self._left.popitem(last=False)


def is_address(host: str) -> bool:
    """Whether a host is told by its address, not by a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def network(address: str) -> str:
    """Who is counted as one: an IPv4 address, a /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
