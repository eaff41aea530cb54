"""Which events were learnt: a Bloom filter for a source and a day, that grows with what is put in.

So a file that is read again, or events that are detected in again, count once. Four bits of sixteen an event:
of a thousand new events some two are taken for known ones, and not counted.
"""

from __future__ import annotations

import struct
import zlib
from hashlib import blake2b
from itertools import accumulate

SIZES = (16, 18, 20, 22, 24)
"""Bits of the filters as powers of two; the next is used when one is full. Together 2.7 MiB."""
EACH = 16
"""Bits for an event."""
_bits = struct.Struct("<4I").unpack
FULL = tuple(accumulate((1 << size) // EACH for size in SIZES))
"""So many events fill the first filters."""
MOST = FULL[-1]
"""So many events of a day are told apart; those beyond are not learnt."""


class Learnt:
    """The events of a day of a source that were learnt."""

    def __init__(self, filters: list[bytearray] | None = None, count: int = 0) -> None:
        self._filters = filters or [bytearray(1 << SIZES[0] - 3)]
        self._masked = _masked(self._filters)
        self.count = count
        self.changed = False

    def add(self, id: str) -> bool:
        """True when it is new, and is known from now on."""
        one, two, three, four = _bits(blake2b(id.encode("utf-8", "replace"), digest_size=16).digest())
        for filter, mask in self._masked:
            if (
                filter[(one & mask) >> 3] >> (one & 7) & 1
                and filter[(two & mask) >> 3] >> (two & 7) & 1
                and filter[(three & mask) >> 3] >> (three & 7) & 1
                and filter[(four & mask) >> 3] >> (four & 7) & 1
            ):
                return False
        if self.count >= MOST:
            return False
        self.count += 1
        self.changed = True
        if self.count > FULL[len(self._masked) - 1]:
            self._filters.append(bytearray(1 << SIZES[len(self._filters)] - 3))
            self._masked = _masked(self._filters)
        filter, mask = self._masked[-1]
        for bit in (one, two, three, four):
            filter[(bit & mask) >> 3] |= 1 << (bit & 7)
        return True

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


def _masked(filters: list[bytearray]) -> list[tuple[bytearray, int]]:
    """Each with what a bit is cut to, to lie in it."""
    return [(each, len(each) * 8 - 1) for each in filters]
