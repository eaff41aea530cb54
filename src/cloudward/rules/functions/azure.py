"""Rules of Azure network security groups, as ARM has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cloudward.rules.functions import function
from cloudward.rules.functions.addresses import whole_internet

EVERYWHERE = frozenset({"*", "any", "internet"})


@function(args=("object",), returns="boolean")
def azure_is_internet(rule: Mapping[str, Any]) -> bool:
    """True when a rule's source is everybody: `*`, the tag `Internet`, `0.0.0.0/0` or `::/0`.

    Takes an element of `securityRules` or its `properties`. Other service tags, application security
    groups and smaller ranges are not, even when several make the whole internet together.
    """
    return any(_everybody(source) for source in _texts(_body(rule), "sourceAddressPrefix", "es"))


@function(args=("object", "string", "integer"), returns="boolean")
def azure_rule_reaches(rule: Mapping[str, Any], protocol: str, port: int) -> bool:
    """True when a rule is about a protocol (`Tcp`, `Udp`, …) and a destination port.

    Takes an element of `securityRules` or its `properties`. Direction, access and priority are not
    asked.
    """
    body = _body(rule)
    found = body.get("protocol")
    if not isinstance(found, str):
        raise TypeError("a rule has a protocol")
    if found.lower() not in ("*", protocol.lower()):
        return False
    return any(_covers(span, port) for span in _texts(body, "destinationPortRange", "s"))


def _body(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    body = rule.get("properties", rule)
    if not isinstance(body, Mapping):
        raise TypeError("a rule has properties")
    return body


def _texts(body: Mapping[str, Any], name: str, plural: str) -> Iterator[str]:
    """ARM has one value under a name and several under its plural; either may be missing or empty."""
    for value in (body.get(name), *(body.get(name + plural) or ())):
        if isinstance(value, str):
            yield from filter(None, (value.strip(),))
        elif value is not None:
            raise TypeError(f"{name} is text")


def _everybody(source: str) -> bool:
    if source.lower() in EVERYWHERE:
        return True
    return re.fullmatch(r"[0-9a-fA-F.:]+/\d+", source) is not None and whole_internet(source)


def _covers(span: str, port: int) -> bool:
    if span == "*":
        return True
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", span)
    if match is None:
        raise ValueError(f"{span[:20]!r} is no range of ports")
    return int(match[1]) <= port <= int(match[2] or match[1])
