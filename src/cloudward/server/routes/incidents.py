"""Incidents: alerts that tell one story, why each is in it, and what people decided of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from pydantic import ConfigDict, Field

from cloudward.errors import DeniedError, MissingError
from cloudward.model import Alert, AlertSeverity, AlertState, Comment, Incident, Link, Member
from cloudward.respond.incidents import story
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
from cloudward.server.changes import MADE, READ, Expected, Given, Line, Prose, may, tagged
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.alerts import AlertItem
from cloudward.server.routes.alerts import item as alert_item
from cloudward.server.sight import seen
from cloudward.server.state import Served, State
from cloudward.server.triage import Filters, NewState
from cloudward.store.incidentlist import IncidentFilters
from cloudward.store.incidents import Incidents
from cloudward.store.incidents import place as place_of

router = Router(prefix="/api/v1/incidents", tags=["incidents"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Triager = Annotated[Caller, Depends(Needs(Permission.TRIAGE))]
EXAMPLE: dict[str, Any] = {
    "id": "in-4c7a69e7d1b0",
    "title": "From credential access to exfiltration",
    "severity": "high",
    "state": "active",
    "owner": None,
    "scopes": ["111122223333"],
    "alerts": 7,
    "hidden": 0,
    "tactics": ["TA0003", "TA0005", "TA0006", "TA0010"],
    "score": 5.4,
    "needed": 2.5,
    "first": "2026-01-31T12:00:00Z",
    "last": "2026-01-31T16:04:00Z",
    "made_at": "2026-01-31T16:05:00Z",
    "state_by": None,
    "state_at": None,
    "state_reason": None,
    "merged_into": None,
}


@dataclass(frozen=True, slots=True)
class IncidentItem:
    """Alerts that tell one story: what one actor did, by whatever identities."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [EXAMPLE]})

    id: str
    title: str
    severity: AlertSeverity
    state: AlertState
    owner: str | None
    """Whose it is; null for nobody's."""
    scopes: Sequence[str]
    """Where its alerts are, as far as the caller may see."""
    alerts: int
    """Alerts in it, all of them."""
    hidden: int
    """So many of them are in scopes that the caller may not see; 0 in lists."""
    tactics: Sequence[str]
    """MITRE ATT&CK tactic ids, in the order of an attack."""
    score: float
    """What its alerts say together."""
    needed: float
    """What was needed to raise it."""
    first: datetime
    """When its first alert began."""
    last: datetime
    """When its last alert was last seen."""
    made_at: datetime
    """When it was first seen as an incident."""
    state_by: str | None
    """Who gave it its state; `cloudward` where it was no person, null for nobody."""
    state_at: datetime | None
    state_reason: str | None
    merged_into: str | None
    """The incident that it is part of now."""


@dataclass(frozen=True, slots=True)
class SharedItem:
    """What two alerts have in common."""

    __pydantic_config__ = DOCUMENTED

    way: str
    """credential, principal, name, pivot, ip, machine, resource; pivot: one made or took the identity by
    which the other was done."""
    value: str
    weight: float
    """How much it says: near 1 for what chance would hardly bring together so soon."""


@dataclass(frozen=True, slots=True)
class BecauseItem:
    """The link by which an alert came into an incident."""

    __pydantic_config__ = DOCUMENTED

    alert: str
    """The alert that it is linked to."""
    score: float
    apart: float
    """Seconds between the two."""
    shared: Sequence[SharedItem]
    """The weightiest first."""


@dataclass(frozen=True, slots=True)
class MemberItem:
    """An alert and why it is in the incident."""

    __pydantic_config__ = DOCUMENTED

    alert: AlertItem
    weight: float
    """What it says by itself: the severe and rare says much, what somebody does daily nothing."""
    raised: Sequence[str]
    """Why it weighs more where it happened: exposed, vulnerable, sensitive."""
    why: str
    """Why it is in the incident, in words."""
    because: BecauseItem | None
    """Null for the first, for what somebody put here, and where the other alert is not shown."""
    placed_by: str | None
    """Who put it here by hand."""


@dataclass(frozen=True, slots=True)
class NodeItem:
    """A thing that alerts name."""

    __pydantic_config__ = DOCUMENTED

    id: str
    kind: str
    """principal, credential, ip, resource, host, workload."""
    value: str
    alerts: Sequence[str]


@dataclass(frozen=True, slots=True)
class EdgeItem:
    """From one thing to another."""

    __pydantic_config__ = DOCUMENTED

    source: str
    target: str
    what: str
    """did: a principal to a thing; from: an address; with: a key; became: an identity that was taken."""
    alerts: Sequence[str]


