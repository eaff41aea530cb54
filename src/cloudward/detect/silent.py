"""Can this rule fire? A rule whose fields never occur stays quiet whatever happens, and should say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cloudward.detect.detection import Correlation, Detection
from cloudward.detect.detections import Detections
from cloudward.detect.looking import loader
from cloudward.detect.questions import LOGIC, question
from cloudward.detect.routing import fits, served
from cloudward.errors import near
from cloudward.pack.mappings import Source, sources
from cloudward.rules.ast import Call, Expr

NEAR = 1000
"""The near name is looked for among so many of the paths that most events have."""
PATHS, DEPTH = 50_000, 30
"""So many different paths of a source are told apart, so deep; beyond that nothing is called missing."""


class Seen:
    """Which fields the events of a source have. `paths` is path -> events that have it, lists passed over."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.events = 0
        self.paths: Counter[str] = Counter()
        self.whole = True
        """False when there were more paths than are told apart."""
        self.logs: set[int] = set()
        """Places of the log sources that some event is of."""
        gated = {field for each in source.logsources for gate in each.when for field in gate}
        self._loads = {field: loader(field, source) for field in gated}

    def add(self, event: Mapping[str, Any]) -> None:
        """Count one event."""
        self.events += 1
        found = set(_paths(event, "", 0))
        if "" in found or len(self.paths) + len(found) > PATHS:
            self.whole = False
            found = {path for path in found if path in self.paths}
        self.paths.update(found)
        texts = {field: load(event) for field, load in self._loads.items()}
        for place, each in enumerate(self.source.logsources):
            if place not in self.logs and (not each.when or any(fits(gate, texts) for gate in each.when)):
                self.logs.add(place)

    def has(self, field: str) -> bool:
        """Whether a field that a rule names occurs."""
        return not self.whole or not field or any(path in self.paths for path in self.source.paths(field))


@dataclass(frozen=True)
class Silent:
    """A detection that cannot fire on what was seen."""

    id: str
    why: str
    fields: tuple[str, ...] = ()
    """Those that never occur."""


def silent(detections: Detections, seen: Iterable[Seen]) -> Iterator[Silent]:
    """The detections that could not have fired on any event that was seen, whatever its values, and why."""
    by_name = {each.source.name: each for each in seen}
    quiet: set[str] = set()
    for each in detections.detections:
        found = _silent(each, by_name)
        if found:
            quiet.add(each.id)
            yield found
    waiting = list(detections.correlations)
    while ready := [one for one in waiting if _without(one, quiet)]:
        waiting = [one for one in waiting if one not in ready]
        for one in ready:
            named = ", ".join(id for id in dict.fromkeys(one.rules) if id in quiet)
            quiet.add(one.id)
            yield Silent(one.id, f"it needs what cannot fire: {named}")


def _silent(each: Detection, seen: Mapping[str, Seen]) -> Silent | None:
    known = {**sources(), **{name: one.source for name, one in seen.items()}}
    serving = [source for source in known.values() if served(each, source)]
    log = " ".join(filter(None, (each.product, each.category, each.service)))
    if not serving:
        return Silent(each.id, f"no event source writes the log {log}")
    there = [seen[source.name] for source in serving if source.name in seen and seen[source.name].events]
    if not there:
        return Silent(each.id, f"no events of {' or '.join(source.name for source in serving)} were seen")
    there = [one for one in there if one.logs.intersection(_places(each, one.source))]
    if not there:
        return Silent(each.id, f"no event of the log {log} was seen")
    if any(_possible(each.condition, one) is not False for one in there):
        return None
    missing = tuple(dict.fromkeys(name for one in there for name in _reasons(each.condition, one)))
    paths = {path for one in there for path, _ in one.paths.most_common(NEAR)}
    named = ", ".join(f"{name}{near(name, paths)}" for name in missing)
    return Silent(each.id, f"its fields never occur: {named}", missing)


def _places(each: Detection, source: Source) -> set[int]:
    """Places of the log sources in which it runs."""
    return {source.logsources.index(log) for log in served(each, source)}


def _possible(condition: Expr, seen: Seen) -> bool | None:
    """What the condition gives with the fields that never occur left out; None when it depends on values."""
    assert isinstance(condition, Call)
    if condition.function == "!":
        inner = _possible(condition.args[0], seen)
        return None if inner is None else not inner
    if condition.function in ("&&", "||"):
        decides = condition.function == "||"
        answers = [_possible(part, seen) for part in condition.args]
        return decides if decides in answers else None if None in answers else not decides
    asked = question(condition)
    if seen.has(asked.field) and (not asked.other or seen.has(asked.other)):
        return None
    return asked.op == "null"


def _reasons(condition: Expr, seen: Seen) -> list[str]:
    """The fewest fields whose absence alone decides."""
    assert isinstance(condition, Call)
    if condition.function in LOGIC:
        if condition.function == "!":
            return _reasons(condition.args[0], seen)
        decided = _possible(condition, seen)
        parts = [_reasons(part, seen) for part in condition.args if _possible(part, seen) is decided]
        alone = decided is (condition.function == "||")
        return min(parts, key=len) if alone else [name for part in parts for name in part]
    asked = question(condition)
    return [name for name in (asked.field, asked.other) if name and not seen.has(name)]


def _without(each: Correlation, quiet: set[str]) -> bool:
    """Whether too few of its rules are left."""
    left = [id for id in dict.fromkeys(each.rules) if id not in quiet]
    if each.type == "temporal_ordered":
        return len(left) < len(set(each.rules))
    return not left or (each.type == "temporal" and len(left) < each.condition.get("gte", 0))


def _paths(value: Any, above: str, depth: int) -> Iterator[str]:
    """Every path of an event; an empty one when it is too deep to say."""
    if depth > DEPTH:
        yield ""
    elif type(value) is dict:
        for name, inner in value.items():
            path = f"{above}.{name}" if above else name
            yield path
            yield from _paths(inner, path, depth + 1)
    elif type(value) is list:
        for inner in value:
            yield from _paths(inner, above, depth + 1)
