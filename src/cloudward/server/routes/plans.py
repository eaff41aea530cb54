"""Plans: what is on and off for a scope and all below it, with effect from the next scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict

from cloudward.assess.plans import BY_ID, PLANS, Pillar, Plan, Plans, switched
from cloudward.assess.tree import Tree
from cloudward.errors import MissingError, UsageError, near
from cloudward.model import Switch
from cloudward.server.answers import DOCUMENTED, Listed, Page, Router, Word, sliced
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.sight import seen
from cloudward.server.state import Served, State
from cloudward.store import plans as kept

router = Router(prefix="/api/v1/plans", tags=["plans"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Planner = Annotated[Caller, Depends(Needs(Permission.PLAN))]


@dataclass(frozen=True, slots=True)
class SwitchItem:
    """That somebody switched a plan in a scope."""

    __pydantic_config__ = DOCUMENTED

    id: str
    scope: str | None
    """Null for everywhere."""
    enabled: bool
    created_by: str
    created_at: datetime
    reason: str | None
    source: str | None
    """The file that owns it, for `cloudward apply`; null for one that was made by hand."""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """Something that is switched as a whole."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "storage",
                    "pillar": "cwpp",
                    "title": "Storage",
                    "holds": "buckets, file systems and transfers",
                    "policies": 38,
                    "enabled": False,
                    "switches": [
                        {
                            "id": "plan-5f3a9c",
                            "scope": "ou-sandbox",
                            "enabled": False,
                            "created_by": "ann",
                            "created_at": "2026-01-12T08:30:00Z",
                            "reason": "Nothing of value is kept there.",
                            "source": None,
                        }
                    ],
                }
            ]
        },
    )

    id: str
    pillar: Pillar
    title: str
    holds: str
    """What it holds, in words."""
    policies: int
    """Policies that belong to it."""
    enabled: bool
    """Whether it is on in the scope that was asked for, or at the root."""
    switches: Sequence[SwitchItem]
    """Where somebody switched it, as far as the caller may see it."""


class Asked(Listed):
    """In which scope."""

    scope: Word = ""
    """The scope that `enabled` speaks of; empty for the root."""


class Setting(BaseModel):
    """Whether a plan is on."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    enabled: bool
    scope: Word = ""
    """Where, with all that is below; empty for everywhere."""
    reason: Word = ""


@router.get("")
def plans(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[PlanItem]:
    """Every plan, in order of pillar."""
    tree = Tree(state.store.scopes())
    if asked.scope and asked.scope not in tree.ids:
        raise MissingError(f"there is no scope {asked.scope!r}")
    if asked.scope:
        _must(caller, Permission.READ, asked.scope)
    found = _items(state, caller, tree, asked.scope)
    order = {plan.id: number for number, plan in enumerate(PLANS)}
    return sliced(state, "plans", asked, found, lambda each: (order[each.id],))


@router.put("/{plan}")
def switch(state: Served, caller: Planner, plan: Word, given: Setting) -> PlanItem:
    """Switch a plan in a scope and all below it. What was found before stays in the history."""
    _known(plan)
    _must(caller, Permission.PLAN, given.scope)
    tree = Tree(state.store.scopes())
    with state.store.database.write() as connection:
        known = kept.every(connection)
        now = datetime.now(UTC).replace(microsecond=0)
        made = switched(plan, given.scope, given.enabled, caller.name, now, given.reason, known, tree)
        _by_hand(next((each for each in known if each.id == made.id), None))
        kept.keep(connection, made, caller.name)
    return _one(state, caller, tree, plan, given.scope)


@router.delete("/{plan}")
def reset(state: Served, caller: Planner, plan: Word, scope: Annotated[Word, Query()] = "") -> PlanItem:
    """Take a switch away: what is above it decides again."""
    _known(plan)
    _must(caller, Permission.PLAN, scope)
    with state.store.database.write() as connection:
        known = kept.every(connection)
        found = next((each for each in known if (each.plan, each.scope) == (plan, scope)), None)
        if found is None:
            raise MissingError(f"nobody switched {plan} in {scope or 'every scope'}")
        _by_hand(found)
        kept.forget(connection, found.id, caller.name)
    return _one(state, caller, Tree(state.store.scopes()), plan, scope)


def _must(caller: Caller, permission: Permission, scope: str) -> None:
    """Refuse what he may do neither there nor everywhere."""
    if not caller.everywhere(permission):
        caller.must(permission, scope)


def _known(plan: str) -> None:
    if plan not in BY_ID:
        raise MissingError(f"there is no plan {plan!r}{near(plan, BY_ID)}")


def _by_hand(old: Switch | None) -> None:
    if old is not None and old.source:
        raise UsageError(f"the switch {old.id} is owned by {old.source}", "change it there")


def _one(state: State, caller: Caller, tree: Tree, plan: str, scope: str) -> PlanItem:
    return next(each for each in _items(state, caller, tree, scope) if each.id == plan)


def _items(state: State, caller: Caller, tree: Tree, scope: str) -> list[PlanItem]:
    switches = state.store.plans()
    holding, ids = Plans(switches, tree), seen(state, caller)
    mine = [each for each in switches if ids is None or each.scope in ids or not each.scope]
    return [_item(state, plan, holding.on(plan.id, scope), mine) for plan in PLANS]


def _item(state: State, plan: Plan, on: bool, switches: Sequence[Switch]) -> PlanItem:
    mine = [_switch(each) for each in switches if each.plan == plan.id]
    count = sum(plan.id in plans for plans in state.content.plans_of.values())
    return PlanItem(plan.id, plan.pillar, plan.title, plan.holds, count, on, mine)


def _switch(each: Switch) -> SwitchItem:
    return SwitchItem(
        each.id,
        each.scope or None,
        each.on,
        each.created_by,
        each.created_at,
        each.reason or None,
        each.source or None,
    )
