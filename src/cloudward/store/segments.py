"""The staging file of a unit: sorted runs per scope and type, appended as memory fills.

A unit may give the resources of 500 scopes interleaved. They are kept in memory until the budget is
used, then each (scope, type) is sorted by id and appended as a run of compressed blocks; the end of
the file says where the runs are. A reader merges the runs of all units, so that the resources of a
type come sorted by id, once each, with a block of each run in memory.
"""

from __future__ import annotations

import heapq
import struct
import threading
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import IO

import msgspec
import pyarrow as pa

from cloudward.errors import InputError, StoreError
from cloudward.model import Coverage, Provider, Resource, Scope
from cloudward.store.encoding import Stored, pack
from cloudward.store.files import Files

MAGIC = b"cloudward unit 1"
BLOCK = 128 << 10
"""Bytes of records in one compressed block."""
BUDGET = 64 << 20
"""Bytes of records that all units of a scan together keep in memory."""
COVERAGE = ""
"""Stands for the type in the parts that hold coverage rows."""

Part = tuple[str, str]


class Entry(msgspec.Struct, array_like=True):
    """A (scope, type) of a file. A run is four integers a block: offset, length, size unpacked, records."""

    scope: str
    type: str
    runs: list[bytes]


class Budget:
    """What the units of a scan keep in memory together."""

    def __init__(self, limit: int = BUDGET) -> None:
        self._limit, self._used, self._lock = limit, 0, threading.Lock()

    def take(self, amount: int) -> bool:
        """Count more; False when it is time to write."""
        with self._lock:
            self._used += amount
            return self._used <= self._limit

    def give(self, amount: int) -> None:
        with self._lock:
            self._used -= amount


KINDS = {
    Provider.AWS: "account",
    Provider.AZURE: "subscription",
    Provider.GCP: "project",
    Provider.KUBERNETES: "cluster",
}


def _found(id: str, provider: Provider) -> Scope:
    """A scope of which only resources tell, as in a file."""
    return Scope(id, provider, KINDS[provider], id)


class Writer:
    """Takes what a unit gives: resources, coverage rows, and scopes that it finds."""

    def __init__(
        self, file: IO[bytes], budget: Budget, provider: Provider, known: Mapping[str, Scope]
    ) -> None:
        self._file, self._budget, self._provider = file, budget, provider
        self._scopes = dict(known)
        self._buffers: dict[Part, list[tuple[str, bytes]]] = {}
        self._held = 0
        self._runs: dict[Part, list[bytes]] = {}
        self._seen: set[str] = set()
        self._codec = pa.Codec("lz4_raw")
        self._offset = file.write(MAGIC)
        self.resources = 0

    def add(self, item: Resource | Coverage | Scope) -> None:
        """Keep one more. A scope is known by its first resource or coverage row, or by itself."""
        if isinstance(item, Resource):
            record = pack(item)
            self._scope(item.scope, item.provider)
            self._keep((item.scope, item.type), item.id, record)
            self.resources += 1
        elif isinstance(item, Coverage):
            self._scope(item.scope, None)
            self._keep((item.scope, COVERAGE), "", _encode(item))
        else:
            self._scopes[item.id] = item
            self._seen.add(item.id)

    def finish(self) -> None:
        """Write what is left and where everything is."""
        self._flush()
        parts = [Entry(scope, type, runs) for (scope, type), runs in sorted(self._runs.items())]
        index = _encode(parts)
        self._file.write(index + struct.pack(">Q", len(index)) + MAGIC)

    @property
    def scopes(self) -> list[Scope]:
        """Those that the unit gave something of."""
        return [self._scopes[id] for id in sorted(self._seen)]

    def release(self) -> None:
        """Give back the memory of a unit that is given up."""
        self._buffers.clear()
        self._budget.give(self._held)
        self._held = 0

    def _scope(self, id: str, provider: Provider | None) -> None:
        if id in self._seen:
            return
        known = self._scopes.setdefault(id, _found(id, provider or self._provider))
        if provider is not None and known.provider is not provider:
            raise InputError(f"scope {id!r} is known as {known.provider.value}, not {provider.value}")
        self._seen.add(id)

    def _keep(self, part: Part, key: str, record: bytes) -> None:
        self._buffers.setdefault(part, []).append((key, record))
        amount = len(record) + 150
        self._held += amount
        if not self._budget.take(amount):
            self._flush()

    def _flush(self) -> None:
        for part, records in self._buffers.items():
            records.sort(key=_key)
            self._runs.setdefault(part, []).append(self._run([record for _, record in records]))
        self.release()

    def _run(self, records: list[bytes]) -> bytes:
        places = array("Q")
        block: list[bytes] = []
        size = 0
        for record in records:
            block.append(record)
            size += len(record)
            if size >= BLOCK:
                self._block(block, places)
                block, size = [], 0
        if block:
            self._block(block, places)
        return places.tobytes()

    def _block(self, records: list[bytes], places: array[int]) -> None:
        data = b"".join([b"\xdd", struct.pack(">I", len(records)), *records])
        packed = self._codec.compress(data, asbytes=True)
        self._file.write(packed)
        places.extend((self._offset, len(packed), len(data), len(records)))
        self._offset += len(packed)


