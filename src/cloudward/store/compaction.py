"""Many small files of events become few: those of an hour that is over, and what lies beside.

What is merged is written and durable before what it was made of goes, so at any moment every event lies in
some file; one that lies in two is given once. Whoever works on a file that goes meanwhile looks again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from cloudward.errors import StoreError
from cloudward.store.encoding import micros
from cloudward.store.events import ASIDE, FOLDER, HOUR, gone, published
from cloudward.store.files import Files

GRACE = 2 * HOUR
"""So long after its end an hour is over."""
ROWS, BYTES = 200_000, 128 << 20
"""A merged file has so many events at most, and so many bytes unpacked: so much is in memory."""
STALE = 3600.0
"""Seconds after which a file that was not finished belongs to a process that is gone."""


@dataclass
class Merged:
    """What merging changed: files and their bytes, before and after."""

    files: int = 0
    bytes: int = 0
    files_after: int = 0
    bytes_after: int = 0

    def add(self, other: Merged) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def __bool__(self) -> bool:
        return bool(self.files)


class _Small(NamedTuple):
    """A file that can be merged."""

    path: Path
    size: int
    rows: int
    bytes: int
    """Unpacked."""
    written: float
    """When what is in it came, in seconds since 1970."""

    @property
    def day(self) -> int:
        return int(self.written // 86400)


def compact(
    folder: Path, files: Files, now: datetime | None = None, check: Callable[[], None] = lambda: None
) -> Merged:
    """Merge the events of a store; `check` is called in between and may raise."""
    done, events = Merged(), folder / FOLDER
    closed = micros(now or datetime.now(UTC)) - GRACE
    for source in files.names(events):
        for place in files.names(events / source):
            if place in ASIDE or ended(place) <= closed:
                for group in _groups(events / source / place, files):
                    check()
                    done.add(_merge(group, files))
    return done


def ended(place: str) -> int:
    """When an hour ends."""
    return micros(datetime.strptime(place, "%Y%m%dT%H").replace(tzinfo=UTC)) + HOUR


def _groups(folder: Path, files: Files) -> Iterator[list[_Small]]:
    """Files that become one. Those that are half full already stay as they are, and what came on one day
    stays apart from what came on another: a file goes as a whole when it is old."""
    small = sorted(_small(folder, files), key=lambda each: each.day)
    for _, same in groupby(small, key=lambda each: each.day):
        yield from _packed(same)


def _packed(small: Iterable[_Small]) -> Iterator[list[_Small]]:
    group: list[_Small] = []
    rows = size = 0
    for each in small:
        if group and (rows + each.rows > ROWS or size + each.bytes > BYTES):
            yield group
            group, rows, size = [], 0, 0
        group.append(each)
        rows, size = rows + each.rows, size + each.bytes
    if len(group) > 1:
        yield group


def _small(folder: Path, files: Files) -> Iterator[_Small]:
    import pyarrow.parquet as pq

    for name in files.names(folder):
        path = folder / name
        if not name.endswith(".parquet"):
            _forget(path, files)
            continue
        try:
            with files.open(path) as file:
                about, size, written = (
                    pq.ParquetFile(file).metadata,
                    files.size(path),
                    files.written_at(path),
                )
        except StoreError as error:
            if not gone(error):
                raise
            continue
        bytes = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
        if about.num_rows < ROWS // 2 and bytes < BYTES // 2:
            yield _Small(path, size, about.num_rows, bytes, written)


def _forget(path: Path, files: Files) -> None:
    """Remove what a process that is gone did not finish."""
    try:
        old = time.time() - path.stat().st_mtime > STALE
    except FileNotFoundError:
        return
    if old:
        files.remove(path)


def _merge(group: Sequence[_Small], files: Files) -> Merged:
    try:
        table = _once([_table(each.path, files) for each in group])
        written = max(each.written for each in group)
        path = published(table, group[0].path.parent, files, written)
        size = files.size(path)
    except StoreError as error:
        if gone(error):
            return Merged()  # another process merges them
        raise
    for each in group:
        if each.path != path:
            files.remove(each.path)
    return Merged(len(group), sum(each.size for each in group), 1, size)


def _table(path: Path, files: Files) -> Any:
    import pyarrow.parquet as pq

    with files.open(path) as file:
        return pq.read_table(file)


def _once(tables: Sequence[Any]) -> Any:
    """All events in order of time, each id once."""
    import pyarrow as pa

    table = pa.concat_tables(tables).sort_by([("at", "ascending"), ("id", "ascending")])
    seen: set[str] = set()
    kept = [
        place
        for place, id in enumerate(table.column("id").to_pylist())
        if id not in seen and not seen.add(id)  # type: ignore[func-returns-value]
    ]
    return table if len(kept) == len(table) else table.take(kept)
