"""Files that grow: what is new in them since they were read, also after they were rotated.

A file is known by its number on its disk, so that one that is renamed goes on where it was. Lines are read
up to the last whole one. What is packed, or one document, is read whole once nobody writes it any more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from cloudward.connect.events import cutting
from cloudward.connect.events.read import EVTX
from cloudward.connect.events.reading import Part
from cloudward.connect.events.unpacking import GZIP, ZSTD, files
from cloudward.errors import UsageError

CHUNK = 8 << 20
"""Bytes of a file that are read at once."""
HEAD = 256
"""Bytes by which a file is told from another one that has its number."""
QUIET = 2.0
"""Seconds in which nobody writes to a file that is read whole."""


@dataclass
class Place:
    """How far a file was read."""

    path: str
    head: str
    """A digest of its first bytes, and how many they are."""
    offset: int = 0
    lines: int = 0
    whole: tuple[int, int] | None = None
    """Size and time of writing with which it was read whole."""


@dataclass
class Tail:
    """What is new in files and folders. `known` is what `state` gave before."""

    paths: Iterable[Path]
    known: Mapping[str, Any] = field(default_factory=dict)
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self._refused: set[Path] = set()
        """Files that cannot be read, of which that was told."""
        self._places = {id: Place(**place) for id, place in self.known.items()}
        for place in self._places.values():
            place.whole = tuple(place.whole) if place.whole else None  # type: ignore[assignment]

    def state(self) -> dict[str, Any]:
        """How far everything was read, as plain data."""
        return {id: vars(place) for id, place in self._places.items()}

    def new(self) -> list[Part]:
        """Parts of files that were not read yet. They count as read: keep `state` when they are evaluated."""
        found, there = [], set[str]()
        for path in self._files():
            try:
                part, id = self._of(path)
            except FileNotFoundError:
                continue  # it went away in between
            except OSError:
                if path not in self._refused:
                    self._refused.add(path)
                    found.append(Part(path, str(path)))  # who reads it tells why it cannot be read
                continue
            self._refused.discard(path)
            there.add(id)
            if part is not None:
                found.append(part)
        self._places = {id: place for id, place in self._places.items() if id in there}
        return found

    def _files(self) -> list[Path]:
        """Those of now, before them where they were rotated to."""
        found: dict[Path, None] = {}
        for path in self.paths:
            if path.is_dir():
                found |= dict.fromkeys(files(path))
                continue
            for other in sorted(path.parent.glob(f"{path.name}.*"), reverse=True):
                if other.is_file() and _id(other.stat()) in self._places:
                    found[other] = None
            if path.is_file():
                found[path] = None
        return list(found)

    def _of(self, path: Path) -> tuple[Part | None, str]:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            id, start = _id(stat), file.read(1 << 16)
            place = self._places.get(id)
            if place is None or not _same(place.head, start) or stat.st_size < place.offset:
                place = Place(str(path), "")
            place.path = str(path)
            self._places[id] = place
            if place.head.partition(":")[0] != str(min(HEAD, len(start))):
                place.head = _head(start)
            if is_whole(start):
                return self._whole(path, place, stat), id
            file.seek(place.offset)
            data = file.read(CHUNK)
            end = data.rfind(b"\n") + 1
            if not end and len(data) < CHUNK:
                return None, id
            end = end or len(data)
            part = Part(path, str(path), place.offset, place.offset + end, place.lines)
            place.offset, place.lines = place.offset + end, place.lines + data.count(b"\n", 0, end)
            return part, id

    def _whole(self, path: Path, place: Place, stat: os.stat_result) -> Part | None:
        now = (stat.st_size, stat.st_mtime_ns)
        if not stat.st_size or place.whole == now or self.clock() - stat.st_mtime < QUIET:
            return None
        place.whole = now
        return Part(path, str(path))


def checked(paths: Iterable[Path]) -> list[Path]:
    """Paths that can be followed: a file may come later, its folder is there."""
    found = [path.absolute() for path in paths]
    for path in found:
        if not path.exists() and not path.parent.is_dir():
            raise UsageError(f"no such file or folder: {path}")
    return found


def _id(stat: os.stat_result) -> str:
    return f"{stat.st_dev}:{stat.st_ino}"


def _head(start: bytes) -> str:
    first = start[:HEAD]
    return f"{len(first)}:{blake2b(first, digest_size=8).hexdigest()}"


def _same(head: str, start: bytes) -> bool:
    """Whether a file begins as it did; it may have been shorter then."""
    if not head:
        return True
    length = int(head.partition(":")[0])
    return _head(start[:length]) == head


def is_whole(start: bytes) -> bool:
    """Packed, or a document that is more than a line."""
    if start.startswith((GZIP, ZSTD, EVTX)):
        return True
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] not in (b"{", b"[") or cutting.STAMP.match(text):
        return False
    line, ended, _ = text.partition(b"\n")
    return not ((ended and cutting.line(1, line)[2] is None) or cutting.is_lines(text))
