"""Policies: what is looked for, and where it is on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Depends, Query

from cloudward.assess.assignments import Assignments, members
from cloudward.assess.parameters import Parameters
from cloudward.connect import leaves
from cloudward.errors import MissingError, near
from cloudward.model import Effect, Parameter, Policy, Provider, Severity
from cloudward.pack import Pack
from cloudward.server import sight
from cloudward.server.answers import (
    DOCUMENTED,
    Count,
    Facets,
    Listed,
    Page,
    Router,
    Strict,
    Word,
    Words,
    sliced,
)
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.sight import visible
from cloudward.server.state import Served, State

router = Router(prefix="/api/v1/policies", tags=["policies"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]


@dataclass(frozen=True, slots=True)
class PolicyItem:
    """A policy in a list."""

    __pydantic_config__ = DOCUMENTED

    id: str
    title: str
    severity: Severity
    types: Sequence[str]
    """Types of the resources that it looks at."""
    providers: Sequence[str]
    categories: Sequence[str]
    control: str | None
    """The control of the secure score."""
    parameters: Sequence[str]
    """Their names."""
    built_in: bool
    """It comes with cloudward."""
    preview: bool


@dataclass(frozen=True, slots=True)
class PolicyDetail:
    """A policy, whole."""

    __pydantic_config__ = DOCUMENTED

    id: str
    title: str
    severity: Severity
    types: Sequence[str]
    providers: Sequence[str]
    categories: Sequence[str]
    control: str | None
    built_in: bool
    custom: bool
    """It was written here, and its text is among the custom policies."""
    preview: bool
    applies: str | None
    """CEL; false means not applicable. Null for all resources of the types."""
    unhealthy: str
    """CEL; true means unhealthy."""
    parameters: Mapping[str, Parameter]
    why: str
    fix: Mapping[str, str]
    """Steps by tool: `portal`, `cli`, `terraform`."""
    note: str | None
    tactics: Sequence[str]
    """MITRE ATT&CK tactic ids."""
    standards: Sequence[str]
    """Ids of the standards that hold it."""
    equivalents: Mapping[str, Sequence[str]]
    """Foreign catalogue -> the ids of the same check there."""
    file: str
    hash: str
    in_force: Sequence[InForce]
    """What holds in each scope that the caller may see and of which it speaks."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds for a policy in a scope."""

    __pydantic_config__ = DOCUMENTED

    scope: str
    name: str
    effect: Effect
    parameters: Mapping[str, Any]
    """What it runs with."""
    by: Sequence[str]
    """The assignments that decide; none: the built-in default."""


class Asked(Listed):
    """Filters of policies."""

    provider: list[Provider] = []
    type: Words = []
    severity: list[Severity] = []
    category: Words = []
    control: Words = []
    standard: Words = []
    search: Word = ""
    """Part of the title or id, in any case."""


class OneAsked(Strict):
    """In which scopes it is told what holds."""

    scope: Words = []
    """A scope, with all below it; all that the caller may see."""


@router.get("")
def policies(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[PolicyItem]:
    """The policies, in order of id."""
    return sliced(state, "policies", asked, _items(state, caller, asked), lambda each: (each.id,))


@router.get("/facets")
def facets(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Facets:
    """How many policies there are by severity, category, control, type and provider."""
    return Facets({by: _facet(state, caller, asked, by, name) for by, name in FACETS.items()})


@router.get("/{policy}")
def policy(state: Served, caller: Reader, policy: Word, asked: Annotated[OneAsked, Query()]) -> PolicyDetail:
    """One policy, whole, and what holds for it where."""
    known = sight.policies(state, caller)
    if policy not in known:
        raise MissingError(f"there is no policy {policy!r}{near(policy, known)}")
    found = known[policy]
    return _detail(state, found, _in_force(state, caller, found, asked.scope))


FACETS = {
    "severity": "severity",
    "category": "categories",
    "control": "control",
    "type": "types",
    "provider": "providers",
}


def _facet(state: State, caller: Caller, asked: Asked, by: str, name: str) -> list[Count]:
    counts: dict[str, int] = {}
    for each in _items(state, caller, asked.model_copy(update={by: []})):
        value = getattr(each, name)
        for one in value if isinstance(value, tuple | list) else (value,):
            counts[one or ""] = counts.get(one or "", 0) + 1
    return [Count(value, n) for value, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]


def _items(state: State, caller: Caller, asked: Asked) -> list[PolicyItem]:
    text = asked.search.casefold()
    standards = [state.pack.standards[id] for id in asked.standard if id in state.pack.standards]
    held = {id for each in standards for id in members(each)}
    known = sight.policies(state, caller)
    return [
        each
        for each in _every(state, state.pack)
        if each.id in known
        and (text in each.title.casefold() or text in each.id)
        and (not asked.type or {*asked.type} & {*each.types})
        and (not asked.severity or each.severity in asked.severity)
        and (not asked.category or {*asked.category} & {*each.categories})
        and (not asked.control or (each.control or "") in asked.control)
        and (not asked.standard or each.id in held)
        and (not asked.provider or {*asked.provider} & {*each.providers})
    ]


@lru_cache(maxsize=2)
def _every(state: State, pack: Pack) -> tuple[PolicyItem, ...]:
    """All of a content."""
    return tuple(_item(state, each) for each in pack.policies.values())


def _providers(state: State, policy: Policy) -> list[str]:
    return sorted({state.pack.types[type].provider for type in policy.resource})


def _item(state: State, policy: Policy) -> PolicyItem:
    return PolicyItem(
        id=policy.id,
        title=policy.title,
        severity=policy.severity,
        types=policy.resource,
        providers=_providers(state, policy),
        categories=policy.categories,
        control=state.control_of.get(policy.id),
        parameters=[*policy.params],
        built_in=state.pack.built_in(policy.id),
        preview=policy.preview,
    )


def _detail(state: State, policy: Policy, in_force: Sequence[InForce]) -> PolicyDetail:
    return PolicyDetail(
        id=policy.id,
        title=policy.title,
        severity=policy.severity,
        types=policy.resource,
        providers=_providers(state, policy),
        categories=policy.categories,
        control=state.control_of.get(policy.id),
        built_in=state.pack.built_in(policy.id),
        custom=policy.id in state.pack.homes,
        preview=policy.preview,
        applies=policy.applies,
        unhealthy=policy.unhealthy,
        parameters=policy.params,
        why=policy.why,
        fix=policy.fix,
        note=policy.note or None,
        tactics=policy.tactics,
        standards=[id for id, each in state.pack.standards.items() if policy.id in members(each)],
        equivalents={name: [*checks] for name, checks in policy.equivalents.items()},
        file=policy.file,
        hash=policy.hash,
        in_force=in_force,
    )


def _in_force(state: State, caller: Caller, policy: Policy, asked: Sequence[str]) -> list[InForce]:
    assigned = Assignments.of_store(state.store, state.pack)
    parameters, speaking = Parameters(state.pack.policies), _providers(state, policy)
    below = state.store.below(asked) if asked else None
    found = []
    for scope in leaves(visible(state, caller)):
        here = scope.provider in speaking and assigned.at_home(policy.id, scope.id)
        if here and (below is None or scope.id in below):
            holding = assigned.of(policy.id, scope.id)
            values = dict(parameters.of(policy.id, scope.id, holding.parameters))
            by = [each.id for each in holding.by]
            found.append(InForce(scope.id, scope.name or scope.id, holding.effect, values, by))
    return found
