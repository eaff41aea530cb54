"""One immutable Parquet file per (scope, scan): resources, assessments and coverage as they were.

Rows are resources sorted by type and id, then assessments, then coverage rows; `kind` tells which. A
row group holds one kind. The file's own metadata says which rows are of which type.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Self

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from cloudward.errors import StoreError
from cloudward.model import Assessment, Coverage, LastKnown, Outcome, Resource, Scope, Severity, Status
from cloudward.store.encoding import (
    Stored,
    batches,
    cause_text,
    decode_json,
    encode_json,
    text_cause,
    unpack,
)
from cloudward.store.files import Files

ROWS = 4096
BYTES = 4 << 20
"""A row group of resources ends at this many rows or bytes of documents."""
BATCH = 16384
"""Rows of a row group of assessments."""

_TEXT, _TIME = pa.string(), pa.timestamp("us", tz="UTC")
COMMON = {"kind": _TEXT, "scan": _TEXT, "scope": _TEXT, "type": _TEXT, "region": _TEXT}
RESOURCE = {
    "id": _TEXT,
    "provider": _TEXT,
    "name": _TEXT,
    "tags": pa.map_(_TEXT, _TEXT),
    "unread": _TEXT,
    "file": _TEXT,
    "line": pa.int32(),
    "generation": _TEXT,
    "properties": _TEXT,
}
ASSESSMENT = {
    "policy": _TEXT,
    "resource": _TEXT,
    "status": _TEXT,
    "severity": _TEXT,
    "cause": _TEXT,
    "since": _TIME,
    "last_status": _TEXT,
    "last_at": _TIME,
    "snapshot": _TEXT,
    "document_hash": _TEXT,
    "policy_hash": _TEXT,
    "parameters": _TEXT,
    "engine": _TEXT,
    "evaluated_at": _TIME,
    "due": _TIME,
    "exemption": _TEXT,
    "key": _TEXT,
    "restarted": pa.bool_(),
}
COVERAGE = {"call": _TEXT, "outcome": _TEXT, "listing": pa.bool_(), "count": pa.int64(), "at": _TIME}
SCHEMA = pa.schema({**COMMON, **RESOURCE, **ASSESSMENT, **COVERAGE})
_REPEATED = [
    "kind", "scan", "scope", "type", "region", "provider", "policy", "status", "severity", "cause",
    "last_status", "snapshot", "document_hash", "policy_hash", "parameters", "engine", "key", "exemption",
    "call", "outcome",
]  # fmt: skip
VERSION = 1


class Contents(msgspec.Struct):
    """The file's metadata: what it is, and `types` as [type, first row, rows]."""

    version: int
    scope: Scope
    scan: str
    at: datetime
    types: list[tuple[str, int, int]] = []
    resources: int = 0
    assessments: int = 0
    coverage: int = 0


class Writer:
    """Writes a snapshot into a file of the caller, who gives it its name."""

    def __init__(self, file: IO[bytes], scope: Scope, scan: str, at: datetime) -> None:
        self.contents = Contents(VERSION, scope, scan, at)
        pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps tens of MiB for itself
        self._parquet = pq.ParquetWriter(
            file,
            SCHEMA,
            compression="zstd",
            compression_level=1,
            use_dictionary=_REPEATED,
            write_statistics=["kind", "type"],
        )

    def resources(self, types: Iterable[tuple[str, Iterator[Stored]]]) -> None:
        """Resources of each type in turn; their rows are in this order."""
        rows: list[tuple[str, Stored]] = []
        size = 0
        for type, items in types:
            first = self.contents.resources
            for stored in items:
                rows.append((type, stored))
                size += len(stored.properties)
                self.contents.resources += 1
                if len(rows) >= ROWS or size >= BYTES:
                    self._resources(rows)
                    rows, size = [], 0
            if self.contents.resources > first:
                self.contents.types.append((type, first, self.contents.resources - first))
        self._resources(rows)

    def assessments(self, items: Iterable[Assessment]) -> None:
        for batch in batches(items, BATCH):
            self.contents.assessments += len(batch)
            self._write("assessment", len(batch), _assessment_columns(batch))

    def coverage(self, items: Iterable[Coverage]) -> None:
        for batch in batches(items, BATCH):
            self.contents.coverage += len(batch)
            self._write("coverage", len(batch), _coverage_columns(batch))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        """End the file; one that is given up is only let go."""
        if kind is None:
            self._parquet.add_key_value_metadata({"cloudward": encode_json(self.contents).decode()})
            self._parquet.close()
        else:
            with suppress(Exception):
                self._parquet.close()

    def _resources(self, rows: list[tuple[str, Stored]]) -> None:
        if rows:
            self._write("resource", len(rows), _resource_columns(rows))

    def _write(self, kind: str, count: int, columns: Mapping[str, list[Any]]) -> None:
        constant = {"kind": kind, "scan": self.contents.scan, "scope": self.contents.scope.id}
        arrays = [
            pa.repeat(pa.scalar(constant[field.name], field.type), count)
            if field.name in constant
            else pa.array(columns[field.name], field.type)
            if field.name in columns
            else pa.nulls(count, field.type)
            for field in SCHEMA
        ]
        self._parquet.write_batch(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))


