"""Where records of a source can hold secrets."""

from __future__ import annotations

from functools import cache
from typing import Any

from cloudward.connect.events.recognising import every

Tree = dict[str, Any]
"""Names of fields -> what of them is secret: all (empty), or a tree. `*` stands for any name or element.

A name with dots in it (`proc.env` of Falco) stands beside the path that it may also be.
"""


@cache
def secrets(source: str) -> Tree:
    """By name; empty where a source has none, or nobody knows it."""
    known, tree = every().get(source), Tree()
    for path in known.secrets if known else ():
        node, names = tree, path.split(".")
        for place, name in enumerate(names):
            node.setdefault(".".join(names[place:]), {})
            node = node.setdefault(name, {})
    return tree
