"""A file of the Windows event log with few events, written as [MS-EVEN6] and the format's readers have it.

Of binary XML it writes only elements, attributes and texts: enough for real readers, and no templates.
https://learn.microsoft.com/openspecs/windows_protocols/ms-even6/c73573ae-1c90-43a2-a65f-ad7501155956
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

CHUNK, HEADER = 65536, 512
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)

Node = tuple[str, Mapping[str, str], "Sequence[Node] | str"]
"""Name, attributes, and children or a text."""


def written(events: Sequence[tuple[datetime, Node]]) -> bytes:
    """The file; all events fit in one chunk."""
    records = b""
    for number, (at, node) in enumerate(events, 1):
        last = HEADER + len(records)
        records += _record(number, at, node, last)
    count = len(events)
    head = struct.pack(
        "<8sQQQQIIII", b"ElfChnk\0", 1, count, 1, count, 128, last, HEADER + len(records), crc32(records)
    )
    head += bytes(64) + struct.pack("<I", 1)
    names = bytes(HEADER - 128)
    head += struct.pack("<I", crc32(head[:120] + names)) + names
    first = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, 0, count + 1, 128, 1, 3, 4096, 1) + bytes(76)
    first += struct.pack("<II", 0, crc32(first[:120]))
    return first + bytes(4096 - len(first)) + (head + records).ljust(CHUNK, b"\0")


def _record(number: int, at: datetime, node: Node, offset: int) -> bytes:
    since = at - EPOCH
    ticks = (since.days * 86400 + since.seconds) * 10_000_000 + since.microseconds * 10
    body = b"\x0f\x01\x01\x00"
    body += _element(node, offset + 24 + len(body)) + b"\0"
    size = 24 + len(body) + 4
    padding = -size % 8
    size += padding
    return struct.pack("<IIQQ", 0x2A2A, size, number, ticks) + body + bytes(padding) + struct.pack("<I", size)


def _element(node: Node, offset: int) -> bytes:
    name, attributes, inside = node
    start = offset + 1 + 4 + 4
    made = _name(name)
    if attributes:
        listed, place = b"", start + len(made) + 4
        for position, (key, text) in enumerate(attributes.items(), 1):
            token = b"\x46" if position < len(attributes) else b"\x06"
            at = place + len(listed) + 5
            listed += token + struct.pack("<I", at) + _name(key) + _text(text)
        made += struct.pack("<I", len(listed)) + listed
    if inside:
        made += b"\x02"
        if isinstance(inside, str):
            made += _text(inside)
        else:
            for child in inside:
                made += _element(child, start + len(made))
        made += b"\x04"
    else:
        made += b"\x03"
    begin = 0x41 if attributes else 0x01
    return struct.pack("<BII", begin, len(made) + 4, start) + made


def _name(text: str) -> bytes:
    """Its place among the names of the chunk is its first use; the hash is that of the format."""
    hashed = 0
    for character in text:
        hashed = (hashed * 65599 + ord(character)) & 0xFFFFFFFF
    return struct.pack("<IHH", 0, hashed & 0xFFFF, len(text)) + text.encode("utf-16-le") + b"\0\0"


def _text(text: str) -> bytes:
    return struct.pack("<BBH", 0x05, 0x01, len(text)) + text.encode("utf-16-le")


def logged(
    at: datetime, channel: str, id: int, record: int, data: Mapping[str, Any]
) -> tuple[datetime, Node]:
    """An event as Windows logs it."""
    time = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    system: list[Node] = [
        ("Provider", {"Name": "Microsoft-Windows-Security-Auditing"}, ""),
        ("EventID", {}, str(id)),
        ("TimeCreated", {"SystemTime": time}, ""),
        ("EventRecordID", {}, str(record)),
        ("Channel", {}, channel),
        ("Computer", {}, "pc-1.example.com"),
    ]
    named: list[Node] = [("Data", {"Name": name}, str(text)) for name, text in data.items()]
    return at, ("Event", {}, [("System", {}, system), ("EventData", {}, named)])
