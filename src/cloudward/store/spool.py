"""Batches of events on disk, as they came, until they are evaluated.

A folder for each token, with what it is bound to; a file for each batch: its name is the batch's key, so that
one that comes again is the same file. What is being written has a dot in its name.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import NamedTuple

from cloudward.store.encoding import decode_json, encode_json
from cloudward.store.files import Files, failure
from cloudward.store.tokens import Token

FOLDER = "spool"
BOUND = "token"
STALE = 3600
"""Seconds after which a file that was not finished belongs to a process that is gone."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that waits."""

    token: str
    key: str
    path: Path
    size: int
    """Bytes, packed as it came."""
    at: int
    """Nanoseconds since 1970 at which it was on disk."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits."""

    batches: int = 0
    bytes: int = 0
    oldest: int = 0
    """Nanoseconds since 1970; 0 when nothing waits."""


def key(token: str, word: str, data: bytes) -> str:
    """By which a batch is known: the word of who sends it, or what it holds."""
    made = blake2b(f"{token}\0{'word' if word else 'data'}\0{word}\0".encode(), digest_size=16)
    if not word:
        made.update(data)
    return made.hexdigest()


def digest(data: bytes) -> str:
    """Of what a batch holds."""
    return blake2b(data, digest_size=16).hexdigest()


class Bound(NamedTuple):
    """What a token brings: it stands beside its batches, since the token may be gone before they are read."""

    source: str
    scope: str
    account: str


class Spool:
    """The batches of a store that wait."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.folder, self._files = folder / FOLDER, files
        self._lock = Lock()
        self._looked, self._found = 0.0, Backlog()
        self._bound: set[str] = set()

    def find(self, token: str, key: str) -> bytes | None:
        """A batch that waits."""
        path = self.folder / token / key
        with failure("read", path), self._files.at("open", path.name):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                return None

    def put(self, token: Token, key: str, data: bytes) -> None:
        """Keep a batch; it is on disk when this returns."""
        folder = self.folder / token.id
        if token.id not in self._bound:
            self._files.folder(folder)
            bound = Bound(token.source, token.scope, token.account)
            self._write(folder, BOUND, encode_json(bound._asdict()))
            self._bound.add(token.id)
        self._write(folder, key, data)
        with self._lock:
            found, now = self._found, time.time_ns()
            self._found = Backlog(found.batches + 1, found.bytes + len(data), found.oldest or now)

    def bound(self, token: str) -> Bound:
        """What a token brings of which batches wait."""
        with self._files.open(self.folder / token / BOUND) as file:
            return Bound(**decode_json(file.read()))

    def _write(self, folder: Path, name: str, data: bytes) -> None:
        aside = folder / f"{name}.{token_hex(4)}"
        file = self._files.create(aside)
        try:
            file.write(data)
            self._files.publish(file, aside, folder / name)
        except BaseException:
            file.close()
            aside.unlink(missing_ok=True)
            raise

    def waiting(self) -> list[Batch]:
        """Everything that waits, the oldest first."""
        found = []
        for token in self._files.names(self.folder):
            if (self.folder / token).is_dir():
                found += self._of(token)
        return sorted(found, key=lambda each: (each.at, each.key))

    def _of(self, token: str) -> list[Batch]:
        with failure("list", self.folder / token):
            entries = [*os.scandir(self.folder / token)]
        found = []
        for entry in entries:
            try:
                stat = entry.stat()
            except FileNotFoundError:
                continue
            if entry.name == BOUND:
                continue
            if "." not in entry.name:
                found.append(Batch(token, entry.name, Path(entry.path), stat.st_size, stat.st_mtime_ns))
            elif time.time() - stat.st_mtime > STALE:
                self._files.remove(Path(entry.path))
        return found

    def remove(self, batch: Batch) -> None:
        """Forget a batch that is evaluated."""
        self._files.remove(batch.path)

    def backlog(self, patience: float = 1.0) -> Backlog:
        """How much waits; looked at anew after so many seconds."""
        with self._lock:
            if time.monotonic() - self._looked < patience:
                return self._found
            self._looked = time.monotonic()
        found = self.waiting()
        made = Backlog(len(found), sum(each.size for each in found), found[0].at if found else 0)
        with self._lock:
            self._found = made
        return made
