"""Events as they were read: one immutable file for a source and an hour of what was read together.

The name of a file is a hash of the ids in it, so that reading the same files again writes nothing new; an
event that lies in two files is given once. What could not be read lies beside, without an hour. Files of an
hour that is over are merged (`compaction`), and go when they are old (`expiry`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Any, NamedTuple, Self

from cloudward.errors import StoreError, UsageError, near
from cloudward.store.encoding import micros, moment
from cloudward.store.files import Files

FOLDER = "events"
UNPARSED = "unparsed"
REJECTED = "rejected"
"""Where events lie that who sent them may not send."""
ASIDE = (UNPARSED, REJECTED)
NOBODY = "unknown"
"""The source of what no source knows."""
ROWS = 20_000
"""A file is written when so many events of an hour are gathered."""
HELD = 200_000
"""Events in memory; beyond, everything is written."""
REPEATED = ["file", "problem"]
"""Columns whose values come again and again."""
TRIES = 20
"""So often the files of an hour are listed anew when some were merged while they were read."""
HOUR = 3_600_000_000
"""Microseconds."""


class Stored(NamedTuple):
    """An event as it is kept. `problem` is empty, or why it could not be read; `document` is JSON."""

    at: int
    """Microseconds since 1970 UTC."""
    id: str
    file: str
    line: int
    document: bytes
    problem: str = ""
    scope: str = ""
    """Of what it is, where the document does not say so."""

    @property
    def when(self) -> datetime:
        return moment(self.at)

    @property
    def value(self) -> Any:
        return json.loads(self.document)


def _hour(number: int) -> str:
    return moment(number * HOUR).strftime("%Y%m%dT%H")


def _path(folder: Path, ids: Iterable[str]) -> Path:
    return folder / (blake2b("\0".join(ids).encode(), digest_size=12).hexdigest() + ".parquet")


def published(table: Any, folder: Path, files: Files, written: float | None = None) -> Path:
    """Write events that are in order as a file of a folder; it is on disk when this returns.

    `written` is when they came, in seconds since 1970; by default it is now.
    """
    import pyarrow.parquet as pq

    path = _path(folder, table.column("id").to_pylist())
    aside = path.with_suffix(f".{token_hex(4)}.tmp")
    file = files.create(aside)
    pq.write_table(table, file, compression="zstd", use_dictionary=REPEATED, write_statistics=["at"])
    if written is not None:
        file.flush()
        os.utime(file.fileno(), (written, written))
    files.publish(file, aside, path)
    return path


def gone(error: StoreError) -> bool:
    """Whether a file, or its folder, is not there because somebody merged or removed it meanwhile."""
    return isinstance(error.__cause__, FileNotFoundError)


class Writer:
    """Gathers events and writes them in files; use it in a `with`."""

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder, self._files = folder, files
        self._held: dict[tuple[str, int | str], list[Stored]] = {}
        """Source and number of the hour since 1970, or where what has a problem lies."""
        self._count = 0

    def add(self, source: str, events: Iterable[Stored], aside: str = UNPARSED) -> None:
        """Keep events; they are on disk when the writer is left. Those with a problem lie `aside`."""
        source = source or NOBODY
        for event in events:
            place = aside if event.problem else event.at // HOUR
            rows = self._held.get((source, place))
            if rows is None:
                rows = self._held[source, place] = []
            rows.append(event)
            self._count += 1
            if len(rows) >= ROWS:
                self._count -= len(rows)
                self._write(source, place, self._held.pop((source, place)))
            elif self._count >= HELD:
                self.flush()

    def flush(self) -> None:
        held, self._held, self._count = self._held, {}, 0
        for (source, place), rows in held.items():
            self._write(source, place, rows)

    def _write(self, source: str, place: int | str, rows: list[Stored]) -> None:
        import pyarrow as pa

        rows.sort()
        folder = self._folder / source / (place if isinstance(place, str) else _hour(place))
        if self._files.exists(_path(folder, (row.id for row in rows))):
            return
        columns = list(zip(*rows, strict=True))
        text = pa.string()
        types = (pa.int64(), text, text, pa.int64(), pa.binary(), text, text)
        arrays = [pa.array(column, type) for column, type in zip(columns, types, strict=True)]
        table = pa.table(arrays, names=list(Stored._fields))
        for left in reversed(range(TRIES)):
            try:
                self._files.folder(folder)
                published(table, folder, self._files)
            except StoreError as error:
                if not left or not gone(error):  # a folder that is empty may go
                    raise
            else:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()


class Events:
    """The events of a store."""

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder, self._files = folder / FOLDER, files

    def writer(self) -> Writer:
        return Writer(self._folder, self._files)

    def sources(self) -> list[str]:
        """Those of which something is kept."""
        if not self._files.exists(self._folder):
            return []
        return sorted(self._files.names(self._folder))

    def read(
        self,
        source: str,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        aside: str = "",
    ) -> Iterator[Stored]:
        """The events of a source in order of time, or what of it lies `aside` (one of `ASIDE`)."""
        if source not in self.sources():
            raise UsageError(
                f"there are no events of {source!r}{near(source, self.sources())}",
                ", ".join(self.sources()) or "cloudward detect PATH keeps some",
            )
        for hour in self._hours(source, since, until, aside):
            seen: set[str] = set()
            for row in self._rows(self._folder / source / hour):
                inside = bool(aside) or (
                    (since is None or row.at >= micros(since)) and (until is None or row.at < micros(until))
                )
                if inside and row.id not in seen:
                    seen.add(row.id)
                    yield row

    def _hours(self, source: str, since: datetime | None, until: datetime | None, aside: str) -> list[str]:
        names = sorted(self._files.names(self._folder / source))
        if aside:
            return [name for name in names if name == aside]
        first = since.strftime("%Y%m%dT%H") if since else ""
        last = until.strftime("%Y%m%dT%H") if until else "9"
        return [name for name in names if name not in ASIDE and first <= name <= last]

    def _rows(self, folder: Path) -> list[Stored]:
        for _ in range(TRIES):
            try:
                return self._listed(folder)
            except StoreError as error:
                if not gone(error):
                    raise
        return self._listed(folder)

    def _listed(self, folder: Path) -> list[Stored]:
        import pyarrow.parquet as pq

        rows: list[Stored] = []
        for name in sorted(self._files.names(folder)):
            if name.endswith(".parquet"):
                with self._files.open(folder / name) as file:
                    columns = pq.read_table(file).to_pydict()
                rows.extend(Stored(*row) for row in zip(*columns.values(), strict=True))
        rows.sort(key=lambda row: (row.at, row.id))
        return rows
