"""Azure Resource Graph rows and ARM resources: the body as ARM gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudward.connect.files.shapes import Place, Shape
from cloudward.model import Provider, Resource


def fits(document: Mapping[str, Any]) -> bool:
    """An id below a subscription tells ARM from everything else."""
    id = document.get("id")
    return isinstance(id, str) and id.lower().startswith("/subscriptions/")


def resource(document: Mapping[str, Any], _place: Place, names: Mapping[str, str]) -> Resource:
    """Scope is the subscription; the type is spelled as declared, whatever case the row has."""
    id = str(document["id"])
    segments = id.strip("/").split("/")
    if len(segments) < 2 or not segments[1]:
        raise ValueError(f"{id}: an id without a subscription")
    tags = document.get("tags")
    return Resource(
        id=id,
        type=_type(document, segments, names),
        provider=Provider.AZURE,
        scope=segments[1].lower(),
        region=_text(document.get("location")) or None,
        name=_text(document.get("name")) or segments[-1],
        properties=document,
        tags={str(k): _text(v) for k, v in tags.items()} if isinstance(tags, Mapping) else {},
    )


def _type(document: Mapping[str, Any], segments: list[str], names: Mapping[str, str]) -> str:
    given = _text(document.get("type")) or _type_of(segments)
    if not given:
        raise ValueError(f"/{'/'.join(segments)}: no type, and none in the id")
    return names.get(given.lower(), given)


def _type_of(segments: list[str]) -> str:
    """`providers/Microsoft.X/a/NAME/b/NAME` -> `Microsoft.X/a/b`."""
    lowered = [segment.lower() for segment in segments]
    if "providers" not in lowered:
        return "Microsoft.Resources/subscriptions" + ("/resourceGroups" if len(segments) > 2 else "")
    last = len(lowered) - 1 - lowered[::-1].index("providers")
    return "/".join([*segments[last + 1 : last + 2], *segments[last + 2 :: 2]])


def _text(value: Any) -> str:
    return "" if value is None else str(value)


SHAPE = Shape(fits, resource, "subscription")
