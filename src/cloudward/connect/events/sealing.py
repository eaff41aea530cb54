"""Secrets in events are sealed before anything of an event is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cloudward.connect.events.masking import masked
from cloudward.connect.events.secrecy import Tree, secrets
from cloudward.pack.mappings import sources
from cloudward.rules.values import Seal, sealed

KEY = re.compile(
    r"(?i)(?:pass(?:word|wd|phrase)|secret(?:string|accesskey|key)?|token|api_?-?key|private_?-?key|authorization)$"
)
"""A name of a field whose text is a secret."""
DEPTH = 60
"""What lies deeper is sealed whole."""


def seal(document: Mapping[str, Any], source: str, sealer: Seal) -> Mapping[str, Any]:
    """The document with the secrets of its source sealed; what has none is the same document.

    Alerts of other products quote command lines and messages: what looks like a secret in these is masked.
    """
    tree, mapping = secrets(source), sources().get(source)
    found: Mapping[str, Any] = _at(document, tree, sealer) if tree else document
    if mapping is not None and mapping.alert is not None:
        found = cleared(found, sealer)
    return found


def _at(node: Any, tree: Tree, sealer: Seal) -> Any:
    """A changed copy along the paths; the same node where nothing is there."""
    if not tree:
        return node if node is None or sealed(node) else sealer(node)
    if type(node) is dict:
        return _map(node, tree, sealer)
    if type(node) is list:
        inside = tree.get("*", tree)
        changed = [_at(each, inside, sealer) for each in node]
        return node if all(new is old for new, old in zip(changed, node, strict=True)) else changed
    return node


def _map(node: dict[str, Any], tree: Tree, sealer: Seal) -> dict[str, Any]:
    if tree.keys().isdisjoint(node) and "*" not in tree:
        return node
    changed = {}
    for name in tree.keys() & node.keys():
        if (new := _at(node[name], tree[name], sealer)) is not node[name]:
            changed[name] = new
    if "*" in tree:
        for key in node:
            if (new := _at(changed.get(key, node[key]), tree["*"], sealer)) is not node[key]:
                changed[key] = new
    return {**node, **changed} if changed else node


def cleared(node: Any, sealer: Seal, depth: int = 0) -> Any:
    """A document whose texts are masked, and sealed where the name of the field says that it is a secret;
    the same node where nothing is."""
    if type(node) is str:
        return masked(node) if len(node) > 3 else node
    if type(node) not in (dict, list) or not node or sealed(node):
        return node
    if depth >= DEPTH:
        return sealer(node)
    if type(node) is list:
        changed = [cleared(each, sealer, depth + 1) for each in node]
        return node if all(new is old for new, old in zip(changed, node, strict=True)) else changed
    made = {key: _field(node, key, sealer, depth) for key in node}
    return node if all(made[key] is node[key] for key in node) else made


def _field(node: dict[str, Any], key: str, sealer: Seal, depth: int) -> Any:
    value = node[key]
    if type(value) is str and value and (KEY.search(key) or _named(node, key)):
        return sealer(value)
    return cleared(value, sealer, depth + 1)


def _named(node: dict[str, Any], key: str) -> bool:
    """`{"name": "DB_PASSWORD", "value": ...}`: the name stands beside."""
    name = node.get({"value": "name", "Value": "Name"}.get(key, ""))
    return isinstance(name, str) and KEY.search(name) is not None
