"""A store in one file, and back: the state database table by table, the snapshots, events and keys if wanted.

The archive is a tar. Its last member is a manifest with the hash of every other; nothing is put in its
place before all of them were found right. Tables are lines of JSON, whatever the database, so a backup of
SQLite can be restored into PostgreSQL.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from sqlalchemy import BigInteger, Boolean, Column, Connection, LargeBinary, Table, column, func, select
from sqlalchemy import table as named

import cloudward
from cloudward.errors import HeldError, InputError, StoreError, UsageError
from cloudward.store import batches, encoding, expiry, place
from cloudward.store import tables as t
from cloudward.store.database import HEAD, Database
from cloudward.store.encoding import decode_json, micros, moment
from cloudward.store.events import FOLDER as EVENTS
from cloudward.store.events import TRIES, gone
from cloudward.store.files import Files, failure
from cloudward.store.scans import ABANDONED, BACKUP, RUNNING
from cloudward.store.store import Store

FORMAT = 1
MANIFEST = "manifest.json"
KEYS = ("key", "keys")
"""What values were sealed with, and what secrets are encrypted with."""
MEMBER = re.compile(
    r"manifest\.json|keys?|tables/[a-z_]{1,60}\.jsonl\.gz"
    r"|history/[a-z0-9][a-z0-9._~-]{0,120}/[0-9]{8}-[0-9]{6}-[0-9a-f]{6}\.parquet"
    r"|events/[a-z][a-z0-9-]{0,60}/([0-9]{8}T[0-9]{2}|unparsed|rejected)/[0-9a-f]{24}\.parquet"
)
"""All that an archive may hold: nothing of it can point out of the folder."""
ROWS = 5_000
LARGEST = 1 << 28
"""Bytes of a manifest, of a line."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is in a backup."""

    created: datetime
    version: str
    """Of cloudward."""
    revision: str
    """Of the state database."""
    snapshots: int
    rows: int
    bytes: int
    keys: bool
    events: int | None = None
    """Files of events; None: they are not in it."""


def backup(store: Store, file: Path, *, keys: bool = False, events: bool = False) -> Told:
    """Write a backup of a store that may be in use: all of it as it was at one moment, with `events` also
    every event that was kept then.

    The file is for its owner alone, and is there only when it is whole. Without `keys` nobody can read the
    secrets that are in it; they are needed to restore those.
    """
    aside = file.with_name(f".{file.name}.tmp")
    if file.exists():
        raise UsageError(f"{file} is there already", "name another file, or remove it")
    lock = store.files.lock(store.folder / BACKUP)
    if lock is None:
        raise HeldError("another backup of this store is running")
    with lock:
        try:
            with failure("write", file):
                descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
                with os.fdopen(descriptor, "wb") as out:
                    told = _write(store, out, keys, events)
                    out.flush()
                    os.fsync(out.fileno())
                aside.replace(file)
        finally:
            aside.unlink(missing_ok=True)
    return told


def _write(store: Store, out: BinaryIO, keys: bool, events: bool) -> Told:
    found: dict[str, dict[str, Any]] = {}
    rows = 0
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        with store.database.read() as connection, tempfile.TemporaryFile(dir=store.folder) as scratch:
            for table in t.metadata.sorted_tables:
                scratch.seek(0)
                scratch.truncate()
                rows += _dump(connection, table, scratch)
                scratch.seek(0)
                _add(archive, f"tables/{table.name}.jsonl.gz", scratch, found)
            paths = connection.scalars(select(t.manifest.c.path)).all()
        for path in sorted(paths):
            with store.files.open(store.folder / path) as file:
                _add(archive, path, file, found)
        if events:
            _add_events(archive, store, found)
        for name in KEYS if keys else ():
            if store.files.exists(store.folder / name):
                with store.files.open(store.folder / name) as file:
                    _add(archive, name, file, found)
        now = datetime.now(UTC)
        manifest = {
            "format": FORMAT,
            "created": now.isoformat(),
            "version": cloudward.__version__,
            "revision": HEAD,
            "rows": rows,
            "keys": keys,
            "events": events,
            "files": found,
        }
        text = json.dumps(manifest).encode()
        _add(archive, MANIFEST, io.BytesIO(text), {})
    return _told(manifest)


