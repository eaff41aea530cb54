"""Which files a content folder has. Users' folders are data only: no link leads out, sizes are capped."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from cloudward.errors import ContentError

CORE = ("types", "functions", "policies", "controls")
"""What every load reads."""
KINDS = (*CORE, "standards")
SUFFIXES = (".yaml", ".yml")
FILES = 10_000
LEVELS = 6
SIZE = 1_000_000


class Found(NamedTuple):
    """A content file. `name` is what errors call it, `below` its path below `types/`, `policies/` ..."""

    kind: str
    name: str
    below: tuple[str, ...]
    path: str
    data: bytes


def files(folder: Path, name: str | None = None, wanted: Collection[str] = CORE) -> Iterator[Found]:
    """The YAML files of a folder that are of the `wanted` kinds.

    Without the usual subfolders it holds policies; so does a single file.
    """
    name = str(folder) if name is None else name
    if folder.is_file():
        if "policies" in wanted:
            yield Found("policies", name, (folder.name,), str(folder), _data(folder, name))
        return
    if not folder.is_dir():
        raise ContentError(name, 0, "there is no such folder")
    root = folder.resolve()
    kinds = [kind for kind in KINDS if (root / kind).is_dir()]
    places = [(kind, f"/{kind}") for kind in kinds] or [("policies", "")]
    yield from _found(root, name, [place for place in places if place[0] in wanted])


def every(folder: Path) -> Iterator[Found]:
    """The YAML files of a folder, whatever they hold."""
    yield from _found(folder.resolve(), str(folder), [("", "")])


def _found(root: Path, name: str, places: Iterable[tuple[str, str]]) -> Iterator[Found]:
    """The files of each kind, below its place."""
    count = 0
    for kind, start in places:
        for below in _walk(root, start, name, 0):
            count += 1
            if count > FILES:
                raise ContentError(name, 0, f"more than {FILES:,} content files")
            path = Path(f"{root}{below}")
            parts = tuple(below.removeprefix(start).split("/")[1:])
            yield Found(kind, f"{name}{below}", parts, str(path), _data(path, f"{name}{below}"))


def one(path: Path) -> Found:
    """A single file, whatever it holds."""
    return Found("", str(path), (path.name,), str(path), _data(path, str(path)))


def _walk(root: Path, below: str, name: str, level: int) -> Iterator[str]:
    """The YAML files in one of the folders of `root`, each as a path that starts with a slash."""
    if level > LEVELS:
        raise ContentError(f"{name}{below}", 0, f"content folders are at most {LEVELS} deep")
    if not Path(f"{root}{below}").resolve().is_relative_to(root):
        raise ContentError(f"{name}{below}", 0, f"this link leads out of {name}")
    with os.scandir(f"{root}{below}") as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        here = f"{below}/{entry.name}"
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            yield from _walk(root, here, name, level + 1)
        elif entry.name.endswith(SUFFIXES):
            if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
                raise ContentError(f"{name}{here}", 0, f"this link leads out of {name}")
            yield here


def _data(path: Path, name: str) -> bytes:
    """The bytes of a file; of no device or pipe, which might never end."""
    if not path.is_file():
        raise ContentError(name, 0, "this is no regular file")
    try:
        with path.open("rb") as file:
            data = file.read(SIZE + 1)
    except OSError as error:
        raise ContentError(name, 0, f"cannot be read: {error.strerror}") from error
    if len(data) > SIZE:
        raise ContentError(name, 0, f"the file is larger than {SIZE:,} bytes")
    return data
