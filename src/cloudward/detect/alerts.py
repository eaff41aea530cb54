"""Hits become alerts: one for a detection, a scope, a resource, a principal and an hour.

The id is a hash of these, so that the same events give the same alerts, however often and in whatever order
they are read. A detection may name its own `group`: paths whose values stand for resource, principal, hour.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from cloudward.connect.events import Event
from cloudward.detect.detection import Correlation, Detection
from cloudward.detect.event import ABSENT, find, flat
from cloudward.model import Alert, AlertSeverity, Entity, Evidence
from cloudward.pack.mappings import Source
from cloudward.store.alerts import COUNTED, KEPT

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


def severity(detection: Detection | Correlation) -> AlertSeverity:
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


def _texts(event: Mapping[str, Any], path: str) -> Iterator[str]:
    found = find(event, path)
    for value in flat(found) if found is not ABSENT else ():
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            yield str(value)[:LONGEST]


@dataclass
class Draft:
    """An alert that is being gathered."""

    detection: Detection | Correlation
    source: str
    scope: str
    region: str
    resource: str
    principal: str
    first: datetime
    last: datetime
    entities: dict[Entity, None] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    seen: int = 0
    evidence: list[tuple[float, str, Evidence]] = field(default_factory=list)
    """A heap with the latest of the earliest `KEPT` events on top."""

    def add(self, event: Event, named: Iterable[Entity], kept: Evidence) -> None:
        if event.id in self.ids:
            return
        if len(self.ids) < COUNTED:
            self.ids.add(event.id)
        self.seen += 1
        self.first, self.last = min(self.first, event.at), max(self.last, event.at)
        for each in named:
            if sum(other.kind == each.kind for other in self.entities) < ENTITIES:
                self.entities[each] = None
        item = (-event.at.timestamp(), event.id, kept)
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
            count=self.seen,
            entities=tuple(sorted(self.entities)),
            tactics=self.detection.tactics,
            techniques=self.detection.techniques,
            alert_types=self.detection.alert_type,
            sample=sample,
        )


class Grouping:
    """Gathers hits. `seal` is applied to an event before it is kept as evidence."""

    def __init__(self) -> None:
        self.drafts: dict[str, Draft] = {}

    def add(
        self, event: Event, detection: Detection | Correlation, source: Source, sealed: Mapping[str, Any]
    ) -> None:
        document = event.document
        scope = about(document, source.scope)
        resource = about(document, source.entities.get("resource", ()))
        principal = about(document, source.entities.get("principal", ()))
        id = _id(detection, event, scope, resource, principal)
        draft = self.drafts.get(id)
        if draft is None:
            draft = self.drafts[id] = Draft(
                detection,
                event.source,
                scope,
                about(document, source.region),
                resource,
                principal,
                event.at,
                event.at,
            )
        kept = Evidence(event.id, event.source, event.at, sealed, event.file, event.line)
        draft.add(event, entities(document, source), kept)

    def taken(self) -> Iterator[tuple[str, Draft]]:
        """What was gathered; afterwards nothing is."""
        drafts, self.drafts = self.drafts, {}
        yield from drafts.items()


def _id(detection: Detection | Correlation, event: Event, scope: str, resource: str, principal: str) -> str:
    own = detection.extra.get("group")
    if own:
        parts = [detection.id, scope, *(about(event.document, (path,)) for path in own)]
    else:
        hour = event.at.replace(minute=0, second=0, microsecond=0).isoformat()
        parts = [detection.id, scope, resource, principal, hour]
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()
