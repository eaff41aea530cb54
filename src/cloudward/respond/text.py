"""Text that others wrote, made safe for where it goes: a terminal, a spreadsheet, a JSON line.

Names and tags of scanned resources are chosen by whoever made the resource, which may be an attacker.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cloudward.model import Cause, Reason

_FORMULA = frozenset("=+-@|%\t\r\n＝＋－＠")
_BLANK = " \u00a0\u3000\ufeff\u200b"
_HIDDEN = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def visible(text: str) -> str:
    """The text on one line with every control, direction and invisible character spelled out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


def _spelled(char: str) -> str:
    code = ord(char)
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def spreadsheet(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    start = text.lstrip(_BLANK)[:1]
    return visible(f"'{text}" if start in _FORMULA and start else text)


def because(cause: Cause) -> str:
    """A cause as a person reads it."""
    if cause.reason is Reason.NOT_REQUESTED and cause.message and not cause.call:
        return cause.message
    return " ".join(filter(None, [cause.reason.value.replace("_", " "), cause.call, cause.message]))


def json_line(encoded: bytes) -> str:
    """Encoded JSON with the characters that JSON leaves alone and terminals do not as `\\uXXXX`."""
    return _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", encoded.decode())


def encoded(record: object) -> str:
    """The record as one line of JSON that a terminal shows as it is."""
    import msgspec

    return json_line(msgspec.json.encode(record))


def cell(value: Any) -> str | int | float:
    """A value as a cell of CSV."""
    if value is None:
        return ""
    if isinstance(value, bool | Mapping | list | tuple):
        return spreadsheet(encoded(value))
    if isinstance(value, int | float):
        return value
    return spreadsheet(value if isinstance(value, str) else encoded(value).strip('"'))
