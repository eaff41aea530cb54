"""The examples of detections, run: what `cloudward detections test` does.

A detection of content lies in a folder that is named after the source of its events; one of a user's folder
is tried on every source that its log source fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from cloudward.detect.behaviour import Verdict
from cloudward.detect.behaviour.acted import acted
from cloudward.detect.detection import Detection
from cloudward.detect.detections import Detections
from cloudward.detect.indicators.played import played
from cloudward.model import Leaf
from cloudward.pack.mappings import sources


@dataclass(frozen=True)
class Trial:
    """An example, and whether the detection alerts on it."""

    detection: Detection
    source: str
    number: int
    """Counted from 1, among those that alert or those that stay quiet."""
    event: Mapping[str, Any]
    expected: bool
    found: bool
    leaves: tuple[Leaf, ...]

    @property
    def passed(self) -> bool:
        return self.expected is self.found


def trials(detections: Detections, chosen: Iterable[Detection]) -> Iterator[Trial]:
    """Every example of the chosen detections."""
    for each in chosen:
        for source in tried(detections, each):
            for expected, examples in ((True, each.alerting), (False, each.quiet)):
                for number, event in enumerate(examples, 1):
                    if each.judged:
                        alert = outcome(detections, each, source, event) is not None
                        yield Trial(each, source, number, event, expected, alert, ())
                        continue
                    found = any(id == each.id for _, id in detections.match([event], source))
                    leaves = detections.explain(each.id, event, source)
                    yield Trial(each, source, number, event, expected, found, leaves)


def outcome(
    detections: Detections, each: Detection, source: str, example: Mapping[str, Any]
) -> Verdict | None:
    """What is unusual in an example, or known to do harm."""
    if each.behaviour is not None:
        return acted(detections, each, source, example)
    if all(id != each.id for _, id in detections.match([example], source)):
        return None
    return played().judge(each, example, sources()[source], 0.0)


def tried(detections: Detections, each: Detection) -> list[str]:
    """The sources whose events the examples of a detection are."""
    folder = PurePath(each.file).parent.name
    if folder in sources():
        return [folder]
    fitting = [name for name in sources() if any(one.id == each.id for one in detections.of(name))]
    return fitting[:1]
