"""From the documents that collectors yield to properties in CloudFormation's shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cloudward.connect.aws.answers import Unread, find, use
from cloudward.connect.aws.declare import Items, Source, Using
from cloudward.connect.aws.session import timestamp
from cloudward.model import Cause, Document, Reason

Unreads = dict[str, Unread]


def mapped(
    fields: Mapping[str, Source], document: Document | Unread, sources: Mapping[str, str]
) -> tuple[dict[str, Any], Unreads]:
    """The properties, and per path of ours what is unread. `sources` names the call that fills each field."""
    properties: dict[str, Any] = {}
    unread: Unreads = {}
    for ours, source in fields.items():
        value = _value(source, document, sources.get(ours, ""), ours, unread)
        value = plain(value, ours, unread)
        if value is not None:
            _put(properties, ours, value)
    return properties, unread


def plain(value: Any, path: str, unread: Unreads) -> Any:
    """JSON: times as text, mappings as dicts; `Unread` at any depth moves to `unread`."""
    if isinstance(value, str | int | float) or value is None:
        return value
    if isinstance(value, Unread):
        unread[path] = value
        return None
    if isinstance(value, Mapping):
        return _plain_object(value, path, unread)
    if isinstance(value, list | tuple):
        return _plain_list(value, path, unread)
    if isinstance(value, datetime):
        return timestamp(value)
    return value.decode(errors="replace") if isinstance(value, bytes | bytearray) else str(value)


def _value(source: Source, document: Document | Unread, call: str, path: str, unread: Unreads) -> Any:
    if isinstance(source, str):
        return find(document, source, call)
    if isinstance(source, Using):
        return use(source, document, call)
    return _items(source, document, call, path, unread)


def _items(source: Items, document: Document | Unread, call: str, path: str, unread: Unreads) -> Any:
    elements = find(document, source.path, call)
    if elements is None or isinstance(elements, Unread):
        return elements
    if not isinstance(elements, list):
        return Unread(Cause(Reason.FAILED, call, f"a list is expected, not a {type(elements).__name__}"))
    found = []
    for index, element in enumerate(elements):
        given = element if element is not None else Unread(Cause(Reason.FAILED, call, "the element is null"))
        properties, gaps = mapped(source.fields, given, dict.fromkeys(source.fields, call))
        unread.update({f"{path}[{index}].{gap}": why for gap, why in gaps.items()})
        found.append(properties)
    return found


def _plain_object(value: Mapping[str, Any], path: str, unread: Unreads) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, member in value.items():
        below = f"{path}.{key}" if key.isidentifier() else f"{path}['{key}']"
        gap = isinstance(member, Unread)
        taken = plain(member, below, unread)
        if not gap:
            result[key] = taken
    return result


def _plain_list(value: list[Any] | tuple[Any, ...], path: str, unread: Unreads) -> list[Any]:
    """An element that is not known keeps its place as null."""
    return [plain(element, f"{path}[{index}]", unread) for index, element in enumerate(value)]


def _put(properties: dict[str, Any], path: str, value: Any) -> None:
    if not path:
        properties.update(value)
        return
    *parents, name = path.split(".")
    for parent in parents:
        properties = properties.setdefault(parent, {})
    properties[name] = value
