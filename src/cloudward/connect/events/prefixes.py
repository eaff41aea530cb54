"""Logs under a prefix of a provider's storage: what came since it was read, in the order in which it came.

An object is read whole, and again when it is another one. One that grows is read on from where it was, up to
its last whole line; some bytes before that place tell whether it is still the same.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from cloudward.connect.events import Unparsed, cutting
from cloudward.connect.events.reading import Part
from cloudward.connect.events.storages import ChangedError, Object, opened
from cloudward.connect.events.tailing import is_whole
from cloudward.connect.events.unpacking import LARGEST
from cloudward.errors import InputError, SignInError

OVERLAP = timedelta(days=1)
"""So much older than the latest may an object be that came after it: one that comes in parts has the moment
of the first."""
TOGETHER, BYTES = 50, 256 << 20
"""Objects that are fetched and evaluated together, and how large they are."""
AGAIN = 300.0
"""Seconds after which an object is tried again that could not be fetched."""
SETTLED = 3600.0
"""Seconds after which nobody writes on in the last line of an object."""
BEFORE = 256
"""Bytes by which an object that grew is told from another one in its place."""
LINE = 16 << 20


class Place(msgspec.Struct, array_like=True):
    """How far an object was read."""

    at: datetime
    version: str
    offset: int = -1
    """-1: it was read whole."""
    lines: int = 0
    before: str = ""
    """A digest of what stands before the offset."""
    headed: bool = False
    """Its first lines say what the others are."""


class Fetched(NamedTuple):
    """Objects as files, and what could not be fetched."""

    parts: list[Part]
    broken: list[Unparsed]


class Prefix:
    """What is under an address. `known` is what `state` gave before."""

    def __init__(
        self, address: str, known: Mapping[str, Any] | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.address, self._clock = address, clock
        self._storage = opened(address)
        self.way = self._storage.way
        known = known or {}
        self._seen = msgspec.convert(known.get("objects") or {}, dict[str, Place])
        self._until = max((place.at for place in self._seen.values()), default=None)
        self._left = set(known.get("left") or ())
        """Keys of what could not be fetched."""
        self._refused: dict[str, tuple[str, float]] = {}
        """Of these the version, and when it is tried again."""
        self._changed: dict[str, Unparsed] = {}
        """What was another one when it was fetched than when it was listed."""

    def state(self) -> dict[str, Any]:
        """How far it was read, as plain data: the objects that an overlap needs."""
        return {"objects": msgspec.to_builtins(self._seen), "left": sorted(self._left)}

    def new(self) -> list[list[Object]]:
        """Objects that were not read, or not to their end, the oldest first, as many as go together."""
        oldest, found, there = self._until and self._until - OVERLAP, [], set[str]()
        for each in self._storage.objects():
            if each.key in self._left:
                there.add(each.key)
            if each.size and self._is_new(each, oldest):
                found.append(each)
        self._left &= there
        keys = {each.key for each in found}
        self._changed = {key: each for key, each in self._changed.items() if key in keys}
        return [*_together(sorted(found, key=lambda each: (each.at, each.key)))]

    @property
    def changed(self) -> list[Unparsed]:
        """What was replaced between a list and its fetch, each time that it was tried: nobody read it yet."""
        return [*self._changed.values()]

    def _is_new(self, found: Object, oldest: datetime | None) -> bool:
        version, until = self._refused.get(found.key, ("", 0.0))
        if version == found.version and self._clock() < until:
            return False
        place = self._seen.get(found.key)
        if place is None:
            return found.key in self._left or oldest is None or found.at >= oldest
        rest = found.grows and 0 <= place.offset < found.size and self._settled(found)
        return place.version != found.version or rest

    def _settled(self, found: Object) -> bool:
        return self._clock() - found.at.timestamp() > SETTLED

    @contextmanager
    def fetched(self, objects: Sequence[Object]) -> Iterator[Fetched]:
        """Objects as files, for as long as the block runs. They count as read: keep `state` when they are
        evaluated."""
        with tempfile.TemporaryDirectory(prefix="cloudward-") as folder:
            got = [self._one(each, Path(folder) / str(number)) for number, each in enumerate(objects)]
            if self._until:
                oldest = self._until - OVERLAP
                self._seen = {key: each for key, each in self._seen.items() if each.at >= oldest}
            parts = [each for each in got if isinstance(each, Part)]
            yield Fetched(parts, [each for each in got if isinstance(each, Unparsed)])

    def _one(self, found: Object, path: Path) -> Part | Unparsed | None:
        name = self._storage.name(found.key)
        if found.size > LARGEST and not found.grows:
            self._read(found, Place(found.at, found.version))
            return Unparsed(name, 0, f"more than {LARGEST >> 20} MiB")
        try:
            place, part = self._grown(found, path) if found.grows else self._whole(found, path)
        except ChangedError as error:
            self._left.add(found.key)
            self._changed[found.key] = Unparsed(name, 0, str(error))
            return None
        except (InputError, SignInError) as error:
            self._changed.pop(found.key, None)
            told = self._refused.get(found.key, ("", 0.0))[0] == found.version
            self._refused[found.key] = found.version, self._clock() + AGAIN
            self._left.add(found.key)
            return None if told else Unparsed(name, 0, str(error))
        self._read(found, place)
        return part

    def _read(self, found: Object, place: Place) -> None:
        self._seen[found.key] = place
        self._left.discard(found.key)
        self._refused.pop(found.key, None)
        self._changed.pop(found.key, None)
        self._until = max(place.at, self._until or place.at)

    def _whole(self, found: Object, path: Path) -> tuple[Place, Part]:
        self._fetch(found, 0, path)
        return Place(found.at, found.version), Part(path, self._storage.name(found.key))

    def _grown(self, found: Object, path: Path) -> tuple[Place, Part | None]:
        """What was written behind the place to which it was read."""
        place = self._seen.get(found.key)
        if place is None or not 0 < place.offset <= found.size:
            place = Place(found.at, found.version, 0)
        first = 0 if place.headed else place.offset - min(BEFORE, place.offset)
        end = min(found.size, place.offset + BYTES)
        self._fetch(found._replace(size=end), first, path)
        with path.open("rb") as file:
            if place.before != _before(file, place.offset - first):
                self._seen.pop(found.key)
                return self._grown(found, path)  # another one in its place
            start = file.read(1 << 16) if not place.offset else b""
            if start and is_whole(start):
                return self._whole(found, path)
            stop = first + _end(file, place.offset - first, rest=end == found.size and self._settled(found))
            lines = _lines(file, place.offset - first, stop - first)
            now = Place(
                found.at,
                found.version if end == found.size else "",
                stop,
                place.lines + lines,
                _before(file, stop - first),
                place.headed or start.startswith(b"#"),
            )
        if stop == place.offset:
            return now, None
        name = self._storage.name(found.key)
        return now, Part(path, name, place.offset - first, stop - first, place.lines)

    def _fetch(self, found: Object, start: int, path: Path) -> None:
        with path.open("wb") as file:
            self._storage.fetch(found, start, file)
        if path.stat().st_size != found.size - start:
            kind = ChangedError if found.grows else InputError
            raise kind(f"{self._storage.name(found.key)} ended before its end")
        at = found.at.timestamp()
        os.utime(path, (at, at))


def _together(found: Sequence[Object]) -> Iterator[list[Object]]:
    group: list[Object] = []
    size = 0
    for each in found:
        if group and (len(group) >= TOGETHER or size + each.size > BYTES):
            yield group
            group, size = [], 0
        group.append(each)
        size += each.size
    if group:
        yield group


def _before(file: IO[bytes], offset: int) -> str:
    """A digest of the bytes before a place; empty at the beginning."""
    length = min(BEFORE, offset)
    file.seek(offset - length)
    return blake2b(file.read(length), digest_size=8).hexdigest() if length else ""


def _end(file: IO[bytes], start: int, *, rest: bool) -> int:
    """Where the last whole line ends; with `rest` the last one is whole in any case."""
    size = file.seek(0, os.SEEK_END)
    first = max(start, size - LINE)
    file.seek(first)
    data = file.read()
    end = data.rfind(b"\n") + 1
    if rest or (not end and first > start) or _is_record(data[end:]):
        return size
    return first + end if end else start


def _is_record(data: bytes) -> bool:
    """A document to whose end nothing is missing."""
    return data[:1] == b"{" and cutting.line(1, data)[2] is None


def _lines(file: IO[bytes], start: int, end: int) -> int:
    file.seek(start)
    found, left = 0, end - start
    while left and (data := file.read(min(left, 1 << 20))):
        found, left = found + data.count(b"\n"), left - len(data)
    return found
