"""How records are written down: documents as JSON, moments as microseconds, the rest as it is."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import msgspec

from cloudward.model import Cause, Provider, Reason, Resource, Severity, Source, Status

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEPTH = 200
"""Documents nested deeper than this are not kept."""

STATUSES = (Status.UNHEALTHY, Status.UNKNOWN, Status.HEALTHY, Status.NOT_APPLICABLE)
"""In the order in which people want to see them."""
SEVERITIES = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)
STATUS_CODE = {status: code for code, status in enumerate(STATUSES)}
SEVERITY_CODE = {severity: code for code, severity in enumerate(SEVERITIES)}

encode_json = msgspec.json.Encoder().encode
decode_json = msgspec.json.Decoder().decode
decode_unread = msgspec.json.Decoder(dict[str, Cause]).decode
decode_cause = msgspec.json.Decoder(Cause).decode
_PROVIDERS = {provider.value: provider for provider in Provider}


class Stored(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A resource as it lies in a staging file; the document stays JSON text until somebody reads it."""

    id: str
    provider: str
    region: str | None
    name: str
    tags: dict[str, str]
    unread: bytes
    file: str | None
    line: int
    generation: str
    properties: bytes


_encode = msgspec.msgpack.Encoder().encode


def pack(resource: Resource) -> bytes:
    """Whatever of a document JSON cannot hold is left out and unread, never null or something else."""
    try:
        _refuse_odd_numbers(resource.properties)
        return _encode(_stored(resource, resource.properties, resource.unread, str))
    except (TypeError, ValueError, RecursionError, OverflowError):
        unread = dict(resource.unread)
        properties = _plain(resource.properties, "", 0, unread)
        return _encode(_stored(resource, {} if properties is _OUT else properties, unread, _text))


def _stored(
    resource: Resource, properties: Any, unread: Mapping[str, Cause], text: Callable[[str], str]
) -> Stored:
    source = resource.source
    return Stored(
        text(resource.id),
        resource.provider.value,
        resource.region and text(resource.region),
        text(resource.name),
        {text(key): text(value) for key, value in resource.tags.items()},
        encode_json({text(path): cause for path, cause in unread.items()}) if unread else b"",
        text(source.file) if source else None,
        source.line if source else 0,
        text(resource.generation),
        encode_json(properties),
    )


def unpack(stored: Stored, type: str, scope: str) -> Resource:
    return Resource(
        id=stored.id,
        type=type,
        provider=_PROVIDERS[stored.provider],
        scope=scope,
        region=stored.region,
        name=stored.name,
        properties=decode_json(stored.properties),
        tags=stored.tags,
        unread=decode_unread(stored.unread) if stored.unread else {},
        source=None if stored.file is None else Source(stored.file, stored.line),
        generation=stored.generation,
    )


def _refuse_odd_numbers(document: Any) -> None:
    """NaN and infinity would be written as null, which means `known to be not set`.

    A float with all bits of its exponent set is found in msgpack by its first three bytes; other data
    with these bytes only takes the slow way.
    """
    if _ODD_NUMBER.search(_encode(document)):
        raise ValueError


_ODD_NUMBER = re.compile(rb"\xcb[\x7f\xff][\xf0-\xff]")
_OUT: Any = object()
_BAD = Cause(Reason.BAD_VALUE, message="not a JSON value")


def _text(value: str) -> str:
    """Half a surrogate pair is not text and cannot be written."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else str(value)


def _plain(value: Any, path: str, depth: int, unread: dict[str, Cause]) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else _out(path, unread)
    if depth >= DEPTH:
        return _out(path, unread)
    if isinstance(value, Mapping):
        return _plain_map(value, path, depth, unread)
    if isinstance(value, list | tuple):
        items = [_plain(item, f"{path}[{index}]", depth + 1, unread) for index, item in enumerate(value)]
        return items if all(item is not _OUT for item in items) else _out(path, unread)
    try:
        return _plain(msgspec.to_builtins(value), path, depth + 1, unread)
    except (TypeError, ValueError, RecursionError):
        return _out(path, unread)


def _plain_map(value: Mapping[Any, Any], path: str, depth: int, unread: dict[str, Cause]) -> dict[str, Any]:
    result = {}
    for key, item in value.items():
        name = _text(key)
        plain = _plain(item, below(path, name), depth + 1, unread)
        if plain is not _OUT:
            result[name] = plain
    return result


def _out(path: str, unread: dict[str, Cause]) -> Any:
    unread[path] = _BAD
    return _OUT


def below(path: str, key: str) -> str:
    """The path of a member: `A.B`, or `A['x.y']` for a key that is no identifier."""
    if not key.isidentifier():
        return f"{path}['{key}']"
    return f"{path}.{key}" if path else key


def micros(moment: datetime) -> int:
    since = moment - EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds


def moment(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def digest_bytes(text: str) -> bytes:
    """A hexadecimal digest in half its length; any other text as it is."""
    try:
        packed = bytes.fromhex(text)
    except ValueError:
        packed = b""
    return b"\0" + packed if packed.hex() == text else b"\1" + text.encode()


def digest_text(data: bytes) -> str:
    return data[1:].hex() if data[:1] == b"\0" else data[1:].decode()


def cause_text(cause: Cause | None) -> str | None:
    return None if cause is None else encode_json(cause).decode()


def text_cause(text: str | None) -> Cause | None:
    return None if text is None else decode_cause(text)


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
