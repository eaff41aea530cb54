"""Text as Sigma compares it: without regard to case, `*` and `?` for any text, `\\` before a plain one."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from enum import Enum
from functools import cache
from typing import Any

import orjson


class Wild(Enum):
    MANY = "*"
    ONE = "?"


LAST = 0x1F000
"""No character from here on has a case."""

Parts = Sequence[str | Wild]


def fold(text: str) -> str:
    """The text with case left out, character by character, so that folding never changes a length."""
    return text.lower() if text.isascii() else text.translate(_table())


@cache
def _table() -> dict[int, str]:
    table = {}
    for point in range(128, LAST):
        character = chr(point)
        for folded in (character.casefold(), character.lower()):
            if len(folded) == 1:
                if folded != character:
                    table[point] = folded
                break
    return table | {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def plain(value: Any) -> str:
    """The text of a value of an event that is not null: a number in decimals, a map as compact JSON."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value) if value.bit_length() < 4096 else hex(value)
    if kind is float:
        return str(int(value)) if math.isfinite(value) and value == int(value) else repr(value)
    return _json(value)


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value, default=str).decode()
    except (TypeError, ValueError, RecursionError):
        return ""


def written(parts: Parts) -> str:
    """A pattern as one text, with a backslash before a plain `*`, `?` or `\\`."""
    return "".join(
        part.value if isinstance(part, Wild) else re.sub(r"([*?\\])", r"\\\1", part) for part in parts
    )


def parts(pattern: str) -> list[str | Wild]:
    """What `written` was given."""
    found: list[str | Wild] = []
    for piece in re.findall(r"\\.|[*?]|[^*?\\]+", pattern, re.DOTALL):
        if piece in ("*", "?"):
            found.append(Wild(piece))
            continue
        text = piece[1:] if piece[0] == "\\" else piece
        if found and isinstance(found[-1], str):
            found[-1] += text
        else:
            found.append(text)
    return found


def expression(pattern: str) -> str:
    """A pattern as a regular expression of RE2 over the whole text."""
    wild = {Wild.MANY: ".*", Wild.ONE: "."}
    inner = "".join(wild[part] if isinstance(part, Wild) else _escaped(part) for part in parts(pattern))
    return f"(?s)^{inner}$"


def _escaped(text: str) -> str:
    return "".join(c if c.isalnum() or ord(c) > 127 else f"\\x{{{ord(c):x}}}" for c in text)
