"""One form of a value's bytes, so that equal documents have equal hashes."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

import orjson


def canonical(value: Any) -> bytes:
    """JSON with sorted keys."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits, or half a surrogate pair
        return json.dumps(value, sort_keys=True, default=str).encode()


def digest(*parts: bytes) -> str:
    """A hash of these parts, in this order."""
    hash = blake2b(digest_size=16)
    for part in parts:
        hash.update(len(part).to_bytes(8))
        hash.update(part)
    return hash.hexdigest()
