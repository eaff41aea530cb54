"""Which rules an event of a source is for: those of the log sources whose values it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudward.detect.detection import Detection
from cloudward.detect.engine import SETTLED, Engine
from cloudward.detect.looking import loader
from cloudward.pack.mappings import Gate, LogSource, Source

KEPT = 10_000
"""So many different values of an event's gates are remembered."""


def served(detection: Detection, source: Source) -> tuple[LogSource, ...]:
    """The log sources of a source in which a detection runs; one that asks nothing stands for all."""
    found = tuple(
        each
        for each in source.logsources
        if each.serves(detection.product, detection.category, detection.service)
    )
    return next(((each,) for each in found if not each.when), found)


def fits(gate: Gate, texts: Mapping[str, str | tuple[str, ...]]) -> bool:
    """Whether every field of the gate has one of its values."""
    for field, values in gate.items():
        text = texts[field]
        if not any(each in values for each in ((text,) if isinstance(text, str) else text)):
            return False
    return True


class Routes:
    """The detections of one source, compiled; `ids` are theirs."""

    def __init__(
        self,
        detections: Sequence[Detection],
        source: Source,
        *,
        indexed: bool = True,
        settled: int = SETTLED,
    ) -> None:
        self.ids = [each.id for each in detections]
        parts: dict[int, list[int]] = {}
        for place, each in enumerate(detections):
            for one in served(each, source):
                parts.setdefault(source.logsources.index(one), []).append(place)
        self._parts = [
            (source.logsources[number].when, _Part(detections, places, source, indexed, settled))
            for number, places in parts.items()
        ]
        gated = {field for when, _ in self._parts for gate in when for field in gate}
        self._loads = {field: loader(field, source) for field in sorted(gated)}
        self._open: dict[Any, list[_Part]] = {}

    def __call__(self, event: Mapping[str, Any]) -> list[int]:
        """The places of the detections that the event fits, in order."""
        if not self._loads and len(self._parts) < 2:
            return self._parts[0][1](event) if self._parts else []
        key = tuple([load(event) for load in self._loads.values()])
        parts = self._open.get(key)
        if parts is None:
            parts = self._opened(key)
        found = [place for part in parts for place in part(event)]
        return sorted(set(found)) if len(parts) > 1 and found else found

    def _opened(self, key: tuple[Any, ...]) -> list[_Part]:
        texts = dict(zip(self._loads, key, strict=True))
        if len(self._open) >= KEPT:
            self._open.clear()
        parts = [part for when, part in self._parts if not when or any(fits(gate, texts) for gate in when)]
        self._open[key] = parts
        return parts


class _Part:
    """The detections of one log source; compiled when its first event comes."""

    def __init__(
        self,
        detections: Sequence[Detection],
        places: Sequence[int],
        source: Source,
        indexed: bool,
        settled: int,
    ) -> None:
        self.detections, self.places, self.source = detections, places, source
        self.indexed, self.settled = indexed, settled
        self.engine: Engine | None = None

    def __call__(self, event: Mapping[str, Any]) -> list[int]:
        engine = self.engine or self._compiled()
        found = engine(event)
        return [self.places[place] for place in found] if found else found

    def _compiled(self) -> Engine:
        rules = [self.detections[place] for place in self.places]
        fields = dict.fromkeys(field for each in rules for field in each.fields)
        conditions = [each.condition for each in rules]
        self.engine = Engine(conditions, fields, self.source, indexed=self.indexed, settled=self.settled)
        return self.engine
