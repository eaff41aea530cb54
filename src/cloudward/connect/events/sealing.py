"""Secrets in events are sealed before anything of an event is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudward.connect.events.recognising import every
from cloudward.rules.values import Seal, sealed


def seal(document: Mapping[str, Any], source: str, sealer: Seal) -> Mapping[str, Any]:
    """The document with the secrets of its source sealed; what has none is the same document."""
    for path in _paths(source):
        document = _at(document, path, sealer)
    return document


def _paths(source: str) -> tuple[tuple[str, ...], ...]:
    known = every().get(source)
    return () if known is None else tuple(tuple(path.split(".")) for path in known.secrets)


def _at(node: Any, path: tuple[str, ...], sealer: Seal) -> Any:
    """A changed copy along the path; the same node where nothing is there."""
    if not path:
        return node if node is None or sealed(node) else sealer(node)
    if isinstance(node, list):
        inside = [_at(each, path[1:] if path[0] == "*" else path, sealer) for each in node]
        return node if all(new is old for new, old in zip(inside, node, strict=True)) else inside
    if not isinstance(node, Mapping):
        return node
    names = list(node) if path[0] == "*" else [path[0]] if path[0] in node else []
    changed = {name: new for name in names if (new := _at(node[name], path[1:], sealer)) is not node[name]}
    return {**node, **changed} if changed else node
