"""Alerts: what detections found in logs, why it matters, and what people decided of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from pydantic import ConfigDict, Field

from cloudward.detect.detection import Correlation, Detection
from cloudward.detect.indicators.lookup import naming
from cloudward.errors import DeniedError, MissingError
from cloudward.model import Alert, AlertSeverity, AlertState, Evidence
from cloudward.pack.mappings import sources
from cloudward.server.answers import (
    DOCUMENTED,
    Count,
    Facets,
    Listed,
    Page,
    Router,
    Word,
    Words,
    encoded,
    page,
    place,
)
from cloudward.server.changes import READ, Expected, Line, may, tagged
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.resources import located
from cloudward.server.sight import Uid, seen
from cloudward.server.state import Served, State
from cloudward.server.triage import Filters, NewState
from cloudward.store.alertlist import AlertFilters
from cloudward.store.alerts import Alerts, decided, names
from cloudward.store.alerts import place as place_of
from cloudward.store.incidents import Incidents
from cloudward.store.indicators import IndicatorList
from cloudward.store.naming import Known
from cloudward.store.naming import texts as called_by

router = Router(prefix="/api/v1/alerts", tags=["alerts"])
MOST = 20
"""So many resources are told that it may be about."""
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Triager = Annotated[Caller, Depends(Needs(Permission.TRIAGE))]
EXAMPLE: dict[str, Any] = {
    "id": "4c7a69e7d1b0c2f3a4958677",
    "detection": "aws-trail-stopped",
    "title": "A trail was stopped",
    "severity": "high",
    "state": "active",
    "source": "aws-cloudtrail",
    "scope": "111122223333",
    "region": "eu-west-1",
    "resource": "main",
    "principal": "arn:aws:iam::111122223333:user/ana",
    "first": "2026-01-31T12:00:00Z",
    "last": "2026-01-31T12:04:00Z",
    "count": 2,
    "entities": {"ip": ["203.0.113.9"], "principal": ["arn:aws:iam::111122223333:user/ana"]},
    "tactics": ["TA0005"],
    "techniques": ["T1562.008"],
    "alert_types": [],
    "reasons": [],
    "sample": False,
    "state_by": None,
    "state_at": None,
    "state_reason": None,
    "suppression": None,
    "original": None,
    "incident": None,
}


@dataclass(frozen=True, slots=True)
class OriginalItem:
    """What another product says of an alert that is its own. Its texts are that product's."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "product": "Amazon GuardDuty",
                    "id": "8ec97b2d4c1f0a6e",
                    "type": "Recon:EC2/Portscan",
                    "description": "The instance scans ports of another host.",
                    "link": None,
                    "status": "no",
                    "state": "active",
                    "changed": "2026-01-31T12:05:00Z",
                }
            ]
        },
    )

    product: str
    id: str
    """What the product calls it."""
    type: str | None
    """The kind of alert, in the product's words."""
    description: str | None
    link: str | None
    """Where to look at it there: https or http."""
    status: str | None
    """The product's own word; null where its alerts have none."""
    state: AlertState
    """What that word means here."""
    changed: datetime
    """When the product changed it last."""


@dataclass(frozen=True, slots=True)
class AlertItem:
    """What a detection found: one for a scope, a resource, a principal and an hour; or another product."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [EXAMPLE]})

    id: str
    detection: str
    """The id of the detection; for another product's alert its source and kind, `falco/Terminal shell`."""
    title: str
    severity: AlertSeverity
    state: AlertState
    source: str
    """The kind of log that its events are of."""
    scope: str | None
    """Account, subscription, project, cluster or host; null where the events do not say."""
    region: str | None
    resource: str | None
    """What it happened to, as the events call it."""
    principal: str | None
    """Who did it."""
    first: datetime
    """When its first event happened."""
    last: datetime
    """When its last event happened."""
    count: int
    """Events that made it; from 1000 on at least so many."""
    entities: Mapping[str, Sequence[str]]
    """Kind of thing -> the things that it names."""
    tactics: Sequence[str]
    """MITRE ATT&CK tactic ids, in the order of an attack."""
    techniques: Sequence[str]
    """MITRE ATT&CK technique ids."""
    alert_types: Sequence[str]
    """The alert types of Defender for Cloud that it answers."""
    reasons: Sequence[str]
    """What was usual and what is not, or which indicator fits; empty where the rule says it all."""
    sample: bool
    """It only shows how alerts look."""
    state_by: str | None
    """Who gave it its state; null for nobody."""
    state_at: datetime | None
    state_reason: str | None
    suppression: str | None
    """The suppression that dismissed it."""
    original: OriginalItem | None
    """What the product says that raised it; null for what cloudward found."""
    incident: str | None
    """The incident that it is part of."""