@dataclass(frozen=True, slots=True)
class NextItem:
    """The next step that is likely."""

    __pydantic_config__ = DOCUMENTED

    tactic: str
    name: str
    expect: str
    """What to watch for."""


@dataclass(frozen=True, slots=True)
class CommentItem:
    """What somebody wrote."""

    __pydantic_config__ = DOCUMENTED

    id: str
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class IncidentDetail:
    """An incident with its story."""

    __pydantic_config__ = DOCUMENTED

    incident: IncidentItem
    timeline: Sequence[MemberItem]
    """Its alerts, the earliest first."""
    nodes: Sequence[NodeItem]
    """The things that its alerts name, at most 80."""
    edges: Sequence[EdgeItem]
    """How they hang together."""
    next: NextItem | None
    """Null when the last stage of an attack is reached."""
    comments: Sequence[CommentItem]
    """The oldest first."""


class Narrowed(Filters):
    """Filters of incidents."""

    owner: Words = []
    """Empty for those that are nobody's."""


class Asked(Narrowed, Listed):
    """A page of the incidents that fit."""


class Facet(StrEnum):
    SEVERITY = "severity"
    STATE = "state"
    SCOPE = "scope"
    SOURCE = "source"
    TACTIC = "tactic"
    OWNER = "owner"


class FacetsAsked(Narrowed):
    """The same filters, and what is counted."""

    by: list[Facet] = [*Facet]
    """What to count by."""


class NewOwner(Given):
    """Whose an incident is from now on."""

    owner: Word
    """A name or an address; empty for nobody's."""


class NewComment(Given):
    """What somebody writes of an incident."""

    text: Prose


class Merged(Given):
    """The incidents that become part of this one."""

    incidents: Annotated[list[Line], Field(min_length=1, max_length=100, examples=[["in-90fe77a05d1f"]])]


class Split(Given):
    """The alerts that become an incident of their own."""

    alerts: Annotated[
        list[Line], Field(min_length=1, max_length=1000, examples=[["4c7a69e7d1b0c2f3a4958677"]])
    ]


