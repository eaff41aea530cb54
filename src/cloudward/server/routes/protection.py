"""Workload protection: which resources the plans cover, and where the open alerts are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated

from fastapi import Depends, Query
from pydantic import ConfigDict

from cloudward.assess.plans import PLANS, Pillar, Plan, Plans
from cloudward.assess.tree import Tree
from cloudward.model import AlertSeverity, AlertState
from cloudward.pack.mappings import sources
from cloudward.server.answers import DOCUMENTED, Router, Strict, Words
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.sight import seen
from cloudward.server.state import Served, State
from cloudward.store.alertlist import AlertFilters
from cloudward.store.alerts import Alerts, names
from cloudward.store.filters import Filters
from cloudward.store.naming import Known

router = Router(prefix="/api/v1/protection", tags=["alerts"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
OPEN = (AlertState.ACTIVE, AlertState.IN_PROGRESS)
MOST = 500
"""Of so many open alerts, the most severe, it is looked up what their resources are."""


@dataclass(frozen=True, slots=True)
class TypeItem:
    """Resources of a type."""

    __pydantic_config__ = DOCUMENTED

    type: str
    resources: int
    covered: int
    """Those that lie in scopes where the plan is on."""


@dataclass(frozen=True, slots=True)
class PlanCover:
    """What a plan covers of what it could."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "storage",
                    "pillar": "cwpp",
                    "title": "Storage",
                    "resources": 410,
                    "covered": 380,
                    "types": [{"type": "AWS::S3::Bucket", "resources": 410, "covered": 380}],
                    "logs": ["azure-storage"],
                    "alerts": {"high": 1, "medium": 0, "low": 4, "informational": 0},
                }
            ]
        },
    )

    id: str
    pillar: Pillar
    title: str
    resources: int
    """Resources of its types."""
    covered: int
    """Those that lie in scopes where it is on."""
    types: Sequence[TypeItem]
    """Its types of which there are resources, the most first."""
    logs: Sequence[str]
    """The logs whose alerts belong to it."""
    alerts: Mapping[AlertSeverity, int]
    """Open alerts of these logs."""


@dataclass(frozen=True, slots=True)
class TypeAlerts:
    """Open alerts about resources of a type."""

    __pydantic_config__ = DOCUMENTED

    type: str | None
    """Null for what is not in the inventory, or may be resources of several types."""
    alerts: Mapping[AlertSeverity, int]


@dataclass(frozen=True, slots=True)
class Protection:
    """How workloads are protected in the scopes that are asked for."""

    __pydantic_config__ = DOCUMENTED

    plans: Sequence[PlanCover]
    types: Sequence[TypeAlerts]
    """The types of what open alerts are about, the most alerts first; of 500 alerts, the most severe."""


class Asked(Strict):
    """Which scopes are counted."""

    scope: Words = []
    """A scope, with all below it; all that the caller may see."""


@router.get("")
def protection(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Protection:
    """What each plan covers, and the open alerts by plan and by type of resource."""
    ids = seen(state, caller, asked.scope)
    alerts: AlertFilters = {"state": OPEN, "sample": False, "visible": seen(state, caller), "scope": ids}
    return Protection(_plans(state, ids, alerts), _types(state, alerts))


def _plans(state: State, ids: Sequence[str] | None, alerts: AlertFilters) -> list[PlanCover]:
    found = state.store.scopes()
    holding = Plans(state.store.plans(), Tree(found))
    mine = [each.id for each in found if ids is None or each.id in ids]
    here = _inventory(state, ids)
    by_log = _by_log(state, alerts)
    return [
        _cover(plan, here, _off(state, holding, plan, mine), by_log) for plan in PLANS if plan.id != "posture"
    ]


def _inventory(state: State, ids: Sequence[str] | None) -> dict[str, int]:
    """Type -> resources in these scopes."""
    filters: Filters = {} if ids is None else {"scope": ids}
    return {each.value: each.count for each in state.store.inventory("type", **filters)}


def _off(state: State, holding: Plans, plan: Plan, scopes: Sequence[str]) -> dict[str, int]:
    """Type -> resources where the plan is off."""
    if not holding:
        return {}
    off = [scope for scope in scopes if not holding.on(plan.id, scope)]
    return _inventory(state, off) if off else {}


def _by_log(state: State, alerts: AlertFilters) -> dict[str, Counter[AlertSeverity]]:
    found: dict[str, Counter[AlertSeverity]] = defaultdict(Counter)
    kept = Alerts(state.store.database)
    for severity in AlertSeverity:
        for log, count in kept.counted(["source"], {**alerts, "severity": [severity]})["source"]:
            found[log][severity] = count
    return found


def _cover(
    plan: Plan,
    here: Mapping[str, int],
    off: Mapping[str, int],
    by_log: Mapping[str, Counter[AlertSeverity]],
) -> PlanCover:
    mine = [type for type in here if any(fnmatchcase(type, each) for each in plan.types)]
    types = [TypeItem(type, here[type], here[type] - off.get(type, 0)) for type in mine]
    logs = [name for name, source in sources().items() if source.plan == plan.id]
    counts = sum((by_log.get(log, Counter()) for log in logs), Counter())
    return PlanCover(
        id=plan.id,
        pillar=plan.pillar,
        title=plan.title,
        resources=sum(each.resources for each in types),
        covered=sum(each.covered for each in types),
        types=sorted(types, key=lambda each: (-each.resources, each.type)),
        logs=logs,
        alerts=_whole(counts),
    )


def _types(state: State, alerts: AlertFilters) -> list[TypeAlerts]:
    found, _ = Alerts(state.store.database).page(alerts, MOST, None)
    named = {each.id: names(each) for each in found}
    known = state.store.called({each for some in named.values() for each in some})
    counts: dict[str | None, Counter[AlertSeverity]] = defaultdict(Counter)
    for each in found:
        types = (_type(known.get(name, ())) for name in named[each.id])
        counts[next(filter(None, types), None)][each.severity] += 1
    made = [TypeAlerts(type, _whole(each)) for type, each in counts.items()]
    return sorted(made, key=lambda each: (each.type is None, -sum(each.alerts.values()), each.type or ""))


def _type(found: Collection[Known]) -> str | None:
    """What all that it may be have in common."""
    types = {each.type for each in found}
    return types.pop() if len(types) == 1 else None


def _whole(counts: Counter[AlertSeverity]) -> dict[AlertSeverity, int]:
    return {each: counts[each] for each in AlertSeverity}
