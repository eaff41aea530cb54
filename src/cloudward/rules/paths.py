"""Paths in documents: `A.B`, `A[2].B`, `A['x.y']`, `A[*]` (may have more elements), `A[].B` (any element)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import TypeAlias


class Mark(Enum):
    ANY = "[]"
    MORE = "[*]"


Step: TypeAlias = str | int | Mark

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEP = re.compile(
    r"(?P<name>(?<![\w\]])[A-Za-z_]\w*|(?<=[\w\]])\.[A-Za-z_]\w*)"
    r"|\[(?P<index>\d+)\]|\[(?P<mark>\*?)\]|\['(?P<key>(?:[^'\\]|\\.)*)'\]",
    re.ASCII | re.DOTALL,
)


@lru_cache(maxsize=8192)
def steps(path: str) -> tuple[Step, ...]:
    """The steps of a path; `""` has none. `ValueError` when it is no path."""
    found: list[Step] = []
    end = 0
    while end < len(path):
        match = _STEP.match(path, end)
        if not match:
            raise ValueError(f"{path!r} is not a path: see column {end + 1}")
        found.append(_step(match))
        end = match.end()
    return tuple(found)


def _step(match: re.Match[str]) -> Step:
    if match["name"] is not None:
        return match["name"].lstrip(".")
    if match["index"] is not None:
        return int(match["index"])
    if match["key"] is not None:
        return re.sub(r"\\(.)", r"\1", match["key"])
    return Mark.MORE if match["mark"] else Mark.ANY


def join(steps: Iterable[Step]) -> str:
    """The path with these steps."""
    path = ""
    for step in steps:
        path = child(path, step)
    return path


def child(path: str, step: Step) -> str:
    """The path one step below `path`."""
    if isinstance(step, Mark):
        return path + step.value
    if isinstance(step, int):
        return f"{path}[{step}]"
    if IDENTIFIER.fullmatch(step):
        return f"{path}.{step}" if path else step
    key = step.replace("\\", "\\\\").replace("'", "\\'")
    return f"{path}['{key}']"
