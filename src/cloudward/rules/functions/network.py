"""Rules of AWS security groups and network access lists, one range each, as CloudFormation has them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import inf
from typing import Any

from cloudward.rules.functions import function
from cloudward.rules.functions.addresses import whole_internet

RANGES = ("CidrIp", "CidrIpv6", "CidrBlock", "Ipv6CidrBlock")
ALL = "-1"
NUMBERS = {"icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58"}


@function(args=("object",), returns="boolean")
def is_internet(rule: Mapping[str, Any]) -> bool:
    """True when a rule's range is the whole of IPv4 or IPv6: `0.0.0.0/0`, `::/0`, in any spelling.

    A prefix list, another group or a smaller range is not, even when two rules with `0.0.0.0/1` and
    `128.0.0.0/1` make the whole together: a rule is judged by itself.
    """
    for name in RANGES:
        text = rule.get(name)
        if text is not None and whole_internet(text):
            return True
    return False


@function(args=("object", "string", "integer"), returns="boolean")
def reaches(rule: Mapping[str, Any], protocol: str, port: int) -> bool:
    """True when a rule is about a protocol and port: `reaches(r, "tcp", 22)`.

    `-1` is every protocol with all its ports. A bound that is null or -1 is open. Protocols may be
    written by name or number. Whether the rule allows or denies, and for whom, is not asked.
    """
    found = number(rule.get("IpProtocol", rule.get("Protocol")))
    if found == ALL:
        return True
    low, high = _ports(rule)
    return found == number(protocol) and low <= port <= high


@lru_cache(maxsize=512, typed=True)
def number(protocol: object) -> str:
    """A protocol's number as text, `-1` for all. Kept, because there are few and every rule asks."""
    if isinstance(protocol, bool) or not isinstance(protocol, str | int):
        raise TypeError("a protocol is a name or a number")
    text = str(protocol).strip().lower()
    text = ALL if text == "all" else NUMBERS.get(text, text)
    if not text.removeprefix("-").isdigit():
        raise ValueError(f"{text[:20]!r} is no protocol")
    return text


def _ports(rule: Mapping[str, Any]) -> tuple[float, float]:
    if "PortRange" in rule:
        span = rule["PortRange"] or {}
        return _bound(span.get("From"), -inf), _bound(span.get("To"), inf)
    return _bound(rule.get("FromPort"), -inf), _bound(rule.get("ToPort"), inf)


def _bound(value: object, unset: float) -> float:
    if value is None or value == -1:
        return unset
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a port is a number")
    return value
