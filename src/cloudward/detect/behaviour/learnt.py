"""Which events were learnt: a Bloom filter for a source and a day, that grows with what is put in.

So a file that is read again, or events that are detected in again, count once. Four bits of sixteen an event:
of a thousand new events some two are taken for known ones, and not counted.
"""

from __future__ import annotations

import zlib
from hashlib import blake2b

SIZES = (16, 18, 20, 22, 24)
"""Bits of the filters as powers of two; the next is used when one is full. Together 2.7 MiB."""
EACH = 16
"""Bits for an event."""
MOST = sum(1 << size for size in SIZES) // EACH
"""So many events of a day are told apart; those beyond are not learnt."""


class Learnt:
    """The events of a day of a source that were learnt."""

    def __init__(self, filters: list[bytearray] | None = None, count: int = 0) -> None:
        self._filters = filters or [bytearray(1 << SIZES[0] - 3)]
        self.count = count
        self.changed = False

    def add(self, id: str) -> bool:
        """True when it is new, and is known from now on."""
        number = int.from_bytes(blake2b(id.encode("utf-8", "replace"), digest_size=12).digest())
        for filter in self._filters:
            if _has(filter, number):
                return False
        if self.count >= MOST:
            return False
        self.count += 1
        self.changed = True
        _put(self._room(), number)
        return True

    def _room(self) -> bytearray:
        full = sum(1 << size for size in SIZES[: len(self._filters)]) // EACH
        if self.count > full:
            self._filters.append(bytearray(1 << SIZES[len(self._filters)] - 3))
        return self._filters[-1]

    def save(self) -> bytes:
        """For `load`."""
        return self.count.to_bytes(8, "big") + zlib.compress(b"".join(self._filters), 1)

    @classmethod
    def load(cls, data: bytes) -> Learnt:
        whole = zlib.decompress(data[8:])
        filters, start = [], 0
        for size in SIZES:
            if start < len(whole):
                filters.append(bytearray(whole[start : start + (1 << size - 3)]))
                start += 1 << size - 3
        return cls(filters, int.from_bytes(data[:8], "big"))


def _places(filter: bytearray, number: int) -> tuple[int, int, int, int]:
    mask = len(filter) * 8 - 1
    return number & mask, number >> 24 & mask, number >> 48 & mask, number >> 72 & mask


def _has(filter: bytearray, number: int) -> bool:
    return all(filter[place >> 3] >> (place & 7) & 1 for place in _places(filter, number))


def _put(filter: bytearray, number: int) -> None:
    for place in _places(filter, number):
        filter[place >> 3] |= 1 << (place & 7)
