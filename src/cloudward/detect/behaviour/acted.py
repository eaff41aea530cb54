"""An example of a behaviour, played: days of what is usual, and then what is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from cloudward.detect.behaviour import Behaviour, Verdict
from cloudward.detect.behaviour.baselines import Baselines
from cloudward.detect.behaviour.kinds import DAY
from cloudward.detect.detection import Detection
from cloudward.detect.detections import Detections

FIRST = 20_000
"""The first day that is played, counted from 1970."""
KEYS = ("before", "days", "times", "meanwhile", "then", "count", "hour", "gap")
"""What an example may say: events of every day before, how many days, how often a day; events of the `gap`
days after them; then the events that are judged, how often, at which hour."""


def acted(
    detections: Detections, detection: Detection, source: str, example: Mapping[str, Any]
) -> Verdict | None:
    """The last verdict on the events that come `then`."""
    baselines = Baselines(Detections({detection.id: detection}))
    verdict = None
    for number, (at, event, judged) in enumerate(_events(example, detection.behaviour)):  # type: ignore[arg-type]
        if any(id == detection.id for _, id in detections.match([event], source)):
            found = baselines.feed([detection.id], event, source, at, str(number))
            verdict = found[-1][1] if judged and found else verdict
    return verdict


def judged(example: Mapping[str, Any]) -> list[Any]:
    """The events that are judged."""
    return list(example.get("then") or ())


def _events(example: Mapping[str, Any], asked: Behaviour) -> Iterator[tuple[float, Any, bool]]:
    """When, what, and whether it is judged."""
    before, days = example.get("before") or (), int(example.get("days", asked.least_days))
    times = int(example.get("times", ceil(asked.least_events / max(1, days * len(before)))))
    for day in range(FIRST, FIRST + days):
        yield from ((_at(day, 12, number), event, False) for number in range(times) for event in before)
    last = FIRST + days + int(example.get("gap", 0))
    for day in range(FIRST + days, last):
        yield from ((_at(day, 12, 0), event, False) for event in example.get("meanwhile") or ())
    hour = int(example.get("hour", 12))
    for number in range(int(example.get("count", 1))):
        yield from ((_at(last, hour, number), event, True) for event in judged(example))


def _at(day: int, hour: int, second: int) -> float:
    return day * DAY + hour * 3600 + second % 3600
