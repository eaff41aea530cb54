"""A cloudward snapshot: resources as `inventory --output json` writes them, or a history file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudward.connect.files.shapes import Place, Shape
from cloudward.model import Cause, Provider, Reason, Resource, Source

KEYS = frozenset({"id", "type", "provider", "scope", "name", "properties"})


def fits(document: Mapping[str, Any]) -> bool:
    return document.keys() >= KEYS and isinstance(document["properties"], Mapping)


def resource(document: Mapping[str, Any], _place: Place, _names: Mapping[str, str]) -> Resource:
    """The resource as it was; causes of unread fields and its place in code are kept."""
    source = document.get("source")
    return Resource(
        id=str(document["id"]),
        type=str(document["type"]),
        provider=Provider(document["provider"]),
        scope=str(document["scope"]),
        region=document.get("region"),
        name=str(document["name"]),
        properties=document["properties"],
        tags=dict(document.get("tags") or {}),
        unread={path: _cause(cause) for path, cause in (document.get("unread") or {}).items()},
        source=Source(str(source["file"]), int(source["line"])) if source else None,
        generation=str(document.get("generation") or ""),
    )


def _cause(value: Mapping[str, Any]) -> Cause:
    return Cause(Reason(value["reason"]), str(value.get("call", "")), str(value.get("message", "")))


SHAPE = Shape(fits, resource, "account")
