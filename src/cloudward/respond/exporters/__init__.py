"""Reports as files: each form is a module, its name is the form's.

A module has `SUFFIX`, what the file's name ends with, and `write(report)`, the file's text in pieces.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable
from importlib import import_module
from pathlib import Path

from cloudward.errors import UsageError
from cloudward.respond.report import Report

MANIFEST = "SHA256SUMS"
"""In the form of `sha256sum`, so that `sha256sum --check SHA256SUMS` tells whether files are as they were."""


def export(report: Report, chosen: Collection[str], folder: Path) -> list[Path]:
    """Write the report in these forms into a folder, and the hashes of the files beside them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        hashes = dict(_written(report, form, folder) for form in dict.fromkeys(chosen))
        _manifest(folder, {path.name: digest for path, digest in hashes.items()})
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    return [*hashes, folder / MANIFEST]


def _written(report: Report, form: str, folder: Path) -> tuple[Path, str]:
    module = import_module(f"{__name__}.{form}")
    path = folder / f"{report.standard.id}{module.SUFFIX}"
    return path, _put(path, module.write(report))


def _put(path: Path, pieces: Iterable[str]) -> str:
    """Write a file aside, then put it in its place; gives its hash."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    digest = hashlib.sha256()
    try:
        with aside.open("xb") as file:
            for piece in pieces:
                data = piece.encode("utf-8", "backslashreplace")
                digest.update(data)
                file.write(data)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return digest.hexdigest()


def _manifest(folder: Path, hashes: dict[str, str]) -> None:
    """The hashes of these files; those of other files stay as they were written down."""
    path = folder / MANIFEST
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    known = {name: hash for hash, _, name in (line.partition("  ") for line in lines)}
    known = {name: hash for name, hash in known.items() if (folder / name).is_file()} | hashes
    _put(path, (f"{hash}  {name}\n" for name, hash in sorted(known.items())))
