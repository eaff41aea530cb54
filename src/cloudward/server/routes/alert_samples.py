"""Sample alerts, by plan: how alerts look and where they go. It stands before `alerts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Response
from pydantic import Field

from cloudward.detect.samples import plans, samples
from cloudward.errors import UsageError, near
from cloudward.server.answers import DOCUMENTED, Router, encoded
from cloudward.server.changes import Given, Line
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.alerts import AlertItem, items
from cloudward.server.sight import seen
from cloudward.server.state import Served
from cloudward.store.alerts import Alerts

router = Router(prefix="/api/v1/alerts/samples", tags=["alerts"])
Triager = Annotated[Caller, Depends(Needs(Permission.TRIAGE))]


class NewSamples(Given):
    """Which samples."""

    plans: Annotated[list[Line], Field(max_length=50)] = []
    """Plans of Defender for Cloud, as `GET` lists them; none is all of them."""
    scope: Line | None = None
    """Where they lie. Null for where their examples happened, which needs the permission for all scopes."""


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """A plan of which there are samples."""

    __pydantic_config__ = DOCUMENTED

    plan: str
    samples: int


@dataclass(frozen=True, slots=True)
class SamplePlans:
    """Every plan of which there are samples."""

    __pydantic_config__ = DOCUMENTED

    items: list[SamplePlan]


@dataclass(frozen=True, slots=True)
class SamplesRemoved:
    """What is gone."""

    __pydantic_config__ = DOCUMENTED

    removed: int


@router.get("")
def possible(state: Served, _caller: Triager) -> SamplePlans:
    """The plans that samples can be made of."""
    return SamplePlans([SamplePlan(plan, len(ids)) for plan, ids in plans(state.detections).items()])


@router.post("", status_code=201, response_model=list[AlertItem])
def make(state: Served, caller: Triager, given: NewSamples) -> Response:
    """Make samples, up to three of a plan. They say that they are samples, nobody is told of them, and they
    are in no incident. Those that are there already stay as they are."""
    caller.must(Permission.TRIAGE, given.scope or "")
    known = plans(state.detections)
    for plan in given.plans:
        if plan not in known:
            raise UsageError(f"there is no plan {plan!r}{near(plan, known)}", f"one of {', '.join(known)}")
    scope, alerts = given.scope or "", Alerts(state.store.database)
    made = list(samples(state.detections, given.plans, datetime.now(UTC), scope))
    alerts.add_samples(made, caller.name, scope)
    return encoded(items(state, alerts.named(each.id for each in made)), 201)


@router.delete("")
def remove(state: Served, caller: Triager) -> SamplesRemoved:
    """Remove the samples of all scopes in which the caller may decide of alerts."""
    scopes = seen(state, caller, permission=Permission.TRIAGE)
    return SamplesRemoved(Alerts(state.store.database).remove_samples(caller.name, scopes))
