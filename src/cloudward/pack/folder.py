"""Which files a content folder has. Users' folders are data only: no link leads out, sizes are capped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cloudward.errors import ContentError

KINDS = ("types", "functions", "policies", "controls")
FILES = 10_000
LEVELS = 6


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The kind and path of every YAML file, in order of name."""
    root = folder.resolve()
    if not root.is_dir():
        raise ContentError(str(folder), 0, "there is no such folder")
    count = 0
    for kind in KINDS:
        for path in _walk(root / kind, root, folder, 0):
            count += 1
            if count > FILES:
                raise ContentError(str(folder), 0, f"more than {FILES:,} content files")
            yield kind, path


def _walk(here: Path, root: Path, folder: Path, level: int) -> Iterator[Path]:
    if level > LEVELS:
        raise ContentError(str(here), 0, f"content folders are at most {LEVELS} deep")
    if here.is_symlink() and not here.resolve().is_relative_to(root):
        raise ContentError(str(here), 0, f"this link leads out of {folder}")
    if not here.is_dir():
        return
    for path in sorted(here.iterdir()):
        if path.name.startswith((".", "_")):
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise ContentError(str(path), 0, f"this link leads out of {folder}")
        if path.is_dir():
            yield from _walk(path, root, folder, level + 1)
        elif path.suffix in {".yaml", ".yml"} and path.is_file():
            yield path
