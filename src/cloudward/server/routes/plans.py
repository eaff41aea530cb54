"""Plans: what is on and off for a scope and all below it, with effect from the next scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict

from cloudward.assess.plans import BY_ID, PLANS, Pillar, Plan, Plans, switched
from cloudward.assess.tree import Tree
from cloudward.errors import MissingError, UsageError, near
from cloudward.model import Switch
from cloudward.server.answers import DOCUMENTED, Listed, Page, Router, Strict, Word, encoded, sliced
from cloudward.server.changes import READ, Expected, Perhaps, conditional, tagged
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.sight import seen
from cloudward.server.state import Served, State
from cloudward.store import plans as kept
from cloudward.store.revisions import expect, version

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
                    "form": None,
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
    form: str | None
    """The form of the switch of that very scope: given as If-Match, nobody else's change is lost. Null where
    nobody switched it there."""
    switches: Sequence[SwitchItem]
    """Where somebody switched it, as far as the caller may see it."""


class Where(Strict):
    """In which scope."""

    scope: Word = ""
    """The scope that `enabled` speaks of; empty for the root."""


class Asked(Where, Listed):
    """A page of the plans."""


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
    tree = _tree(state, caller, asked.scope)
    found = _items(state, caller, tree, asked.scope)
    order = {plan.id: number for number, plan in enumerate(PLANS)}
    return sliced(state, "plans", asked, found, lambda each: (order[each.id],))


@router.get("/{plan}", response_model=PlanItem, responses={**READ})
def plan(state: Served, caller: Reader, plan: Word, asked: Annotated[Where, Query()]) -> Response:
    """One plan, with the ETag of the switch of this very scope where there is one."""
    _known(plan)
    tree = _tree(state, caller, asked.scope)
    return _told(state, caller, tree, plan, asked.scope)


@router.put("/{plan}", response_model=PlanItem, responses={**READ})
def switch(state: Served, caller: Planner, plan: Word, given: Setting, expected: Perhaps) -> Response:
    """Switch a plan in a scope and all below it. What was found before stays in the history. A switch that
    is there is changed with its ETag as If-Match."""
    _known(plan)
    _must(caller, Permission.PLAN, given.scope)
    tree = Tree(state.store.scopes())
    with state.store.database.write() as connection:
        known = kept.every(connection)
        old = _there(known, plan, given.scope)
        conditional(old, expected, "the switch of", plan)
        now = datetime.now(UTC).replace(microsecond=0)
        made = switched(plan, given.scope, given.enabled, caller.name, now, given.reason, known, tree)
        _by_hand(old)
        kept.keep(connection, made, caller.name)
    return _told(state, caller, tree, plan, given.scope)


@router.delete("/{plan}", response_model=PlanItem)
def reset(
    state: Served, caller: Planner, plan: Word, asked: Annotated[Where, Query()], expected: Expected
) -> Response:
    """Take a switch away: what is above it decides again."""
    _known(plan)
    _must(caller, Permission.PLAN, asked.scope)
    with state.store.database.write() as connection:
        found = _there(kept.every(connection), plan, asked.scope)
        if found is None:
            raise MissingError(f"nobody switched {plan} in {asked.scope or 'every scope'}")
        expect(found, expected, "the switch of", plan)
        _by_hand(found)
        kept.forget(connection, found.id, caller.name)
    return _told(state, caller, Tree(state.store.scopes()), plan, asked.scope)


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


def _tree(state: State, caller: Caller, scope: str) -> Tree:
    """The scopes, when this one is there for the caller."""
    tree = Tree(state.store.scopes())
    if scope and scope not in tree.ids:
        raise MissingError(f"there is no scope {scope!r}")
    if scope:
        _must(caller, Permission.READ, scope)
    return tree


def _there(switches: Sequence[Switch], plan: str, scope: str) -> Switch | None:
    """The switch of this very scope."""
    return next((each for each in switches if (each.plan, each.scope) == (plan, scope)), None)


def _told(state: State, caller: Caller, tree: Tree, plan: str, scope: str) -> Response:
    told = next(each for each in _items(state, caller, tree, scope) if each.id == plan)
    mine = _there(state.store.plans(), plan, scope)
    return encoded(told) if mine is None else tagged(told, mine)


def _items(state: State, caller: Caller, tree: Tree, scope: str) -> list[PlanItem]:
    switches = state.store.plans()
    holding, ids = Plans(switches, tree), seen(state, caller)
    mine = [each for each in switches if ids is None or each.scope in ids or not each.scope]
    return [_item(state, plan, holding.on(plan.id, scope), mine, scope) for plan in PLANS]


def _item(state: State, plan: Plan, on: bool, switches: Sequence[Switch], scope: str) -> PlanItem:
    mine = [_switch(each) for each in switches if each.plan == plan.id]
    here = _there(switches, plan.id, scope)
    count = sum(plan.id in plans for plans in state.content.plans_of.values())
    form = None if here is None else version(here)
    return PlanItem(plan.id, plan.pillar, plan.title, plan.holds, count, on, form, mine)


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
