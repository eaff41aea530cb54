"""Detections that are ready to run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cloudward.detect.detection import Correlation, Detection
from cloudward.detect.interpreter import explain
from cloudward.detect.routing import Routes, served
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
        self._routes: dict[str, tuple[Source, Routes]] = {}

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
        source = _source(source)
        return [each for each in self.detections if served(each, source)]

    def match(self, events: Iterable[Mapping[str, Any]], source: str | Source) -> Iterator[tuple[int, str]]:
        """The place of each event and the id of each detection that it fits, in order.

        Those that only a correlation asks (`alone` is False) are among them. An event is plain JSON.
        """
        routes = self.routes(source)
        ids = routes.ids
        for place, event in enumerate(events):
            for found in routes(event):
                yield place, ids[found]

    def routes(self, source: str | Source) -> Routes:
        """`routes(event)` gives the places in `routes.ids` of the detections that an event fits, in order."""
        source = _source(source)
        known, made = self._routes.get(source.name, (None, None))
        if made is None or known is not source:
            made = Routes(self.of(source), source)
            self._routes[source.name] = source, made
        return made

    def explain(self, id: str, event: Mapping[str, Any], source: str | Source) -> tuple[Leaf, ...]:
        """Which leaves decided, with the values that were there."""
        found = self[id]
        if not isinstance(found, Detection):
            raise UsageError(f"{id} is a correlation; explain one of its rules: {', '.join(found.rules)}")
        return explain(found.condition, event, _source(source))


def _source(source: str | Source) -> Source:
    return known_source(source) if isinstance(source, str) else source
