"""Taking a JSON value as its declared type."""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from json import dumps
from typing import Any, TypeAlias
from urllib.parse import unquote

import orjson

from cloudward.rules.operators import MAX, MIN, kind

Seal: TypeAlias = Callable[[Any], dict[str, Any]]
"""Replaces a secret by what may be known of it: that it is there, its length, and a keyed hash."""


class MisfitError(ValueError):
    """A value that cannot be taken as its type. The message never holds the value."""


def misfit(expected: str, value: Any) -> MisfitError:
    article = "an" if expected[0] in "aio" else "a"
    return MisfitError(f"{article} {expected} is expected, not this {kind(value)}")


def string(value: Any) -> str:
    """Text; whole numbers and booleans as JSON writes them. A double has lost how it was written (1.10)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise misfit("string", value)


def integer(value: Any) -> int:
    """A whole number of 64 bits, or its text."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and MIN <= value <= MAX:
        return value
    raise misfit("integer", value)


def number(value: Any) -> int | float:
    """A whole number of 64 bits, a finite double, or the text of one."""
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+\.?[0-9]*([eE][-+]?[0-9]+)?", value):
        whole = re.fullmatch(r"-?[0-9]{1,19}", value)
        return integer(value) if whole else number(float(value))
    return integer(value)


def boolean(value: Any) -> bool:
    """True or false, or its text in any case."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise misfit("boolean", value)


def timestamp(value: Any) -> str:
    """A moment as `2026-01-31T12:00:00Z`. A zone is needed nowhere: without one it is UTC."""
    try:
        if isinstance(value, str) and _CANONICAL.fullmatch(value):
            datetime.fromisoformat(value)
            return value
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(moment, date) and not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return str(moment.replace(tzinfo=None, microsecond=0).isoformat()) + "Z"
    except (ValueError, OverflowError, AttributeError, TypeError) as problem:
        raise misfit("timestamp", value) from problem


_CANONICAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def json(value: Any) -> Any:
    """A document as it is, or its text, URL-encoded or not; empty text is none."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    for written in (value, unquote(value)):
        try:
            document = orjson.loads(written)
        except orjson.JSONDecodeError:
            continue
        if not isinstance(document, str):
            return document
    raise misfit("json document", value)


SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "string": string,
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "timestamp": timestamp,
    "json": json,
    "any": lambda value: value,
}
"""How a value that is not null is taken as a scalar type; `MisfitError` when it cannot."""


def sealer(key: bytes) -> Seal:
    """Seals with HMAC-SHA256, so that equal secrets can be told only by who has the key."""

    def seal(value: Any) -> dict[str, Any]:
        written = value if isinstance(value, str) else dumps(value, sort_keys=True, default=str)
        digest = hmac.digest(key, written.encode("utf-8", "surrogatepass"), "sha256")
        return {"redacted": True, "length": len(written), "hmac": digest.hex()}

    return seal


def secret(take: Callable[[Any], Any], value: Any, seal: Seal) -> Any:
    """A scalar that is a secret, sealed once."""
    return value if sealed(value) else seal(take(value))


def sealed(value: Any) -> bool:
    """It is what `Seal` gives."""
    return (
        isinstance(value, dict)
        and value.keys() == {"redacted", "length", "hmac"}
        and value["redacted"] is True
        and type(value["length"]) is int
        and isinstance(value["hmac"], str)
        and re.fullmatch(r"[0-9a-f]{64}", value["hmac"]) is not None
    )
