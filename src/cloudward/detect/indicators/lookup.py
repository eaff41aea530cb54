"""Whether a value is an indicator: by a table for whole values, by one for each length of network.

A domain that is an indicator stands for all names below it. One that ended before the event says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_network
from typing import Any

from cloudward.connect.indicators import bare, normal
from cloudward.detect.behaviour import NAMES, Verdict
from cloudward.detect.detection import Detection
from cloudward.detect.event import ABSENT, find, first, flat
from cloudward.detect.indicators import Asked
from cloudward.detect.questions import address
from cloudward.model import Indicator
from cloudward.pack.mappings import Source
from cloudward.store.indicators import IndicatorList

URL = re.compile(r"(?:https?|ftp)://[^\s\"'<>|^`{}\\]{1,2000}", re.IGNORECASE)
HEX = re.compile(
    r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{128}|[0-9a-fA-F]{64}|[0-9a-fA-F]{40}|[0-9a-fA-F]{32})(?![0-9a-fA-F])"
)
LOOKED = 20
"""So many values of an event are looked up."""


class Indicators:
    """Indicators that are ready to be looked up; false when there are none."""

    def __init__(self, given: Iterable[Indicator] = ()) -> None:
        self._exact: dict[tuple[str, str], list[Indicator]] = {}
        self._networks: dict[tuple[int, int], dict[int, list[Indicator]]] = {}
        """Version and length of the part that is free -> the part that is given -> indicators."""
        for each in given:
            self._put(each)

    def __bool__(self) -> bool:
        return bool(self._exact or self._networks)

    def _put(self, each: Indicator) -> None:
        if each.kind == "address":
            network = ip_network(each.value)
            free = network.max_prefixlen - network.prefixlen
            if free:
                table = self._networks.setdefault((network.version, free), {})
                table.setdefault(int(network.network_address) >> free, []).append(each)
                return
        self._exact.setdefault((each.kind, each.value), []).append(each)

    def known(self, kind: str, value: str) -> list[Indicator]:
        """The indicators that a value, as `normal` writes it, is or belongs to."""
        found = [*self._exact.get((kind, value), ())]
        if kind == "address" and self._networks:
            parsed = address(value)
            if parsed is not None:
                for (version, free), table in self._networks.items():
                    if version == parsed[0]:
                        found += table.get(parsed[1] >> free, ())
        elif kind == "domain":
            rest = value
            while "." in (rest := rest.partition(".")[2]):
                found += self._exact.get((kind, rest), ())
        return found

    def judge(
        self, detection: Detection, event: Mapping[str, Any], source: Source, at: float
    ) -> Verdict | None:
        """What an event that the rule fits has of indicators."""
        asked = detection.indicators
        if asked is None or not self:
            return None
        moment = datetime.fromtimestamp(at, UTC)
        found: dict[str, Indicator] = {}
        for kind, value in _values(asked, event, source):
            for each in self.known(kind, value):
                if _counts(asked, each, moment):
                    found.setdefault(each.value, each)
        if not found:
            return None
        best = sorted(found.values(), key=lambda each: (-each.confidence, each.value))
        return Verdict((best[0].value, moment.strftime("%Y-%m-%d")), tuple(map(told, best[:3])))


def naming(
    asked: Asked, events: Iterable[Mapping[str, Any]], source: Source, kept: IndicatorList
) -> list[Indicator]:
    """What is said now of what stands in events, also what has ended; the surest first."""
    wanted: dict[str, set[str]] = {}
    for event in events:
        for kind, value in _values(asked, event, source):
            wanted.setdefault(kind, set()).update(_naming(kind, value))
    found = [each for kind, values in wanted.items() for each in kept.saying(kind, values)]
    return sorted(filter(partial(_fits, asked), found), key=lambda each: (-each.confidence, each.value))


def _naming(kind: str, value: str) -> Iterator[str]:
    """A value, and what it belongs to."""
    yield value
    if kind == "domain":
        while "." in (value := value.partition(".")[2]):
            yield value
    elif kind == "address" and "/" not in value:
        whole = ip_network(value)
        yield from (str(whole.supernet(new_prefix=length)) for length in range(whole.prefixlen))


def told(each: Indicator) -> str:
    """`203.0.113.66 is listed by tor-exits as tor: confidence 90 of 100, until 2026-12-01`."""
    named = f" as {', '.join(each.labels)}" if each.labels else ""
    what = f" ({each.description})" if each.description else ""
    end = f"until {each.expires:%Y-%m-%d}" if each.expires else "without an end"
    return f"{each.value} is listed by {each.source}{named}{what}: confidence {each.confidence} of 100, {end}"


def _counts(asked: Asked, each: Indicator, at: datetime) -> bool:
    if each.expires is not None and each.expires <= at:
        return False
    return _fits(asked, each)


def _fits(asked: Asked, each: Indicator) -> bool:
    labels = set(each.labels)
    return (not asked.labels or not labels.isdisjoint(asked.labels)) and labels.isdisjoint(asked.without)


def _values(asked: Asked, event: Mapping[str, Any], source: Source) -> Iterator[tuple[str, str]]:
    """Kind and value of what stands in the fields."""
    seen: set[tuple[str, str]] = set()
    for text in _texts(asked, event, source):
        for kind in asked.kinds:
            for value in FINDERS[kind](text):
                made = normal(kind, value)
                if made and (kind, made) not in seen and len(seen) < LOOKED:
                    seen.add((kind, made))
                    yield kind, made


def _texts(asked: Asked, event: Mapping[str, Any], source: Source) -> Iterator[str]:
    for name in asked.fields:
        paths = source.entities.get(name, ()) if name in NAMES else ()
        values = (
            [find(event, path) for path in paths] if name in NAMES else [first(event, source.paths(name))]
        )
        for value in values:
            for each in flat(value) if value is not ABSENT else ():
                if isinstance(each, str):
                    yield each


def _hosts(text: str) -> Iterator[str]:
    """A text that is a name, and the hosts of URLs in a text."""
    if "/" not in text and " " not in text:
        yield text
    for url in URL.findall(text):
        yield url.split("/", 3)[2].rpartition("@")[2].partition(":")[0]


def _addresses(text: str) -> Iterator[str]:
    if "/" not in text:
        yield bare(text)


FINDERS: Mapping[str, Callable[[str], Iterable[str]]] = {
    "address": _addresses,
    "domain": _hosts,
    "url": URL.findall,
    "hash": HEX.findall,
}
