"""Records out of what holds them: lists, deliveries, envelopes, a document a line, broken ones set aside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from math import inf
from typing import Any, TypeAlias

import msgspec

LISTS = ("Records", "records", "logEvents", "value", "items", "entries", "events", "Findings", "findings")
"""Where deliveries, exports and API answers keep their list."""
TEXTS = ("Message", "eventJson", "message", "log", "properties.log", "@message")
"""Where an envelope keeps a record as text: SNS, CloudTrail Lake, log groups, AKS diagnostics."""
INSIDE = ("detail", "eventData", "event", "jsonPayload", "_source")
"""Where an envelope keeps a record as it is: EventBridge, CloudTrail Lake, search indexes."""
RECORDS = {dict, str}
"""What stands in such a list: records, or their text."""
DEPTH = 5
DEEP = "it is nested too deep"
DIGITS = 4000
"""A longer number is infinite."""
BETWEEN = re.compile(r"\}\s*,?\s*\{")
STAMP = re.compile(rb"^\d{4}-\d\d-\d\dT[\d:.]+Z ?(?=[{\[])")
"""What an export of a log group puts before each record."""

Piece = tuple[int, Any, str | None, str]
"""Number or line, the value, what is wrong with it, its text when something is."""
Bytes: TypeAlias = bytes | memoryview

_decode, _encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode
_skip = msgspec.json.Decoder(msgspec.Raw).decode
_delivery = msgspec.json.Decoder(
    msgspec.defstruct(
        "Delivery",
        [(name, list[msgspec.Raw] | msgspec.UnsetType, msgspec.UNSET) for name in LISTS],
        forbid_unknown_fields=True,
    )
).decode


def decoded(data: Bytes) -> Any:
    """What JSON says. A number that is too large for a double is null, for none can be written."""
    try:
        return _decode(data)
    except msgspec.ValidationError:
        _skip(data)  # what the other parser takes and JSON does not know
        return _decode(_encode(json.loads(bytes(data), parse_int=_whole)))


def _whole(text: str) -> float:
    return int(text) if len(text) <= DIGITS else inf


def utf8(data: bytes) -> bool:
    """It is text, which nobody looks at in what is skipped."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def delivered(data: bytes) -> list[memoryview] | None:
    """The records of a delivery that holds nothing beside their list, each as it stands there; else None.

    They are JSON, and none of them was read.
    """
    try:
        lists = msgspec.structs.astuple(_delivery(data)) if utf8(data) else ()
    except (msgspec.DecodeError, RecursionError):
        return None
    found = [each for each in lists if each is not msgspec.UNSET]
    if len(found) != 1:
        return None
    records = [memoryview(each) for each in found[0]]
    return records if {record[0] for record in records} <= {*b'{"'} else None


def opened(value: Any) -> list[Any] | None:
    """What an envelope holds; None when it is none."""
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping):
        return None
    for name in LISTS:
        found = value.get(name)
        if isinstance(found, list) and {*map(type, found)} <= RECORDS:
            return found
    for path in TEXTS:
        found = _at(value, path)
        if isinstance(found, str) and found.lstrip()[:1] == "{":
            try:
                return [msgspec.json.decode(found)]
            except msgspec.DecodeError:
                continue
    return next(([value[name]] for name in INSIDE if isinstance(value.get(name), Mapping)), None)


def _at(value: Mapping[str, Any], path: str) -> Any:
    head, _, rest = path.partition(".")
    found = value.get(head)
    return found if not rest else found.get(rest) if isinstance(found, Mapping) else None


def is_lines(head: bytes) -> bool:
    """One document a line: the first line is a document of its own, and something follows or it is all."""
    line, _, rest = STAMP.sub(b"", head.lstrip()).partition(b"\n")
    if not rest.strip() and not STAMP.match(head):
        return False
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, RecursionError):
        return line.rstrip().endswith(b"}") and line.strip() != b"{"


def line(number: int, data: bytes) -> Piece:
    """The document of one line."""
    try:
        if data[:1] != b"{":
            data = STAMP.sub(b"", data.strip())
        return number, decoded(data), None, ""
    except (ValueError, RecursionError) as error:
        why = DEEP if isinstance(error, RecursionError) else f"not JSON: {error}"
        return number, None, why, data.decode("utf-8", "replace")


def documents(data: bytes) -> Iterator[Piece]:
    """The one document of a file, or what can be saved of one that is broken."""
    try:
        yield 1, decoded(data), None, ""
    except (ValueError, RecursionError):
        yield from _saved(data.decode("utf-8", "replace"))


def _saved(text: str) -> Iterator[Piece]:
    """Objects one after another: those of a list whose end is missing, or documents that just follow."""
    decoder, at = json.JSONDecoder(parse_int=_whole), _start(text)
    while 0 <= at < len(text):
        line = text.count("\n", 0, at) + 1
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            following = BETWEEN.search(text, at)
            end = following.end() - 1 if following else len(text)
            yield line, None, f"not JSON: {getattr(error, 'msg', 'nested too deeply')}", text[at:end]
            at = end
            continue
        yield line, value, None, ""
        at = text.find("{", end)


def _start(text: str) -> int:
    """Where the first record begins."""
    found = re.match(r"\s*\{\s*\"(?:" + "|".join(LISTS) + r")\"\s*:\s*\[\s*", text)
    return text.find("{", found.end() if found else 0)
