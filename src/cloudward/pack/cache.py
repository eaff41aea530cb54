"""Checked content as JSON between two runs. Losing it costs a second; it is never needed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cloudward.model import Policy, SecureScoreControl
from cloudward.pack.folder import Found
from cloudward.rules.inline import Definition
from cloudward.rules.types import Type

T = TypeVar("T")

ROOT = Path(__file__).parent.parent
ENGINE = ("rules", "rules/functions", "pack")
KEPT = 8


class Content(msgspec.Struct, frozen=True):
    """All that files say. The rules of a type stay JSON until they are asked for."""

    types: dict[str, Type]
    policies: dict[str, Policy]
    functions: dict[str, Definition]
    controls: tuple[SecureScoreControl, ...]
    rules: dict[str, msgspec.Raw]


def key(found: Iterable[Found], basis: str = "") -> str:
    """The hash of content: of every file's place and bytes, and of what it was checked against."""
    hash = blake2b(basis.encode(), digest_size=16)
    for each in found:
        for part in (each.kind.encode(), each.name.encode(), each.data):
            hash.update(len(part).to_bytes(8, "big"))
            hash.update(part)
    return hash.hexdigest()


def place(version: str, kind: str = "content") -> Path:
    """The file that holds content of this version, made by this engine."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(home) if os.path.isabs(home) else Path.home() / ".cache"  # noqa: PTH117 - a relative one is void
    return base / "cloudward" / f"{kind}-{version}-{_engine()}.json"


@cache
def _engine() -> str:
    """Of the code that checks content: a change of it makes all caches void."""
    hash = blake2b(digest_size=8)
    for folder in ENGINE:
        for path in sorted((ROOT / folder).glob("*.py")):
            hash.update(path.read_bytes())
    return hash.hexdigest()


def load(path: Path, type: type[T]) -> T | None:
    """What the file holds; nothing when there is none, or it is not ours or not whole."""
    try:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            if stat.st_uid != os.getuid() or stat.st_mode & 0o022:
                return None
            made: T = _decoded(file.read(), type)  # type: ignore[arg-type]  # a class is hashable
            return made
    except (OSError, msgspec.DecodeError):
        return None


@lru_cache(maxsize=4)
def _decoded(data: bytes, type: Any) -> Any:
    """One for the same bytes: what others make for a type of resources is made once, not for every load."""
    return msgspec.json.decode(data, type=type)


def save(path: Path, content: object) -> None:
    """Keep the content for the next run, where that is possible."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
            file.write(msgspec.json.encode(content))
        aside.replace(path)
        _prune(path.parent, path.name.partition("-")[0])
    except OSError:
        return


def _prune(folder: Path, kind: str) -> None:
    files = sorted(folder.glob(f"{kind}-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in files[KEPT:]:
        old.unlink(missing_ok=True)
