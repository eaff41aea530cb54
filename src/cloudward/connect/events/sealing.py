"""Secrets in events are sealed before anything of an event is kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from cloudward.connect.events.masking import cleared
from cloudward.connect.events.recognising import every
from cloudward.pack.mappings import sources
from cloudward.rules.values import Seal, sealed

Tree = dict[str, Any]
"""Names of fields -> what of them is secret: all (empty), or a tree. `*` stands for any name or element.

A name with dots in it (`proc.env` of Falco) stands beside the path that it may also be.
"""


def seal(document: Mapping[str, Any], source: str, sealer: Seal) -> Mapping[str, Any]:
    """The document with the secrets of its source sealed; what has none is the same document.

    Alerts of other products quote command lines and messages: what looks like a secret in these is masked.
    """
    tree, mapping = _tree(source), sources().get(source)
    found: Mapping[str, Any] = _at(document, tree, sealer) if tree else document
    if mapping is not None and mapping.alert is not None:
        found = cleared(found, sealer)
    return found


@cache
def _tree(source: str) -> Tree:
    known, tree = every().get(source), Tree()
    for path in known.secrets if known else ():
        node, names = tree, path.split(".")
        for place, name in enumerate(names):
            node.setdefault(".".join(names[place:]), {})
            node = node.setdefault(name, {})
    return tree


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