@dataclass(frozen=True, slots=True)
class EventItem:
    """An event that an alert is made of."""

    __pydantic_config__ = DOCUMENTED

    id: str
    source: str
    at: datetime
    document: Any
    """As the log has it, with its secrets sealed."""
    file: str | None
    """The name of the file that it was read from."""
    line: int | None


@dataclass(frozen=True, slots=True)
class BehaviourItem:
    """What a detection of behaviour compares with what."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "kind": "new",
                    "entity": ["principal"],
                    "of": ["country"],
                    "days": 30,
                    "least_days": 7,
                    "least_events": 20,
                    "peers": False,
                }
            ]
        },
    )

    kind: str
    """`new`: a value that it never had; `burst`: many of them; `volume`: more than ever; `dormant`: back
    after silence; `travel`: two places too far from each other."""
    entity: Sequence[str]
    """For whom it is learnt what is usual."""
    of: Sequence[str]
    """Of what; empty where events are counted."""
    days: int
    """So many days before that of the event are looked at."""
    least_days: int
    """Of these with events, before anything is unusual."""
    least_events: int
    peers: bool
    """What is usual for others of the same scope is usual."""


@dataclass(frozen=True, slots=True)
class IndicatorItem:
    """What somebody says of a value that an event has."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "kind": "address",
                    "value": "203.0.113.66",
                    "source": "tor-exits",
                    "confidence": 90,
                    "expires": "2026-12-01T00:00:00Z",
                    "ended": False,
                    "labels": ["tor"],
                    "description": None,
                }
            ]
        },
    )

    kind: str
    """`address`, `domain`, `url`, `hash`."""
    value: str
    """The value, or the network or domain that it belongs to."""
    source: str
    """Who says so."""
    confidence: int
    """Of 100."""
    expires: datetime | None
    """Until when it says so; null for always."""
    ended: bool
    """It says so no more."""
    labels: Sequence[str]
    description: str | None


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A resource of the inventory."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "uid": "MTExMTIyMjIzMzMzAEFXUzo6UzM6OkJ1Y2tldABhcm46YXdzOnMzOjo6YWNtZS1sb2dz",
                    "id": "arn:aws:s3:::acme-logs",
                    "name": "acme-logs",
                    "type": "AWS::S3::Bucket",
                }
            ]
        },
    )

    uid: str
    """What addresses it here."""
    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """An alert with its story."""

    __pydantic_config__ = DOCUMENTED

    alert: AlertItem
    why: str | None
    """Why it matters; null where the detection is not among the built-in ones."""
    investigate: Sequence[str]
    """What to look at, a step each."""
    remediate: Sequence[str]
    """What to do, a step each."""
    falsepositives: Sequence[str]
    """What is harmless and looks like it."""
    references: Sequence[str]
    events: Sequence[EventItem]
    """Its earliest events, 20 at most."""
    behaviour: BehaviourItem | None
    """What was compared; null where nothing was learnt."""
    inventory: Sequence[KnownItem]
    """The resource of the inventory that it is about; several where its name is that of several, so that
    nobody can tell; none where it is not there."""
    indicators: Sequence[IndicatorItem]
    """Of an alert about indicators: what is said now of what its events have, the surest first."""


class Narrowed(Filters):
    """Filters of alerts."""

    resource: Word = ""
    """The uid of a resource of the inventory, which they name as nothing else of its scope is named."""
    suppression: Words = []
    """The ids of suppressions that dismissed them."""
    sample: bool | None = None
    """Only samples, or none of them."""


