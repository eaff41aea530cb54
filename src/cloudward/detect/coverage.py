"""Which alert types of Defender for Cloud have a detection, and what the others would need.

`content/alert_types.csv` gives each type of the reference its source of events, or the sensor, the
indicators or the learnt behaviour that would be needed. https://learn.microsoft.com/azure/defender-for-cloud/alerts-reference
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cloudward.detect.detections import Detections

TABLE = Path(__file__).parent.parent / "content" / "alert_types.csv"
STATES = ("covered", "partly", "not covered", "needs sensor", "needs indicators", "incident")


@dataclass(frozen=True, slots=True)
class Answered:
    """An alert type, and how it is answered."""

    plan: str
    alert_type: str
    name: str
    source: str
    """The source of events; for what needs something else, what that is."""
    state: str
    detections: tuple[str, ...]


def answered(detections: Detections) -> Iterator[Answered]:
    """Every alert type of the reference, in its order."""
    by_type: dict[str, list[str]] = {}
    learnt = {each.id for each in detections.detections if each.behaviour is not None}
    for each in detections.all.values():
        for name in each.alert_type:
            by_type.setdefault(name, []).append(each.id)
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            keys = [*row["alert_type"].split(";"), row["name"]]
            found = tuple(dict.fromkeys(id for key in keys if key for id in by_type.get(key, ())))
            yield Answered(
                row["plan"], row["alert_type"], row["name"], row["source"], _state(row, found, learnt), found
            )


def _state(row: dict[str, str], found: tuple[str, ...], learnt: set[str]) -> str:
    """`partly` where the reference means behaviour that is learnt and the detection goes by a fixed rule, and
    where the log holds what was asked of a model only when that is switched on."""
    if row["needs"] in ("sensor", "indicators", "incident"):
        return "incident" if row["needs"] == "incident" else f"needs {row['needs']}"
    if not found:
        return "not covered"
    if row["needs"] == "behaviour":
        return "partly" if learnt.isdisjoint(found) else "covered"
    return "partly" if row["needs"] == "content" else "covered"


def totals(rows: Iterable[Answered]) -> dict[str, int]:
    """How many alert types are answered how, in the order of `STATES`."""
    count = Counter(row.state for row in rows)
    return {state: count[state] for state in STATES}
