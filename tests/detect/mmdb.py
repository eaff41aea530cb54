"""A writer of small databases in MaxMind's format: enough for tests, after the specification.

https://maxmind.github.io/MaxMind-DB/
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

RECORD = 24
"""Bits of each of the two records of a node."""
GAP = 16
"""Zero bytes between the tree and the data."""


class Short(int):
    kind = 5


class Long(int):
    kind = 9


def write(path: Path, networks: Mapping[str, Mapping[str, Any]], kind: str = "Test-City") -> Path:
    """A database that answers for these networks of IPv4 and IPv6."""
    data, tree = bytearray(), [[None, None]]
    for network, record in networks.items():
        parsed = ip_network(network)
        bits, length = int(parsed.network_address), parsed.prefixlen + (96 if parsed.version == 4 else 0)
        place = len(data)
        data += _value(record)
        _put(tree, bits, length, place)
    meta = {
        "node_count": len(tree), "record_size": Short(RECORD), "ip_version": Short(6), "database_type": kind,
        "languages": ["en"], "binary_format_major_version": Short(2), "binary_format_minor_version": Short(0),
        "build_epoch": Long(1_700_000_000), "description": {"en": "made for tests"},
    }  # fmt: skip
    nodes = b"".join(_record(each, len(tree)) for node in tree for each in node)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(nodes + bytes(GAP) + data + b"\xab\xcd\xefMaxMind.com" + _value(meta))
    return path


def _put(tree: list[list[Any]], bits: int, length: int, place: int) -> None:
    node = 0
    for depth in range(length):
        bit = bits >> (127 - depth) & 1
        if depth == length - 1:
            tree[node][bit] = ("data", place)
            return
        if tree[node][bit] is None:
            tree.append([None, None])
            tree[node][bit] = len(tree) - 1
        node = tree[node][bit]


def _record(each: Any, count: int) -> bytes:
    if isinstance(each, tuple):
        each = count + GAP + each[1]
    return int(count if each is None else each).to_bytes(RECORD // 8, "big")


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        data = value.encode()
        return _control(2, len(data)) + data
    if isinstance(value, float):
        return _control(3, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        data = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return _control(getattr(value, "kind", 6), len(data)) + data
    if isinstance(value, Mapping):
        pairs = b"".join(_value(key) + _value(each) for key, each in value.items())
        return _control(7, len(value)) + pairs
    return _control(11, len(value)) + b"".join(map(_value, value))


def _control(kind: int, size: int) -> bytes:
    more = b""
    if size >= 29:
        size, more = 29, bytes([size - 29])
    if kind > 7:
        return bytes([size, kind - 7]) + more
    return bytes([kind << 5 | size]) + more
