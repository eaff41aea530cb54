"""Every touch of the disk: the one place where a test can make the n-th of them fail."""

from __future__ import annotations

import errno
import fcntl
import io
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO

from cloudward.errors import StoreError


class Files:
    """The real disk. `at` stands around each operation; it does nothing here."""

    buffer = 1 << 20
    """Bytes of one write."""

    def at(self, _operation: str, _what: str) -> AbstractContextManager[None]:
        """Called around every operation on the disk or the database."""
        return nullcontext()

    def folder(self, path: Path) -> None:
        """Make a folder that only its owner can read, and what is above it."""
        with failure("make", path):
            if path.is_dir():
                return
            self.folder(path.parent)
            with self.at("mkdir", path.name):
                path.mkdir(mode=0o700, exist_ok=True)
            self._sync_folder(path.parent)

    def create(self, path: Path) -> IO[bytes]:
        """An empty file for its owner alone, written in large pieces."""
        with failure("create", path), self.at("create", path.name):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            return io.BufferedWriter(_Output(descriptor, path, self), self.buffer)

    def touch(self, path: Path) -> None:
        """A file for its owner alone, if it is not there."""
        # One that is there is not opened: to close it would let go of every lock that this process has on it,
        # those of SQLite too: https://sqlite.org/howtocorrupt.html
        if self.exists(path):
            return
        with failure("create", path), self.at("create", path.name):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def open(self, path: Path) -> IO[bytes]:
        with failure("read", path), self.at("open", path.name):
            return path.open("rb")

    def read(self, file: IO[bytes], offset: int, length: int) -> bytes:
        """Exactly these bytes; a file that ends before is damaged."""
        path = Path(str(file.name))
        with failure("read", path), self.at("read", path.name):
            data = os.pread(file.fileno(), length, offset)
        if len(data) != length:
            raise StoreError(f"{path} is damaged: it ends before its content", "remove it and scan again")
        return data

    def publish(self, file: IO[bytes], aside: Path, path: Path) -> None:
        """Close what was written aside and give it its name; durable when this returns."""
        with failure("write", path):
            file.flush()
            with self.at("fsync", aside.name):
                os.fsync(file.fileno())
            file.close()
            with self.at("rename", path.name):
                aside.replace(path)
            self._sync_folder(path.parent)

    def exists(self, path: Path) -> bool:
        with failure("look at", path), self.at("stat", path.name):
            return path.exists()

    def size(self, path: Path) -> int:
        with failure("look at", path), self.at("stat", path.name):
            return path.stat().st_size

    def written_at(self, path: Path) -> float:
        """When a file was written, in seconds since 1970."""
        with failure("look at", path), self.at("stat", path.name):
            return path.stat().st_mtime

    def names(self, folder: Path) -> list[str]:
        with failure("list", folder), self.at("list", folder.name):
            try:
                return sorted(entry.name for entry in folder.iterdir())
            except FileNotFoundError:
                return []

    def remove(self, path: Path) -> None:
        """Remove a file if it is there."""
        with failure("remove", path), self.at("unlink", path.name):
            path.unlink(missing_ok=True)

    def remove_folder(self, path: Path) -> None:
        """Remove a folder with the files in it."""
        for name in self.names(path):
            self.remove(path / name)
        with failure("remove", path), self.at("rmdir", path.name), suppress(FileNotFoundError):
            path.rmdir()

    def remove_empty(self, path: Path) -> None:
        """Remove a folder if nothing is in it."""
        with failure("remove", path), self.at("rmdir", path.name):
            try:
                path.rmdir()
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
                    raise

    def lock(self, path: Path) -> IO[bytes] | None:
        """Hold a file until it is closed or the process dies; None when another holds it or nobody can."""
        with failure("lock", path), self.at("lock", path.name):
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except FileNotFoundError:
                return None
            file = os.fdopen(descriptor, "r+b")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.close()
                if error.errno in (errno.EAGAIN, errno.EACCES):
                    return None
                raise
            return file

    def _sync_folder(self, folder: Path) -> None:
        with self.at("fsync", folder.name):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


class _Output(io.RawIOBase):
    """A descriptor whose every write is an operation."""

    def __init__(self, descriptor: int, path: Path, files: Files) -> None:
        super().__init__()
        self._descriptor, self._path, self._files = descriptor, path, files

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data: object) -> int:
        with failure("write", self._path), self._files.at("write", self._path.name):
            return os.write(self._descriptor, data)  # type: ignore[arg-type]

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._descriptor)


@contextmanager
def failure(verb: str, path: Path) -> Iterator[None]:
    """An error of the operating system, said with the file that it is about."""
    try:
        yield
    except OSError as error:
        hint = "free some space and run it again with --resume" if error.errno == errno.ENOSPC else ""
        raise StoreError(f"cannot {verb} {path}: {error.strerror or error}", hint) from error