class Snapshot:
    """What a scope was at one scan. Files are opened when something is read."""

    def __init__(self, path: Path, files: Files) -> None:
        self.path, self._files = path, files
        with self._open() as parquet:
            metadata = parquet.schema_arrow.metadata or {}
            text = (parquet.metadata.metadata or metadata).get(b"cloudward")
        if text is None:
            raise StoreError(f"{path} is not a snapshot of cloudward")
        self.contents = msgspec.json.decode(text, type=Contents)
        self._rows = {type: (first, count) for type, first, count in self.contents.types}

    @property
    def scope(self) -> Scope:
        return self.contents.scope

    def types(self) -> list[str]:
        return list(self._rows)

    def resources(self, type: str | None = None) -> Iterator[Resource]:
        """Of one type, or of all in order of type; sorted by id."""
        first, count = (0, self.contents.resources) if type is None else self.place(type)
        for columns in self._range(first, first + count, _RESOURCE_READ):
            for name, stored in zip(columns["type"], _stored_rows(columns), strict=True):
                yield unpack(stored, name, self.scope.id)

    def stored(self, type: str) -> Iterator[Stored]:
        """The same, with documents still as text."""
        first, count = self.place(type)
        for columns in self._range(first, first + count, _RESOURCE_READ):
            yield from _stored_rows(columns)

    def find(self, type: str, id: str) -> Stored | None:
        """The resource of a type and id; costs the ids of the type, and a row group."""
        first, count = self.place(type)
        ids = [each for columns in self._range(first, first + count, ["id"]) for each in columns["id"]]
        found = bisect_left(ids, id)
        if found == len(ids) or ids[found] != id:
            return None
        row = first + found
        return next(_stored_rows(next(self._range(row, row + 1, _RESOURCE_READ))))

    def place(self, type: str) -> tuple[int, int]:
        """First row and number of rows of a type."""
        return self._rows.get(type, (0, 0))

    def columns(self, kind: str, names: Sequence[str]) -> Iterator[dict[str, list[Any]]]:
        """Columns of all rows of a kind, some rows at a time; moments are microseconds."""
        c = self.contents
        first, count = {
            "resource": (0, c.resources),
            "assessment": (c.resources, c.assessments),
            "coverage": (c.resources + c.assessments, c.coverage),
        }[kind]
        yield from self._range(first, first + count, list(names), micros=True)

    def row(self, row: int) -> Resource:
        """The resource at a position; costs its row group."""
        for columns in self._range(row, row + 1, _RESOURCE_READ):
            return unpack(next(_stored_rows(columns)), columns["type"][0], self.scope.id)
        raise StoreError(f"{self.path} is damaged: it has no row {row}")

    def digests(self, type: str) -> Iterator[tuple[str, int, str, str | None, str]]:
        """Id, row, document, unread and generation, without more of it being decoded."""
        first, count = self.place(type)
        row = first
        for columns in self._range(first, first + count, ["id", "properties", "unread", "generation"]):
            for id, properties, unread, generation in zip(*columns.values(), strict=True):
                yield id, row, properties, unread, generation
                row += 1

    def assessments(self) -> Iterator[Assessment]:
        first = self.contents.resources
        for columns in self._range(first, first + self.contents.assessments, _ASSESSMENT_READ):
            yield from _assessment_rows(columns, self.scope.id)

    def coverage(self) -> Iterator[Coverage]:
        first = self.contents.resources + self.contents.assessments
        for columns in self._range(first, first + self.contents.coverage, _COVERAGE_READ):
            yield from _coverage_rows(columns, self.scope.id)

    def _range(
        self, first: int, end: int, columns: list[str], micros: bool = False
    ) -> Iterator[dict[str, list[Any]]]:
        """The rows from `first` to before `end`, a row group at a time."""
        if first >= end:
            return
        with self._open() as parquet:
            start = 0
            for group in range(parquet.metadata.num_row_groups):
                count = parquet.metadata.row_group(group).num_rows
                low, high = max(first, start), min(end, start + count)
                if low < high:
                    with self._files.at("read", self.path.name):
                        table = parquet.read_row_group(group, columns=columns, use_threads=False)
                    part = table.slice(low - start, high - low).select(columns)
                    yield {name: _values(part.column(name), micros) for name in columns}
                start += count

    @contextmanager
    def _open(self) -> Iterator[pq.ParquetFile]:
        try:
            with self._files.open(self.path) as file, pq.ParquetFile(file) as parquet:
                yield parquet
        except pa.ArrowException as error:
            raise StoreError(f"{self.path} is damaged: {error}", "scan the scope again") from error
        except OSError as error:
            raise StoreError(f"cannot read {self.path}: {error}") from error


