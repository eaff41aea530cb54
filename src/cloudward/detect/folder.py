"""The files of a folder of rules that somebody else wrote: data only. What is refused is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cloudward.errors import ContentError, UsageError
from cloudward.pack.folder import SIZE, SUFFIXES

FILES, LEVELS, ALL = 50_000, 12, 256 << 20
"""At most so many files, folders in folders, bytes of all files."""


class Read(NamedTuple):
    """A file. `name` is what errors call it."""

    name: str
    stem: str
    data: bytes


def files(folder: Path) -> Iterator[Read | ContentError]:
    """The YAML files below a folder, or the one file, in order of name."""
    name = str(folder)
    if folder.is_file():
        yield _one(folder, name)
        return
    if not folder.is_dir():
        raise UsageError(f"there is no file or folder {name!r}")
    left = ALL
    for count, found in enumerate(_walk(folder.resolve(), "", name, 0)):
        each = _one(*found) if isinstance(found, tuple) else found
        left -= len(each.data) if isinstance(each, Read) else 0
        if count >= FILES or left < 0:
            yield ContentError(name, 0, f"more than {FILES:,} files or {ALL >> 20} MiB; the rest is not read")
            return
        yield each


def _walk(root: Path, below: str, name: str, level: int) -> Iterator[tuple[Path, str] | ContentError]:
    if level > LEVELS:
        yield ContentError(f"{name}{below}", 0, f"folders are read {LEVELS} deep; what is below is not")
        return
    with os.scandir(f"{root}{below}") as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        here = f"{below}/{entry.name}"
        if entry.name.startswith("."):
            continue
        if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
            yield ContentError(f"{name}{here}", 0, f"this link leads out of {name}")
        elif entry.is_dir():
            yield from _walk(root, here, name, level + 1)
        elif entry.name.endswith(SUFFIXES):
            yield Path(f"{root}{here}"), f"{name}{here}"


def _one(path: Path, name: str) -> Read | ContentError:
    if not path.is_file():
        return ContentError(name, 0, "this is no regular file")
    try:
        with path.open("rb") as file:
            data = file.read(SIZE + 1)
    except OSError as error:
        return ContentError(name, 0, f"cannot be read: {error.strerror}")
    if len(data) > SIZE:
        return ContentError(name, 0, f"the file is larger than {SIZE:,} bytes")
    return Read(name, path.name.rsplit(".", 1)[0], data)
