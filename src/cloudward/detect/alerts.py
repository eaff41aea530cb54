"""Hits become alerts: one for a detection, a scope, a resource, a principal and an hour.

The id is a hash of these, so that the same events give the same alerts, however often and in whatever order
they are read. A detection may name its own `group`: paths whose values stand for resource, principal, hour.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from msgspec.structs import replace

from cloudward.connect.events import Event
from cloudward.detect.behaviour import Verdict
from cloudward.detect.correlator import Joined
from cloudward.detect.detection import About, Correlation, Detection
from cloudward.detect.event import ABSENT, chosen, find, flat
from cloudward.detect.foreign import Told
from cloudward.model import Alert, AlertSeverity, Entity, Evidence, Original
from cloudward.pack import mappings
from cloudward.pack.mappings import Source
from cloudward.store.alerts import COUNTED, KEPT, REASONS
from cloudward.store.originals import joined, newer

SEVERITIES = {
    "informational": AlertSeverity.INFORMATIONAL,
    "low": AlertSeverity.LOW,
    "medium": AlertSeverity.MEDIUM,
    "high": AlertSeverity.HIGH,
    "critical": AlertSeverity.HIGH,
}
ENTITIES = 50
"""So many things of one kind does an alert name."""
LONGEST = 500


def severity(detection: About) -> AlertSeverity:
    """Sigma's level as alerts have it; there is nothing above high."""
    return SEVERITIES[detection.level]


def entities(event: Mapping[str, Any], source: Source) -> list[Entity]:
    """The things that an event names, in the order of the mapping."""
    found: dict[Entity, None] = {}
    for kind, paths in source.entities.items():
        for path in paths:
            for value in _texts(event, path):
                found[Entity(kind, value)] = None
    return list(found)


def about(event: Mapping[str, Any], paths: Iterable[str]) -> str:
    """The first text at the paths; empty when there is none."""
    return next((text for path in paths for text in _texts(event, path)), "")


def scope(event: Mapping[str, Any], source: Source) -> str:
    """The account, subscription, project, cluster or host of which an event is; empty when it says none."""
    return mappings.scope(text for path in source.scope for text in _texts(event, path))


