"""Suppressions: which alerts to come are dismissed at once, why, and until when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import ConfigDict, Field

from cloudward.detect.foreign import is_foreign
from cloudward.errors import MissingError, UsageError, near
from cloudward.model import Suppression
from cloudward.server.answers import DOCUMENTED, Listed, Page, Router, Word, Words, sliced
from cloudward.server.changes import MADE, READ, Given, Holding, Line, Prose, may, tagged
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.alerts import AlertItem, items
from cloudward.server.state import Served, State
from cloudward.store.alerts import Alerts
from cloudward.store.suppressions import LOOKED_BACK, made

router = Router(prefix="/api/v1/suppressions", tags=["alerts"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Triager = Annotated[Caller, Depends(Needs(Permission.TRIAGE))]
SHOWN = 50
Patterns = Annotated[list[Line], Field(min_length=1, max_length=100)]


@dataclass(frozen=True, slots=True)
class SuppressionItem:
    """Which alerts to come are dismissed."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "su-5f3a9c01b2d4",
                    "detection": "aws-root-acted",
                    "fields": {"ip": ["203.0.113.*"]},
                    "scope": "111122223333",
                    "reason": "Our drill with the key in the safe.",
                    "created_by": "ann",
                    "created_at": "2026-01-12T08:30:00Z",
                    "expires": "2026-02-11T08:30:00Z",
                    "in_force": True,
                    "hidden": 3,
                }
            ]
        },
    )

    id: str
    detection: str | None
    """Only alerts of this detection, or of this kind of another product's; null for all."""
    fields: Mapping[str, Sequence[str]]
    """Field of the alert or kind of thing that it names -> values of which one is there; `*` is any text."""
    scope: str | None
    """Only in this scope, not below it; null for everywhere."""
    reason: str
    created_by: str
    """An alert that names this person is not hidden."""
    created_at: datetime
    expires: datetime
    in_force: bool
    """It has not ended yet."""
    hidden: int | None
    """How many alerts it dismissed; null where it also hides in scopes that the caller may not see."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a suppression would have done in the last 30 days."""

    __pydantic_config__ = DOCUMENTED

    since: datetime
    hidden: int
    """Alerts that it would have hidden."""
    spared: int
    """Alerts that fit and would have stayed, because they name who asks."""
    alerts: Sequence[AlertItem]
    """Of those hidden the most severe, 50 at most."""


class Asked(Listed):
    """Filters of suppressions."""

    detection: Words = []
    scope: Words = []
    in_force: bool | None = None
    """Only those that have not ended, or only those that have."""
    search: Word = ""
    """Part of the detection, reason, author or a value, in any case."""


class About(Given):
    """What a suppression speaks of: all that is given has to fit, and something has to be given."""

    detection: Line | None = None
    fields: Annotated[dict[Line, Patterns], Field(max_length=20)] = {}
    """`ip`, `principal`, `session`, `credential`, `resource`, `process`, `file`, `image`, `workload`, `host`,
    `title`, `severity`, `source` or `region` -> values of which one is there; `*` stands for any text."""
    scope: Line | None = None
    """Null for everywhere, which needs the permission for all scopes."""


class NewSuppression(About):
    """A suppression."""

    reason: Prose
    """Why these alerts are harmless."""
    days: Annotated[int, Field(ge=1, le=90)] = 30
    """How long."""


@router.get("")
def suppressions(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[SuppressionItem]:
    """Those of the caller's scopes and those that hold everywhere. The latest first."""
    found = [each for each in _items(state, caller) if _fits(each, asked)]
    return sliced(state, "suppressions", asked, found, lambda each: (-each.created_at.timestamp(), each.id))


@router.post("/preview")
def preview(state: Served, caller: Triager, given: About) -> Preview:
    """Which alerts of the last 30 days it would have hidden. Nothing is kept."""
    rule = _made(state, caller, given, "preview", 1)
    since = rule.created_at - LOOKED_BACK
    found = list(_alerts(state).preview(rule, since))
    counts = Counter(hides for _, hides in found)
    shown = items(state, [alert for alert, hides in found if hides][:SHOWN])
    return Preview(since, counts[True], counts[False], shown)


@router.get("/{id}", response_model=SuppressionItem, responses={**READ})
def suppression(state: Served, caller: Reader, id: Word) -> Response:
    """One suppression."""
    rule = _one(state, caller, id)
    return tagged(_item(caller, rule, _alerts(state).hidden()), rule)


@router.post("", status_code=201, response_model=SuppressionItem, responses={**MADE})
def add(state: Served, caller: Triager, given: NewSuppression) -> Response:
    """Dismiss alerts to come, for at most 90 days. What is there already stays as it is."""
    rule = _made(state, caller, given, given.reason, given.days)
    _alerts(state).suppress(rule)
    return tagged(_item(caller, rule, {}), rule, 201, f"/api/v1/suppressions/{rule.id}")


@router.delete("/{id}", status_code=204)
def withdraw(state: Served, caller: Triager, id: Word) -> Response:
    """Take a suppression back. What it dismissed stays dismissed."""
    rule = _one(state, caller, id)
    caller.must(Permission.TRIAGE, rule.scope)
    _alerts(state).unsuppress(rule.id, caller.name)
    return Response(status_code=204)


def _alerts(state: State) -> Alerts:
    return Alerts(state.store.database)


def _items(state: State, caller: Caller) -> list[SuppressionItem]:
    holding, hidden = Holding(state, caller), _alerts(state).hidden()
    every = _alerts(state).suppressions()
    return [_item(caller, each, hidden) for each in every if holding.shows(each.scope)]


def _fits(each: SuppressionItem, asked: Asked) -> bool:
    values = (value for some in each.fields.values() for value in some)
    said = (each.detection or "", each.reason, each.created_by, *values)
    return (
        (not asked.detection or (each.detection or "") in asked.detection)
        and (not asked.scope or (each.scope or "") in asked.scope)
        and asked.in_force in (None, each.in_force)
        and any(asked.search.casefold() in text.casefold() for text in said)
    )


def _one(state: State, caller: Caller, id: str) -> Suppression:
    holding = Holding(state, caller)
    for each in _alerts(state).suppressions():
        if each.id == id and holding.shows(each.scope):
            return each
    raise MissingError(f"there is no suppression {id!r}")


def _made(state: State, caller: Caller, given: About, reason: str, days: int) -> Suppression:
    if not given.scope or not may(caller, Permission.TRIAGE, given.scope):
        caller.must(Permission.TRIAGE, given.scope or "")
    known = state.detections.all
    if given.detection and given.detection not in known and not is_foreign(given.detection):
        raise UsageError(f"there is no detection {given.detection!r}{near(given.detection, known)}")
    return made(given.detection or "", given.fields, given.scope or "", reason, caller.name, days)


def _item(caller: Caller, rule: Suppression, hidden: Mapping[str, int]) -> SuppressionItem:
    whole = caller.everywhere(Permission.READ) or rule.scope in caller.scopes(Permission.READ)
    return SuppressionItem(
        id=rule.id,
        detection=rule.detection or None,
        fields=rule.fields,
        scope=rule.scope or None,
        reason=rule.reason,
        created_by=rule.created_by,
        created_at=rule.created_at,
        expires=rule.expires,
        in_force=rule.expires > datetime.now(UTC),
        hidden=hidden.get(rule.id, 0) if whole else None,
    )