def _values(column: pa.ChunkedArray, micros: bool) -> list[Any]:
    if micros and pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values: list[Any] = column.to_pylist()
    return values


_RESOURCE_READ = [*RESOURCE, "type", "region"]
_ASSESSMENT_READ = [*ASSESSMENT, "type", "region"]
_COVERAGE_READ = [*COVERAGE, "type", "region", "cause"]


def _resource_columns(rows: list[tuple[str, Stored]]) -> dict[str, list[Any]]:
    stored = [item for _, item in rows]
    return {
        "type": [type for type, _ in rows],
        "region": [item.region for item in stored],
        "id": [item.id for item in stored],
        "provider": [item.provider for item in stored],
        "name": [item.name for item in stored],
        "tags": [list(item.tags.items()) for item in stored],
        "unread": [item.unread or None for item in stored],
        "file": [item.file for item in stored],
        "line": [item.line for item in stored],
        "generation": [item.generation for item in stored],
        "properties": [item.properties for item in stored],
    }


def _stored_rows(columns: Mapping[str, list[Any]]) -> Iterator[Stored]:
    names = ("id", "provider", "region", "name", "tags", "unread", "file", "line", "generation", "properties")
    for id, provider, region, name, tags, unread, file, line, generation, properties in zip(
        *(columns[column] for column in names), strict=True
    ):
        yield Stored(
            id, provider, region, name, dict(tags), (unread or "").encode(), file, line, generation,
            properties.encode(),
        )  # fmt: skip


def _assessment_columns(items: list[Assessment]) -> dict[str, list[Any]]:
    last = [item.last_known for item in items]
    return {
        "type": [item.type for item in items],
        "region": [item.region for item in items],
        "policy": [item.policy for item in items],
        "resource": [item.resource for item in items],
        "status": [item.status.value for item in items],
        "severity": [item.severity.value for item in items],
        "cause": [cause_text(item.cause) for item in items],
        "since": [item.since for item in items],
        "last_status": [known and known.status.value for known in last],
        "last_at": [known and known.at for known in last],
        "snapshot": [item.snapshot for item in items],
        "document_hash": [item.document_hash for item in items],
        "policy_hash": [item.policy_hash for item in items],
        "parameters": _texts([item.parameters for item in items]),
        "engine": [item.engine for item in items],
        "evaluated_at": [item.evaluated_at for item in items],
        "due": [item.due for item in items],
        "exemption": [item.exemption for item in items],
        "key": [item.key for item in items],
        "restarted": [item.restarted for item in items],
    }


def _assessment_rows(columns: Mapping[str, list[Any]], scope: str) -> Iterator[Assessment]:
    names = list(columns)
    parameters = {text: decode_json(text) for text in set(columns["parameters"])}
    for values in zip(*columns.values(), strict=True):
        row = dict(zip(names, values, strict=True))
        status, at = row.pop("last_status"), row.pop("last_at")
        row["status"], row["severity"] = Status(row["status"]), Severity(row["severity"])
        row["cause"] = text_cause(row["cause"])
        row["parameters"] = parameters[row["parameters"]]
        yield Assessment(scope=scope, last_known=status and LastKnown(Status(status), at), **row)


def _coverage_columns(items: list[Coverage]) -> dict[str, list[Any]]:
    return {
        "type": [item.type for item in items],
        "region": [item.region for item in items],
        "call": [item.call for item in items],
        "outcome": [item.outcome.value for item in items],
        "listing": [item.listing for item in items],
        "count": [item.count for item in items],
        "at": [item.at for item in items],
        "cause": [cause_text(item.cause) for item in items],
    }


def _coverage_rows(columns: Mapping[str, list[Any]], scope: str) -> Iterator[Coverage]:
    names = list(columns)
    for values in zip(*columns.values(), strict=True):
        row = dict(zip(names, values, strict=True))
        row["outcome"], row["cause"] = Outcome(row["outcome"]), text_cause(row["cause"])
        yield Coverage(scope=scope, **row)


def _texts(parameters: list[Mapping[str, Any]]) -> list[str]:
    """As JSON; the many assessments of a policy share one mapping."""
    known: dict[int, str] = {}
    for mapping in parameters:
        if id(mapping) not in known:
            known[id(mapping)] = encode_json(mapping).decode()
    return [known[id(mapping)] for mapping in parameters]
