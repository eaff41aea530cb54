"""Secrets inside of texts that others wrote: command lines, messages, lines of logs."""

from __future__ import annotations

import re
from typing import Any

from cloudward.rules.values import Seal, sealed

WORD = r"(?:pass(?:word|wd|phrase)?|pwd|(?<!:)secret|token|api[_-]?key|authorization)"
"""An ARN names a secret by `:secret:`, and says none."""
PATTERNS = (
    re.compile(
        rf"""(?i)({WORD}[\w-]{{0,40}}["']?\s{{0,4}}[:=]\s{{0,4}}["']?(?:(?:bearer|basic)\s{{1,4}})?)[^\s"',;&}}]+"""
    ),
    re.compile(rf"""(?i)(--[\w-]{{0,40}}{WORD}[\w-]{{0,40}}\s{{1,4}}["']?)[^\s"',;&}}-][^\s"',;&}}]*"""),
    re.compile(r"(://[^\s/:@]{1,100}:)[^\s/@]{1,200}(?=@)"),
    re.compile(r"()\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"),
    re.compile(r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----)[^-]+"),
)
KEY = re.compile(
    r"(?i)(?:pass(?:word|wd|phrase)|secret(?:string|accesskey|key)?|token|api_?-?key|private_?-?key|authorization)$"
)
"""A name of a field whose text is a secret."""
DEPTH = 60
"""What lies deeper is sealed whole."""


def masked(text: str) -> str:
    """The text without what looks like a secret in it."""
    for pattern in PATTERNS:
        text = pattern.sub(r"\1***", text)
    return text


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
