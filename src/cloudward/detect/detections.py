"""Detections that are ready to run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cloudward.detect.detection import Correlation, Detection
from cloudward.detect.interpreter import explain, matches
from cloudward.errors import ContentError, UsageError, near
from cloudward.model import Leaf
from cloudward.pack.mappings import Source
from cloudward.pack.mappings import source as known_source


class Detections:
    """Rules by id. `failed` were not understood, `left_out` are those that their authors took back."""

    def __init__(
        self,
        rules: Mapping[str, Detection | Correlation],
        failed: Sequence[ContentError] = (),
        left_out: Sequence[ContentError] = (),
    ) -> None:
        self.all = dict(rules)
        self.failed, self.left_out = tuple(failed), tuple(left_out)
        self._engines: dict[str, Any] = {}

    @property
    def detections(self) -> Iterator[Detection]:
        """Rules that one event is enough for."""
        return (each for each in self.all.values() if isinstance(each, Detection))

    @property
    def correlations(self) -> Iterator[Correlation]:
        """Rules over several events."""
        return (each for each in self.all.values() if isinstance(each, Correlation))

    def __len__(self) -> int:
        return len(self.all)

    def __getitem__(self, id: str) -> Detection | Correlation:
        if id not in self.all:
            raise UsageError(f"there is no detection {id!r}{near(id, self.all)}")
        return self.all[id]

    def of(self, source: str | Source) -> list[Detection]:
        """The detections that run on events of a source, in the order of `all`."""
        source = known_source(source) if isinstance(source, str) else source
        return [
            each
            for each in self.detections
            if any(one.serves(each.product, each.category, each.service) for one in source.logsources)
        ]

    def match(self, events: Iterable[Mapping[str, Any]], source: str | Source) -> Iterator[tuple[int, str]]:
        """The place of each event and the id of each detection that it fits, in order.

        Those that only a correlation asks (`alone` is False) are among them. An event is plain JSON.
        """
        source = known_source(source) if isinstance(source, str) else source
        rules = self.of(source)
        for place, event in enumerate(events):
            for each in rules:
                if matches(each.condition, event, source):
                    yield place, each.id

    def explain(self, id: str, event: Mapping[str, Any], source: str | Source) -> tuple[Leaf, ...]:
        """Which leaves decided, with the values that were there."""
        found = self[id]
        if not isinstance(found, Detection):
            raise UsageError(f"{id} is a correlation; explain one of its rules: {', '.join(found.rules)}")
        return explain(found.condition, event, known_source(source) if isinstance(source, str) else source)