@router.get("")
def incidents(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[IncidentItem]:
    """The most severe first, then the latest; what was merged into another one is left out."""
    filters = wanted(state, caller, asked)
    found, total = _incidents(state).page(filters, asked.limit + 1, place(state, "incidents", asked))
    sight = filters.get("visible")
    return page(state, "incidents", asked, ((item(each, sight), place_of(each)) for each in found), total)


@router.get("/facets")
def facets(state: Served, caller: Reader, asked: Annotated[FacetsAsked, Query()]) -> Facets:
    """How many incidents there are by severity, state, scope, source, tactic and owner."""
    found = _incidents(state).counted([each.value for each in asked.by], wanted(state, caller, asked))
    return Facets({by: [Count(*pair) for pair in pairs] for by, pairs in found.items()})


@router.get("/{incident}", response_model=IncidentDetail, responses={**READ})
def incident(state: Served, caller: Reader, incident: Word) -> Response:
    """One incident: its alerts in order and why each is in it, who did what to what, what is likely next."""
    found = _visible(state, caller, incident)
    return tagged(_detail(state, caller, found), _incidents(state).decided(found.id))


@router.put("/{incident}/state", response_model=IncidentItem, responses={**READ})
def change(state: Served, caller: Triager, incident: Word, given: NewState, expected: Expected) -> Response:
    """Say that an incident is open, worked on, resolved or dismissed; the last two with a reason."""
    _own(state, caller, incident)
    now = datetime.now(UTC)
    made = _incidents(state).change(incident, given.state, caller.name, now, given.reason, expected)
    return _changed(state, made)


@router.put("/{incident}/owner", response_model=IncidentItem, responses={**READ})
def assign(state: Served, caller: Triager, incident: Word, given: NewOwner, expected: Expected) -> Response:
    """Say whose an incident is."""
    _own(state, caller, incident)
    return _changed(state, _incidents(state).assign(incident, given.owner, caller.name, expected))


@router.post("/{incident}/comments", response_model=CommentItem, status_code=201)
def comment(state: Served, caller: Triager, incident: Word, given: NewComment) -> Response:
    """Write something of an incident."""
    _own(state, caller, incident)
    made = _incidents(state).comment(incident, given.text, caller.name, datetime.now(UTC))
    return encoded(_comment(made), 201)


@router.post("/{incident}/merge", response_model=IncidentItem, responses={**READ})
def merge(state: Served, caller: Triager, incident: Word, given: Merged, expected: Expected) -> Response:
    """Make other incidents part of this one. It stays so, whatever is found later."""
    for id in (incident, *given.incidents):
        _own(state, caller, id)
    return _changed(state, _incidents(state).merge(incident, given.incidents, caller.name, expected))


@router.post("/{incident}/split", response_model=IncidentItem, status_code=201, responses={**MADE})
def split(state: Served, caller: Triager, incident: Word, given: Split, expected: Expected) -> Response:
    """Make some alerts of this incident one of their own, which is answered. It stays so."""
    _own(state, caller, incident)
    found = _incidents(state)
    made = found.split(incident, given.alerts, caller.name, datetime.now(UTC), expected)
    return tagged(item(made, None), found.decided(made.id), 201, f"/api/v1/incidents/{made.id}")


def _incidents(state: State) -> Incidents:
    return Incidents(state.store.database)


def _changed(state: State, made: Incident) -> Response:
    return tagged(item(made, None), _incidents(state).decided(made.id))


def wanted(state: State, caller: Caller, asked: Narrowed) -> IncidentFilters:
    """What is asked in the store's words, narrowed to what the caller may see."""
    return {
        "severity": asked.severity or None,
        "state": asked.state or None,
        "scope": seen(state, caller, asked.scope) if asked.scope else None,
        "visible": seen(state, caller),
        "source": asked.source or None,
        "detection": asked.detection or None,
        "tactic": asked.tactic or None,
        "entity": asked.entity or None,
        "owner": asked.owner or None,
        "since": asked.since,
        "until": asked.until,
        "search": asked.search,
    }


def _visible(state: State, caller: Caller, id: str) -> Incident:
    """The incident, when the caller may see one of its alerts; one that was merged is told to who may all."""
    found = _incidents(state).known(id)
    allowed = seen(state, caller)
    if found is None or not (allowed is None or {*found.scopes} & {*allowed}):
        raise MissingError(f"there is no incident {id!r}")
    return found


def _own(state: State, caller: Caller, id: str) -> None:
    """Refuse where the caller may not decide of all of it."""
    for scope in _visible(state, caller, id).scopes:
        if not may(caller, Permission.TRIAGE, scope):
            raise DeniedError(f"{caller.name} may not {Permission.TRIAGE} in all scopes of {id}")


def item(found: Incident, sight: Collection[str] | None, hidden: int = 0) -> IncidentItem:
    return IncidentItem(
        id=found.id,
        title=found.title,
        severity=found.severity,
        state=found.state,
        owner=found.owner or None,
        scopes=[each for each in found.scopes if each and (sight is None or each in sight)],
        alerts=found.alerts,
        hidden=hidden,
        tactics=found.tactics,
        score=found.score,
        needed=found.needed,
        first=found.first,
        last=found.last,
        made_at=found.made_at,
        state_by=found.state_by or None,
        state_at=found.state_at,
        state_reason=found.state_reason or None,
        merged_into=found.merged_into or None,
    )


def _detail(state: State, caller: Caller, found: Incident) -> IncidentDetail:
    sight, kept = seen(state, caller), _incidents(state)
    every = kept.members(found.id)
    shown = [pair for pair in every if sight is None or pair[1].scope in sight]
    ids = {alert.id for _, alert in shown}
    shown = [(_without(member, ids), alert) for member, alert in shown]
    nodes, edges = story.graph(shown)
    after = story.following(found.tactics)
    return IncidentDetail(
        incident=item(found, sight, len(every) - len(shown)),
        timeline=[_member(found.id, member, alert) for member, alert in shown],
        nodes=[NodeItem(each.id, each.kind, each.value, each.alerts) for each in nodes],
        edges=[EdgeItem(each.source, each.target, each.what, each.alerts) for each in edges],
        next=None if after is None else NextItem(after.tactic, after.name, after.expect),
        comments=[_comment(each) for each in kept.comments(found.id)],
    )


def _without(member: Member, ids: set[str]) -> Member:
    """Without the link to an alert that is not shown."""
    link = member.because
    if link is None or {link.earlier, link.later} <= ids:
        return member
    return replace(member, because=None)


def _member(incident: str, member: Member, alert: Alert) -> MemberItem:
    link = None if member.placed_by else member.because
    return MemberItem(
        alert=alert_item(alert, incident),
        weight=member.weight,
        raised=member.raised,
        why=story.told(member),
        because=None if link is None else _because(link, alert.id),
        placed_by=member.placed_by or None,
    )


def _because(link: Link, alert: str) -> BecauseItem:
    return BecauseItem(
        link.earlier if link.later == alert else link.later,
        link.score,
        link.apart,
        [SharedItem(each.way, each.value, each.weight) for each in link.shared],
    )


def _comment(made: Comment) -> CommentItem:
    return CommentItem(made.id, made.at, made.by, made.text)