def _add_events(archive: tarfile.TarFile, store: Store, found: dict[str, dict[str, Any]]) -> None:
    """Files of events. One that was merged meanwhile lies in another one of its hour, which is added then; an
    event that is in two files is given once."""
    for source in store.files.names(store.folder / EVENTS):
        for hour in store.files.names(store.folder / EVENTS / source):
            for left in reversed(range(TRIES)):
                try:
                    _add_hour(archive, store, f"{EVENTS}/{source}/{hour}", found)
                except StoreError as error:
                    if not left or not gone(error):
                        raise
                else:
                    break


def _add_hour(archive: tarfile.TarFile, store: Store, hour: str, found: dict[str, dict[str, Any]]) -> None:
    for each in store.files.names(store.folder / hour):
        name = f"{hour}/{each}"
        if name not in found and MEMBER.fullmatch(name):
            with store.files.open(store.folder / name) as file:
                _add(archive, name, file, found, os.fstat(file.fileno()).st_mtime)


def _add(
    archive: tarfile.TarFile,
    name: str,
    file: IO[bytes],
    found: dict[str, dict[str, Any]],
    written: float = 0.0,
) -> None:
    """A member, and its hash."""
    info = tarfile.TarInfo(name)
    info.mtime = int(written)
    info.size, info.mode = file.seek(0, io.SEEK_END), 0o600
    file.seek(0)
    reader = _Hashing(file)
    archive.addfile(info, cast("IO[bytes]", reader))
    found[name] = {"sha256": reader.hash.hexdigest(), "bytes": info.size}


class _Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.hash = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.hash.update(data)
        return data


def _dump(connection: Connection, table: Table, out: IO[bytes]) -> int:
    """A table as lines: its columns, and then each row."""
    columns = list(table.columns)
    count = 0
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=3, mtime=0) as file:
        head = {each.name: _kind(each) for each in columns}
        file.write(json.dumps(head).encode() + b"\n")
        order = [*table.primary_key]
        query = select(*columns).order_by(*order).execution_options(yield_per=ROWS)
        for row in connection.execute(query):
            values = [base64.b64encode(v).decode() if isinstance(v, bytes) else v for v in row]
            file.write(json.dumps(values).encode() + b"\n")
            count += 1
    return count


def _kind(each: Column[Any]) -> str:
    if isinstance(each.type, LargeBinary):
        return "bytes"
    return "boolean" if isinstance(each.type, Boolean) else "value"


def restore(file: Path, folder: Path, url: str | None = None) -> Told:
    """Make a store of a backup. The folder must be new, and a database that `url` names empty.

    A broken archive is refused before anything is in its place.
    """
    folder = folder.expanduser().absolute()
    url = url or place.url(folder)
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", "restore into a new folder: --store FOLDER")
    files = Files()
    files.folder(folder.parent)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        manifest = _extracted(file, aside)
        for below in ("history", "staging"):
            files.folder(aside / below)
        told = _told(manifest)
        inside = url == f"sqlite:///{folder / 'state.sqlite'}"
        _load(aside, f"sqlite:///{aside / 'state.sqlite'}" if inside else url, told, files)
        shutil.rmtree(aside / "tables")
        (aside / MANIFEST).unlink()
        if folder.exists():
            folder.rmdir()
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return told


def read(file: Path) -> Told:
    """What is in a backup; a broken one is refused. Nothing is kept of it."""
    with tempfile.TemporaryDirectory() as aside:
        return _told(_extracted(file, Path(aside)))


def _extracted(file: Path, aside: Path) -> dict[str, Any]:
    """The members of an archive, each checked by name, kind and hash; gives the manifest."""
    found: dict[str, dict[str, Any]] = {}
    try:
        with tarfile.open(file, "r:") as archive:
            for member in archive:
                if not member.isreg() or not MEMBER.fullmatch(member.name) or member.name in found:
                    raise InputError(f"{file} is no backup: it holds {member.name[:100]!r}")
                source = archive.extractfile(member)
                assert source is not None
                found[member.name] = _kept(source, aside / member.name, member.mtime)
        return _agreed(file, aside, found)
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} is damaged, or no backup: {error}") from error
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error


def _kept(source: IO[bytes], path: Path, written: float) -> dict[str, Any]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    reader = _Hashing(source)
    size = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        while data := reader.read(1 << 20):
            size += out.write(data)
        out.flush()
        if written > 0:  # retention goes by it
            os.utime(out.fileno(), (written, written))
        os.fsync(out.fileno())
    return {"sha256": reader.hash.hexdigest(), "bytes": size}