def _texts(event: Mapping[str, Any], path: str) -> Iterator[str]:
    found = chosen(event, path) if "[" in path else find(event, path)
    for value in flat(found) if found is not ABSENT else ():
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            yield str(value)[:LONGEST]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event happened, to what and by whom; empty where it does not say."""

    scope: str
    region: str
    resource: str
    principal: str

    @classmethod
    def of(cls, event: Event, source: Source) -> Place:
        document, kinds = event.document, source.entities
        return cls(
            scope(document, source) or event.scope,
            about(document, source.region),
            about(document, kinds.get("resource", ())),
            about(document, kinds.get("principal", ())),
        )


@dataclass
class Draft:
    """An alert that is being gathered."""

    detection: About
    source: str
    scope: str
    region: str
    resource: str
    principal: str
    first: datetime
    last: datetime
    original: Original | None = None
    stated: int = 0
    """How often another product says that it saw it."""
    sample: bool = False
    entities: dict[Entity, None] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    seen: int = 0
    reasons: dict[str, None] = field(default_factory=dict)
    evidence: list[tuple[float, str, Evidence]] = field(default_factory=list)
    """A heap with the latest of the earliest `KEPT` events on top."""

    def add(self, event: Event, named: Iterable[Entity], kept: Evidence) -> None:
        if event.id in self.ids:
            return
        if len(self.ids) < COUNTED:
            self.ids.add(event.id)
        self.seen += 1
        self.first, self.last = min(self.first, event.at), max(self.last, event.at)
        self._name(named)
        self._keep(kept)

    def say(self, told: Told, about: About, place: Place) -> None:
        """What another product says; of several records of an alert the latest word stands."""
        before, after = self.original, told.original
        if before is None or newer(before, after):
            self.detection, self.source, self.region = about, after.source, place.region
            self.resource, self.principal = place.resource, place.principal
        self.original = after if before is None else joined(before, after)
        self.first = min(self.first, told.first)
        self.stated = max(self.stated, told.count)
        self.sample = self.sample or told.sample

    def join(self, joined: Joined, kept: Iterable[Evidence], source: Source) -> None:
        """What a correlation joined, with those of its events that are still at hand."""
        self.ids.update(joined.events[: COUNTED - len(self.ids)])
        self.seen = max(self.seen, joined.count, len(self.ids))
        self.first = min(self.first, datetime.fromtimestamp(joined.first, UTC))
        self.last = max(self.last, datetime.fromtimestamp(joined.last, UTC))
        for each in kept:
            self._name(entities(each.document, source))
            self._keep(each)

    def _name(self, named: Iterable[Entity]) -> None:
        for each in named:
            if sum(other.kind == each.kind for other in self.entities) < ENTITIES:
                self.entities[each] = None

    def _keep(self, kept: Evidence) -> None:
        item = (-kept.at.timestamp(), kept.id, kept)
        if any(item[:2] == other[:2] for other in self.evidence):
            return
        if len(self.evidence) < KEPT:
            heapq.heappush(self.evidence, item)
        elif item[:2] > self.evidence[0][:2]:
            heapq.heapreplace(self.evidence, item)

    def alert(self, id: str, *, sample: bool = False) -> Alert:
        return Alert(
            id=id,
            detection=self.detection.id,
            title=self.detection.title,
            severity=severity(self.detection),
            source=self.source,
            scope=self.scope,
            region=self.region,
            resource=self.resource,
            principal=self.principal,
            first=self.first,
            last=self.last,
            count=max(self.seen, self.stated),
            entities=tuple(sorted(self.entities)),
            tactics=self.detection.tactics,
            techniques=self.detection.techniques,
            alert_types=self.detection.alert_type,
            reasons=tuple(self.reasons)[:REASONS],
            sample=sample or self.sample,
            original=self.original,
        )


class Grouping:
    """Gathers hits; `sealed` is the event as it may be kept."""

    def __init__(self) -> None:
        self.drafts: dict[str, Draft] = {}

    def add(
        self, event: Event, detection: Detection | Correlation, source: Source, sealed: Mapping[str, Any]
    ) -> None:
        place = Place.of(event, source)
        draft = self._draft(_id(detection, event, place), event, detection, place)
        kept = Evidence(event.id, event.source, event.at, sealed, event.file, event.line)
        draft.add(event, entities(event.document, source), kept)

    def tell(
        self, event: Event, told: Told, detection: About | None, source: Source, sealed: Mapping[str, Any]
    ) -> None:
        """An alert of another product; what a detection of ours knows comes to what the product says."""
        document = dict(sealed)
        place = Place.of(replace(event, document=document), source)
        about = told.about
        if detection is not None:
            tags = (*about.tags, *detection.tags)
            about = replaced(about, id=detection.id, tags=tags, extra=detection.extra)
        if told.identity:
            id = _hash([told.origin, place.scope, *told.identity])
        else:
            id = _hash([about.id, place.scope, place.resource, place.principal, _hour(event.at)])
        draft = self._draft(id, event, about, place)
        kept = Evidence(event.id, event.source, event.at, sealed, event.file, event.line)
        draft.add(event, entities(document, source), kept)
        draft.say(told, about, place)

    def judge(
        self, event: Event, detection: Detection, source: Source, verdict: Verdict, sealed: Mapping[str, Any]
    ) -> None:
        """An event that a verdict speaks of."""
        place = Place.of(event, source)
        draft = self._draft(_hash([detection.id, place.scope, *verdict.group]), event, detection, place)
        draft.reasons |= dict.fromkeys(verdict.reasons)
        kept = Evidence(event.id, event.source, event.at, sealed, event.file, event.line)
        draft.add(event, entities(event.document, source), kept)

    def join(
        self,
        event: Event,
        correlation: Detection | Correlation,
        source: Source,
        joined: Joined,
        kept: Iterable[Evidence],
    ) -> None:
        """A correlation that began to hold with an event: one alert for its group and the hour."""
        place = Place.of(event, source)
        group = (f"{name}={value}" for name, value in sorted(joined.group.items()))
        hour = _hour(datetime.fromtimestamp(joined.last, UTC))
        id = _hash([correlation.id, place.scope, *group, hour])
        self._draft(id, event, correlation, place).join(joined, kept, source)

    def _draft(self, id: str, event: Event, detection: About, place: Place) -> Draft:
        if id not in self.drafts:
            self.drafts[id] = Draft(
                detection,
                event.source,
                place.scope,
                place.region,
                place.resource,
                place.principal,
                event.at,
                event.at,
            )
        return self.drafts[id]

    def taken(self) -> Iterator[tuple[str, Draft]]:
        """What was gathered; afterwards nothing is."""
        drafts, self.drafts = self.drafts, {}
        yield from drafts.items()


def _id(detection: Detection | Correlation, event: Event, place: Place) -> str:
    own = detection.extra.get("group")
    if own:
        return _hash([detection.id, place.scope, *(about(event.document, (path,)) for path in own)])
    return _hash([detection.id, place.scope, place.resource, place.principal, _hour(event.at)])


def _hour(at: datetime) -> str:
    return at.replace(minute=0, second=0, microsecond=0).isoformat()


def _hash(parts: Iterable[str]) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()
