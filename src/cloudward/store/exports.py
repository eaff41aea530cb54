"""Files that exports made: there only when they are whole, gone when their time is over."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from cloudward.store.files import Files

PART = ".part"


class Kept(NamedTuple):
    """A file that was written."""

    bytes: int
    pieces: int
    sha256: str


class Exports:
    """The folder of these files; each has the id of its job."""

    def __init__(self, store: Path, files: Files) -> None:
        self._folder, self._files = store / "exports", files

    def path(self, id: str) -> Path | None:
        """Where the file of a job is; None where there is none."""
        path = self._folder / id
        return path if self._files.exists(path) else None

    def write(self, id: str, attempt: int, pieces: Iterable[bytes]) -> Kept:
        """Write a file aside, and give it its name when it is whole. What an attempt before left goes first;
        what is left when this one is killed goes with the next attempt, or with the upkeep."""
        self._files.folder(self._folder)
        for name in self._files.names(self._folder):
            if name.startswith(f"{id}.") and name != f"{id}.{attempt}{PART}":
                self._files.remove(self._folder / name)
        digest, size, count = hashlib.sha256(), 0, 0
        with self._aside(self._folder / f"{id}.{attempt}{PART}", self._folder / id) as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size, count = size + len(piece), count + 1
        return Kept(size, count, digest.hexdigest())

    @contextmanager
    def _aside(self, aside: Path, path: Path) -> Iterator[IO[bytes]]:
        try:
            with self._files.create(aside) as file:
                yield file
                self._files.publish(file, aside, path)
        except BaseException:
            self._files.remove(aside)
            raise

    def remove(self, id: str) -> None:
        """Remove the file of a job, if there is one."""
        self._files.remove(self._folder / id)

    def sweep(self, kept: Collection[str]) -> int:
        """Remove the files of all other jobs, and what they left; how many."""
        gone = [name for name in self._files.names(self._folder) if name.partition(".")[0] not in kept]
        for name in gone:
            self._files.remove(self._folder / name)
        return len(gone)