def _agreed(file: Path, aside: Path, found: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The manifest, when what was found is exactly what it names."""
    if MANIFEST not in found or found[MANIFEST]["bytes"] > LARGEST:
        raise InputError(f"{file} is damaged: it has no manifest at its end, so it is not whole")
    manifest: dict[str, Any] = json.loads((aside / MANIFEST).read_bytes())
    if manifest["format"] != FORMAT:
        raise InputError(f"{file} was written by another version of cloudward", "update cloudward")
    named_files = manifest["files"]
    for name in sorted({*named_files, *found} - {MANIFEST}):
        if found.get(name) != named_files.get(name):
            state = "is missing" if name not in found else "is not what was written"
            raise InputError(f"{file} is damaged: {name} {state}")
    return manifest


def _told(manifest: Mapping[str, Any]) -> Told:
    files = manifest["files"]
    events = sum(name.startswith(f"{EVENTS}/") for name in files) if manifest.get("events") else None
    return Told(
        datetime.fromisoformat(manifest["created"]),
        str(manifest["version"]),
        str(manifest["revision"]),
        sum(name.startswith("history/") for name in files),
        int(manifest["rows"]),
        sum(each["bytes"] for each in files.values()),
        bool(manifest["keys"]),
        events,
    )


def _load(aside: Path, url: str, told: Told, files: Files) -> None:
    """The tables, as they were at their revision, brought to what this version needs: all or nothing."""
    from cloudward.store import migrations

    if url.startswith("sqlite"):
        files.touch(Path(url.removeprefix("sqlite:///")))
    database = Database(url, files)
    try:
        with database.write() as connection:
            if connection.dialect.has_table(connection, "alembic_version"):
                raise UsageError("the database is not empty", "name one that has no tables")
            migrations.upgrade(connection, told.revision)
            for path in _in_order(aside / "tables"):
                _fill(connection, path)
            _counted(connection)
            migrations.upgrade(connection)
            _settle(connection, told)
    finally:
        database.close()


def _in_order(folder: Path) -> list[Path]:
    """What others refer to first; what is not known any more at the end."""
    known = [table.name for table in t.metadata.sorted_tables]
    rank = {f"{name}.jsonl.gz": n for n, name in enumerate(known)}
    return sorted(folder.iterdir(), key=lambda path: (rank.get(path.name, len(rank)), path.name))


def _fill(connection: Connection, path: Path) -> None:
    with gzip.open(path, "rb") as file:
        head: dict[str, str] = json.loads(file.readline(LARGEST))
        names = list(head)
        target = named(path.name.partition(".")[0], *(column(name) for name in names))
        connection.execute(target.delete())  # a migration may have begun it
        for lines in encoding.batches(iter(lambda: file.readline(LARGEST), b""), ROWS):
            rows = [dict(zip(names, _values(line, head), strict=True)) for line in lines]
            connection.execute(target.insert(), rows)


def _values(line: bytes, head: Mapping[str, str]) -> Iterator[Any]:
    for value, kind in zip(json.loads(line), head.values(), strict=True):
        if value is None or kind == "value":
            yield value
        else:
            yield base64.b64decode(value) if kind == "bytes" else bool(value)


def _counted(connection: Connection) -> None:
    """On PostgreSQL the counters of keys go on behind what was filled in; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in t.metadata.sorted_tables:
        for each in table.primary_key:
            if isinstance(each.type, BigInteger):
                counter = func.pg_get_serial_sequence(table.name, each.name)
                if connection.scalar(select(counter)) is not None:
                    highest = select(func.coalesce(func.max(each), 0) + 1).scalar_subquery()
                    connection.execute(select(func.setval(counter, highest, False)))


def _settle(connection: Connection, told: Told) -> None:
    """What was under way when the backup was made began on files that are not in it, and what follows logs
    goes on without one; events that are not in it are gone."""
    c = t.scans.c
    running = select(c.id).where(c.state == RUNNING)
    for table in (t.units, t.unit_scopes):
        connection.execute(table.delete().where(table.c.scan.in_(running)))
    now = micros(datetime.now(UTC))
    connection.execute(
        t.scans.update().where(c.state == RUNNING).values(state=ABANDONED, ended=now, units=0, done=0)
    )
    connection.execute(t.trash.delete())
    connection.execute(t.workers.delete())
    for row in connection.execute(select(t.checkpoints)).all():
        document = decode_json(row.document)
        if document.get("state"):
            batches.reached(connection, row.id, {**document, "state": ""}, moment(row.at))
    if told.events is None:
        sources = {each.source: told.created for each in batches.heard(connection)}
        expiry.mark(connection, sources, told.created)
