"""Files as they lie there: plain, gzip or zstd, one of them or a folder, within limits."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cloudward.connect.events import frames
from cloudward.errors import InputError, UsageError

LARGEST = 2 << 30
"""Bytes of a file, unpacked; a document that is read whole is `WHOLE` at most."""
WHOLE = 256 << 20
RATIO = 200
"""A file that unpacks to more than this many times its size is refused."""
FREE = 16 << 20
"""So much of a file is unpacked whatever the ratio."""
PIECE = 1 << 16
"""Bytes that are read at once, so that what looks at the first of them sees a whole line."""
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is unpacked: bytes in all, times the size, and bytes for which the ratio does not count."""

    largest: int = LARGEST
    ratio: int = RATIO
    free: int = FREE


class TooMuchError(InputError):
    """More than the limits allow."""


class BrokenError(InputError):
    """What is packed cannot be unpacked, or ends before its end."""


class Bounded(io.RawIOBase):
    """The unpacked bytes of a file, as far as its limits go; `ended` asks whether its end is its end.

    It gives what comes before something broken, and then ends: `broken` says why.
    """

    def __init__(
        self, file: Any, size: int, limits: Limits, ended: Callable[[], bool] = lambda: True
    ) -> None:
        self._file, self._size, self._limits, self._ended, self._given = file, size, limits, ended, 0
        self.broken: BrokenError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data, asked = b"", min(PIECE, len(buffer))
        while len(data) < asked and not self.broken and (more := self._read(len(buffer) - len(data))):
            data += more
        self._given += len(data)
        limits = self._limits
        if self._given > limits.largest:
            raise TooMuchError(f"more than {limits.largest >> 20} MiB when it is unpacked")
        if self._given > limits.free and self._given > self._size * limits.ratio:
            raise TooMuchError(f"it unpacks to more than {limits.ratio} times its size")
        buffer[: len(data)] = data
        return len(data)

    def _read(self, most: int) -> bytes:
        why = "the end is missing"
        try:
            data: bytes = self._file.read1(most)
            if data or self._ended():
                return data
        except EOFError:
            pass
        except (zlib.error, gzip.BadGzipFile, zstd_error()) as error:
            why = str(error)
        self.broken = BrokenError(f"it cannot be unpacked: {why}")
        return b""


@contextmanager
def unpacked(path: Path) -> Iterator[io.BufferedReader[Any]]:
    """The bytes of a file, whatever they are packed in, as far as they can be unpacked; in the end a
    `BrokenError` where that was not all."""
    with path.open("rb") as raw:
        yield from _opened(raw, path.stat().st_size, Limits())


class Piece(io.RawIOBase):
    """The bytes of a file from one place to another."""

    def __init__(self, file: IO[bytes], start: int, end: int) -> None:
        file.seek(start)
        self._file, self._left = file, end - start

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), self._left))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def piece(path: Path, start: int, end: int) -> Iterator[io.BufferedReader[Any]]:
    """A part of a file that is not packed."""
    with path.open("rb") as raw, io.BufferedReader(Piece(raw, start, end), 1 << 20) as found:
        yield found


def size(data: bytes, limits: Limits) -> int:
    """How many bytes packed ones become; a `BrokenError` where they are broken, a
    `TooMuchError` where they become too many."""
    given = 0
    for file in _opened(io.BytesIO(data), len(data), limits):
        while piece := file.read1(1 << 20):
            given += len(piece)
    return given


def zstd_error() -> type[Exception]:
    """What zstandard raises; it is imported when it is needed."""
    import zstandard

    return zstandard.ZstdError


def _opened(raw: IO[bytes], size: int, limits: Limits) -> Iterator[io.BufferedReader[Any]]:
    magic = raw.read(4)
    raw.seek(0)
    if magic[:2] == GZIP:
        bounded = Bounded(gzip.GzipFile(fileobj=raw), size, limits)
    elif magic == ZSTD:
        import zstandard

        reader = zstandard.ZstdDecompressor(max_window_size=128 << 20)
        inside = reader.stream_reader(raw, read_across_frames=True)
        bounded = Bounded(inside, size, limits, lambda: frames.whole(raw, size))
    else:
        bounded = Bounded(raw, size, limits)
    with io.BufferedReader(bounded, 1 << 20) as file:
        yield file
    if bounded.broken is not None:
        raise bounded.broken


def at_most(file: IO[bytes], most: int) -> bytes:
    """The first bytes of a file, without room for `most` from the start."""
    pieces, count = [], 0
    while count < most and (piece := file.read(min(1 << 20, most - count))):
        pieces.append(piece)
        count += len(piece)
    return b"".join(pieces)


def whole(path: Path) -> bytes:
    """All of a file, unpacked."""
    with unpacked(path) as file:
        data = at_most(file, WHOLE + 1)
    if len(data) > WHOLE:
        raise InputError(f"more than {WHOLE >> 20} MiB")
    return data


def files(path: Path, suffixes: tuple[str, ...] = ()) -> list[Path]:
    """A file, or those of a folder in order of name; no link that leads out, nothing hidden."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UsageError(f"no such file or folder: {path}")
    inside = path.resolve()
    return sorted(
        file
        for file in path.rglob("*")
        if (not suffixes or file.name.endswith(suffixes))
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and (not file.is_symlink() or file.resolve().is_relative_to(inside))
    )
