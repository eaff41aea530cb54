"""The indicators that examples of detections may name: listed in every way that detections ask for."""

from __future__ import annotations

from functools import cache

from cloudward.connect.indicators import KINDS
from cloudward.detect.indicators.lookup import Indicators
from cloudward.model import Indicator

VALUES = {
    "address": ("203.0.113.66",),
    "domain": ("bad.example",),
    "url": ("https://bad.example/malware",),
    "hash": ("d" * 64, "d" * 32),
}
TOR = "203.0.113.99"
"""An address that is listed as an exit of Tor."""
PROXY = "203.0.113.98"
"""One that is listed as an open proxy."""
LABELS = ("malicious-activity", "phishing", "sinkhole", "malware", "c2")


@cache
def played() -> Indicators:
    """All of them."""
    given = [Indicator(kind, value, "examples", 90, None, LABELS) for kind in KINDS for value in VALUES[kind]]
    given.append(Indicator("address", TOR, "examples", 90, None, ("tor",)))
    given.append(Indicator("address", PROXY, "examples", 90, None, ("proxy",)))
    return Indicators(given)