class Segment:
    """A finished staging file."""

    def __init__(self, path: Path, files: Files) -> None:
        self._path, self._files = path, files
        size = files.size(path)
        with files.open(path) as file:
            tail = len(MAGIC) + 8
            end = files.read(file, max(0, size - tail), tail)
            length = struct.unpack(">Q", end[:8])[0]
            if end[8:] != MAGIC or length > size:
                raise StoreError(f"{path} is damaged", "start a new scan")
            index = _decode_index(files.read(file, size - tail - length, length))
        self._parts: dict[str, dict[str, list[bytes]]] = {}
        for entry in index:
            self._parts.setdefault(entry.scope, {})[entry.type] = entry.runs

    def parts(self, scope: str) -> Iterable[str]:
        """Types of which the unit gave resources of a scope, and `COVERAGE`."""
        return self._parts.get(scope, ())

    def count(self, part: Part) -> int:
        return sum(sum(_places(run)[3::4]) for run in self._runs(part))

    def runs(self, part: Part) -> Iterator[Iterator[Stored]]:
        """Each run of a part, sorted by id."""
        for run in self._runs(part):
            yield (stored for data in self._blocks(run) for stored in _decode_stored(data))

    def coverage(self, scope: str) -> Iterator[Coverage]:
        for run in self._runs((scope, COVERAGE)):
            for data in self._blocks(run):
                yield from _decode_coverage(data)

    def _runs(self, part: Part) -> list[bytes]:
        return self._parts.get(part[0], {}).get(part[1], [])

    def _blocks(self, run: bytes) -> Iterator[bytes]:
        """The file is open only while a block is read: a type may lie in thousands of them."""
        codec = pa.Codec("lz4_raw")
        places = _places(run)
        for start in range(0, len(places), 4):
            offset, length, size, _ = places[start : start + 4]
            with self._files.open(self._path) as file:
                packed = self._files.read(file, offset, length)
            yield codec.decompress(packed, size, asbytes=True)


def merged(segments: Iterable[Segment], part: Part, repeated: Counter[str] | None = None) -> Iterator[Stored]:
    """The resources of a (scope, type) sorted by id; of several with one id the first that was read.

    `segments` are those that hold some; `repeated` counts by type what was left out though its document is
    another.
    """
    runs = [run for segment in segments for run in segment.runs(part)]
    last: Stored | None = None
    for stored in heapq.merge(*runs, key=_id) if len(runs) > 1 else chain(*runs):
        if last is None or stored.id != last.id:
            last = stored
            yield stored
        elif repeated is not None and stored.properties != last.properties:
            repeated[part[1]] += 1


def _places(run: bytes) -> array[int]:
    places = array("Q")
    places.frombytes(run)
    return places


def _key(record: tuple[str, bytes]) -> str:
    return record[0]


_id = attrgetter("id")
_encode = msgspec.msgpack.Encoder().encode
_decode_index = msgspec.msgpack.Decoder(list[Entry]).decode
_decode_stored = msgspec.msgpack.Decoder(list[Stored]).decode
_decode_coverage = msgspec.msgpack.Decoder(list[Coverage]).decode
