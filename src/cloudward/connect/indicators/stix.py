"""Indicators of STIX 2.1: those whose pattern asks for one value, or one of several.

What asks for several things at once, or in an order, is no list of values; it is left out and told.
https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Row = tuple[str, str, int | None, str | None, list[str], str]
"""Kind, value, confidence of 100, when it ends (ISO 8601), labels, what it is."""

PATHS = {
    "ipv4-addr:value": "address",
    "ipv6-addr:value": "address",
    "network-traffic:dst_ref.value": "address",
    "network-traffic:src_ref.value": "address",
    "domain-name:value": "domain",
    "url:value": "url",
}
HASHES = re.compile(r"file:hashes\.('?)(MD5|SHA-1|SHA-256|SHA-512|SHA1|SHA256|SHA512)\1", re.IGNORECASE)
TEXT = r"'((?:[^'\\]|\\.)*)'"
COMPARISON = re.compile(rf"\s*([\w:.'-]+)\s*(?:(?:=|ISSUBSET)\s*{TEXT}|IN\s*\(([^)]*)\))\s*")
OR = re.compile(r"OR\b")
EACH = re.compile(TEXT)


def indicators(objects: Iterable[Any]) -> Iterator[Row | str]:
    """A row for each value of the indicators among STIX objects, or what is wrong with one."""
    for each in objects:
        if not isinstance(each, Mapping) or each.get("type") != "indicator" or each.get("revoked"):
            continue
        values = list(pattern(str(each.get("pattern", ""))))
        if not values or each.get("pattern_type", "stix") != "stix":
            yield f"{each.get('id')}: {str(each.get('pattern'))[:80]} is no list of values"
        for kind, value in values:
            yield kind, value, each.get("confidence"), each.get("valid_until"), _labels(each), _name(each)


def pattern(text: str) -> Iterator[tuple[str, str]]:
    """Kind and value of all that a pattern asks; nothing when it asks for more than one of these."""
    found: list[tuple[str, str]] = []
    for part in re.split(r"\]\s*OR\s*\[", text.strip()):
        inner = part.strip().removeprefix("[").removesuffix("]")
        at = 0
        while match := COMPARISON.match(inner, at):
            kind = PATHS.get(match[1]) or ("hash" if HASHES.fullmatch(match[1]) else "")
            if not kind:
                return
            values = EACH.findall(match[3]) if match[3] is not None else [match[2]]
            found += [(kind, re.sub(r"\\(.)", r"\1", value)) for value in values]
            at = match.end()
            if at < len(inner):
                more = OR.match(inner, at)
                if more is None:
                    return
                at = more.end()
        if at < len(inner) or not inner:
            return
    yield from found


def _labels(each: Mapping[str, Any]) -> list[str]:
    found = [*(each.get("indicator_types") or []), *(each.get("labels") or [])]
    return [str(label).lower() for label in found]


def _name(each: Mapping[str, Any]) -> str:
    return str(each.get("name") or each.get("description") or "")[:200]
