"""Whether a zstd file has its end. What reads such files takes a missing one for an end.

Frames follow each other: a header, blocks that say how long they are, the last of which says so, and perhaps
a checksum. https://datatracker.ietf.org/doc/html/rfc8878
"""

from __future__ import annotations

from typing import IO

FRAME, SKIPPED = 0xFD2FB528, range(0x184D2A50, 0x184D2A60)
DICTIONARY, CONTENT = (0, 1, 2, 4), (0, 2, 4, 8)
"""Bytes of the fields of a header, by the two bits that say so."""
REPEATED = 1
"""A block of one byte that stands for many."""


def whole(file: IO[bytes], size: int) -> bool:
    """Whether the last of its frames ends where the file of so many bytes ends. Reads headers alone."""
    at = 0
    while at < size:
        at = _behind(file, at, size)
    file.seek(size)
    return at == size


def _behind(file: IO[bytes], at: int, size: int) -> int:
    """Where the frame ends that begins there, or a place behind the file."""
    magic = _number(file, at, 4)
    if magic in SKIPPED:
        return at + 8 + _number(file, at + 4, 4)
    if magic != FRAME:
        return size + 1
    told = _number(file, at + 4, 1)
    single = told >> 5 & 1
    at += 5 + (1 - single) + DICTIONARY[told & 3] + (CONTENT[told >> 6] or single)
    last = 0
    while not last:
        if at >= size:
            return size + 1
        block = _number(file, at, 3)
        last, kind, length = block & 1, block >> 1 & 3, block >> 3
        at += 3 + (1 if kind == REPEATED else length)
    return at + 4 * (told >> 2 & 1)


def _number(file: IO[bytes], at: int, length: int) -> int:
    """A number, least significant byte first."""
    file.seek(at)
    return int.from_bytes(file.read(length), "little")