class Asked(Narrowed, Listed):
    """A page of the alerts that fit."""


class Facet(StrEnum):
    SEVERITY = "severity"
    STATE = "state"
    SCOPE = "scope"
    DETECTION = "detection"
    SOURCE = "source"
    TACTIC = "tactic"
    SAMPLE = "sample"


class FacetsAsked(Narrowed):
    """The same filters, and what is counted."""

    by: list[Facet] = [*Facet]
    """What to count by."""


class NewStates(NewState):
    """The same state for many: all of them or none."""

    ids: Annotated[list[Line], Field(min_length=1, max_length=1000)]


@router.get("")
def alerts(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[AlertItem]:
    """The most severe first, then the latest."""
    filters = wanted(state, caller, asked)
    found, total = _alerts(state).page(filters, asked.limit + 1, place(state, "alerts", asked))
    rows = zip(items(state, found), map(place_of, found), strict=True)
    return page(state, "alerts", asked, rows, total)


@router.get("/facets")
def facets(state: Served, caller: Reader, asked: Annotated[FacetsAsked, Query()]) -> Facets:
    """How many alerts there are by severity, state, scope, detection, source, tactic and being a sample."""
    found = _alerts(state).counted([each.value for each in asked.by], wanted(state, caller, asked))
    return Facets({by: [Count(*pair) for pair in pairs] for by, pairs in found.items()})


@router.get("/{id}", response_model=AlertDetail, responses={**READ})
def alert(state: Served, caller: Reader, id: Word) -> Response:
    """One alert: why it matters, what it names, its events, what to look at, what to do."""
    (found,) = _visible(state, caller, [id])
    return tagged(_detail(state, found), decided(found))


@router.put("/{id}/state", response_model=AlertItem, responses={**READ})
def change(state: Served, caller: Triager, id: Word, given: NewState, expected: Expected) -> Response:
    """Say that an alert is open, worked on, resolved, or dismissed with a reason."""
    _own(state, caller, [id])
    now = datetime.now(UTC)
    (made,) = _alerts(state).change_all([id], given.state, caller.name, now, given.reason, expected)
    return tagged(items(state, [made])[0], decided(made))


@router.post("/states", response_model=list[AlertItem])
def change_many(state: Served, caller: Triager, given: NewStates) -> Response:
    """Give many alerts the same state, whatever it was: all of them or none."""
    ids = [*dict.fromkeys(given.ids)]
    _own(state, caller, ids)
    made = _alerts(state).change_all(ids, given.state, caller.name, datetime.now(UTC), given.reason)
    return encoded(items(state, made))


def wanted(state: State, caller: Caller, asked: Narrowed) -> AlertFilters:
    """What is asked in the store's words, narrowed to what the caller may see."""
    about = _about(state, caller, asked.resource) if asked.resource else {}
    return {
        "severity": asked.severity or None,
        "state": asked.state or None,
        "scope": seen(state, caller, asked.scope) if asked.scope else None,
        "visible": seen(state, caller),
        **about,
        "detection": asked.detection or None,
        "source": asked.source or None,
        "tactic": asked.tactic or None,
        "entity": asked.entity or None,
        "suppression": asked.suppression or None,
        "sample": asked.sample,
        "since": asked.since,
        "until": asked.until,
        "search": asked.search,
    }


def _about(state: State, caller: Caller, uid: str) -> AlertFilters:
    """The texts that a resource is called by, and its scope."""
    row = located(state, caller, uid)
    resource = Known(row.key, row.scope, row.type, row.id, row.name, row.region)
    with state.store.database.read() as connection:
        return {"about": called_by(connection, resource), "within": row.scope}


def item(alert: Alert, incident: str | None) -> AlertItem:
    """An alert as the API tells it, with the incident that it is in."""
    entities: dict[str, list[str]] = {}
    for each in alert.entities:
        entities.setdefault(each.kind, []).append(each.value)
    return AlertItem(
        id=alert.id,
        detection=alert.detection,
        title=alert.title,
        severity=alert.severity,
        state=alert.state,
        source=alert.source,
        scope=alert.scope or None,
        region=alert.region or None,
        resource=alert.resource or None,
        principal=alert.principal or None,
        first=alert.first,
        last=alert.last,
        count=alert.count,
        entities=entities,
        tactics=alert.tactics,
        techniques=alert.techniques,
        alert_types=alert.alert_types,
        reasons=alert.reasons,
        sample=alert.sample,
        state_by=alert.state_by or None,
        state_at=alert.state_at,
        state_reason=alert.state_reason or None,
        suppression=alert.suppression or None,
        original=_original(alert),
        incident=incident,
    )


def _original(alert: Alert) -> OriginalItem | None:
    found = alert.original
    if found is None:
        return None
    return OriginalItem(
        product=found.product,
        id=found.id,
        type=found.type or None,
        description=found.description or None,
        link=found.link or None,
        status=found.status or None,
        state=found.state,
        changed=found.changed,
    )


def items(state: State, alerts: Sequence[Alert]) -> list[AlertItem]:
    """Alerts with the incidents that they are in."""
    of = Incidents(state.store.database).of([each.id for each in alerts])
    return [item(each, of.get(each.id)) for each in alerts]


def _alerts(state: State) -> Alerts:
    return Alerts(state.store.database)


def _visible(state: State, caller: Caller, ids: Sequence[str]) -> list[Alert]:
    """Those of these ids; one that the caller may not see is not there."""
    found, _ = _alerts(state).page({"id": ids, "visible": seen(state, caller)}, len(ids), None)
    if missing := {*ids} - {each.id for each in found}:
        raise MissingError(f"there is no alert {min(missing)!r}")
    return found


def _own(state: State, caller: Caller, ids: Sequence[str]) -> None:
    """Refuse where the caller may not decide of one of them."""
    _must(caller, (each.scope for each in _visible(state, caller, ids)))


def _must(caller: Caller, scopes: Iterable[str]) -> None:
    for scope in scopes:
        if not may(caller, Permission.TRIAGE, scope):
            raise DeniedError(f"{caller.name} may not {Permission.TRIAGE} in {scope}")


def _detail(state: State, alert: Alert) -> AlertDetail:
    about = state.detections.all.get(alert.detection)
    kept = _alerts(state).evidence(alert.id)
    return AlertDetail(
        alert=items(state, [alert])[0],
        why=about.why if about else None,
        investigate=about.investigate if about else (),
        remediate=about.remediate if about else (),
        falsepositives=about.falsepositives if about else (),
        references=about.references if about else (),
        events=[_event(each) for each in kept],
        behaviour=_behaviour(about),
        inventory=_inventory(state, alert),
        indicators=_indicators(state, alert, about, kept),
    )


def _event(each: Evidence) -> EventItem:
    name = PurePath(each.file).name or None
    return EventItem(each.id, each.source, each.at, each.document, name, each.line or None)


def _behaviour(about: Detection | Correlation | None) -> BehaviourItem | None:
    asked = about.behaviour if isinstance(about, Detection) else None
    if asked is None:
        return None
    return BehaviourItem(
        asked.kind, asked.entity, asked.of, asked.days, asked.least_days, asked.least_events, asked.peers
    )


def _inventory(state: State, alert: Alert) -> list[KnownItem]:
    asked = names(alert)[: 1 if alert.resource else None]
    known = state.store.called(asked)
    found = next((known[each] for each in asked if each in known), ())
    return [
        KnownItem(Uid(each.scope, each.type, each.id).text, each.id, each.name, each.type)
        for each in found[:MOST]
    ]


def _indicators(
    state: State, alert: Alert, about: Detection | Correlation | None, events: Sequence[Evidence]
) -> list[IndicatorItem]:
    asked = about.indicators if isinstance(about, Detection) else None
    if asked is None or alert.source not in sources():
        return []
    now, kept = datetime.now(UTC), IndicatorList(state.store.database)
    found = naming(asked, [each.document for each in events], sources()[alert.source], kept)
    return [
        IndicatorItem(
            each.kind,
            each.value,
            each.source,
            each.confidence,
            each.expires,
            each.expires is not None and each.expires <= now,
            each.labels,
            each.description or None,
        )
        for each in found
    ]
