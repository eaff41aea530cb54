"""Recommendations: what to fix, grouped by policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, cast

from fastapi import Depends, Query
from pydantic import AwareDatetime, ConfigDict

from cloudward.assess.assignments import Assignments, disabled, members
from cloudward.assess.posture import Recommendation
from cloudward.assess.posture import recommendations as grouped
from cloudward.connect import leaves
from cloudward.errors import MissingError, near
from cloudward.model import Policy, Provider, Severity
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
from cloudward.server.routes.assessments import facet
from cloudward.server.sight import policies, seen, visible
from cloudward.server.state import Served, State
from cloudward.store.filters import Filters

router = Router(prefix="/api/v1/recommendations", tags=["recommendations"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
RANK = {severity: rank for rank, severity in enumerate((Severity.HIGH, Severity.MEDIUM, Severity.LOW))}


@dataclass(frozen=True, slots=True)
class RecommendationItem:
    """A policy, and how many resources it finds how."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "policy": "aws-s3-bucket-public",
                    "title": "Buckets should not be open to everybody",
                    "severity": "high",
                    "categories": ["data"],
                    "types": ["AWS::S3::Bucket"],
                    "unhealthy": 3,
                    "unknown": 1,
                    "healthy": 40,
                    "not_applicable": 0,
                    "exempt": 2,
                    "gain": 1.25,
                    "control": "restrict-unauthorized-network-access",
                    "since": "2026-01-12T08:30:00Z",
                    "latest": "2026-01-30T08:30:00Z",
                    "disabled": [],
                    "preview": False,
                }
            ]
        },
    )

    policy: str
    title: str | None
    """What should be; null for a policy whose file is not there any more."""
    severity: Severity
    categories: Sequence[str]
    types: Sequence[str]
    """Types of the resources that it looks at."""
    unhealthy: int
    """Resources on which it is not so, without those that are exempt."""
    unknown: int
    """Resources of which it is not known."""
    healthy: int
    not_applicable: int
    exempt: int
    """Unhealthy resources that are exempt."""
    gain: float
    """What fixing it everywhere adds to the score of the scopes, in percent points."""
    control: str | None
    """The control of the secure score."""
    since: datetime | None
    """Since when the first of the unhealthy resources is so; null when there is none."""
    latest: datetime | None
    """Since when the last of them is so."""
    disabled: Sequence[str]
    """Scopes in which an assignment turns it off."""
    preview: bool


@dataclass(frozen=True, slots=True)
class RecommendationDetail:
    """A policy with all that a person needs to act on it. `/assessments?policy=` has its resources."""

    __pydantic_config__ = DOCUMENTED

    recommendation: RecommendationItem
    why: str | None
    """Why it matters."""
    fix: Mapping[str, str]
    """Steps by tool: `portal`, `cli`, `terraform`."""
    note: str | None
    """Where others see it differently, and why we do not."""
    applies: str | None
    """The condition under which it speaks of a resource; null for all of the types."""
    condition: str | None
    """The condition under which a resource is unhealthy."""
    tactics: Sequence[str]
    """MITRE ATT&CK tactic ids."""
    standards: Sequence[str]
    """Ids of the standards that hold it."""
    equivalents: Mapping[str, Sequence[str]]
    """Foreign catalogue -> the ids of the same check there."""


class Order(StrEnum):
    URGENCY = "urgency"  # severity, then gain, then unhealthy resources
    GAIN = "-gain"
    UNHEALTHY = "-unhealthy"
    UNKNOWN = "-unknown"
    LATEST = "-latest"
    POLICY = "policy"
    TITLE = "title"


class Found(StrEnum):
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    NOT_APPLICABLE = "not_applicable"
    EXEMPT = "exempt"
    DISABLED = "disabled"


class Narrowed(Strict):
    """Filters of recommendations. Those of resources narrow what is counted."""

    scope: Words = []
    """A scope, with all below it."""
    provider: list[Provider] = []
    type: Words = []
    region: Words = []
    """Empty for what has no region."""
    tag: Words = []
    """`key=value`, or `key` for any value; all that are given hold."""
    severity: list[Severity] = []
    control: Words = []
    """Of these controls of the secure score."""
    standard: Words = []
    """Of these compliance standards."""
    policy: Words = []
    found: list[Found] = [Found.UNHEALTHY]
    """Only those with resources in one of these states, or disabled in some scope."""
    search: Word = ""
    """Part of the title or id, in any case."""
    new_since: AwareDatetime | None = None
    """Only those with a resource that became unhealthy since."""
    sort: Order = Order.URGENCY


class Asked(Narrowed, Listed):
    """A page of the recommendations that fit."""


class OneAsked(Strict):
    """Which scopes are counted."""

    scope: Words = []
    """A scope, with all below it; all that the caller may see."""


class Facet(StrEnum):
    SEVERITY = "severity"
    CONTROL = "control"
    TYPE = "type"
    SCOPE = "scope"
    PROVIDER = "provider"
    REGION = "region"


class FacetsAsked(Narrowed):
    """The same filters, and what is counted."""

    by: list[Facet] = [*Facet]
    """What to count by."""


@router.get("")
def recommendations(
    state: Served, caller: Reader, asked: Annotated[Asked, Query()]
) -> Page[RecommendationItem]:
    """What to fix first."""
    return sliced(state, "recommendations", asked, items(state, caller, asked), KEYS[asked.sort])


@router.get("/facets")
def facets(state: Served, caller: Reader, asked: Annotated[FacetsAsked, Query()]) -> Facets:
    """By severity and control: how many recommendations; by the others: how many unhealthy resources."""
    own: dict[str, list[Count]] = {}
    alike = {by for by in asked.by if by in (Facet.SEVERITY, Facet.CONTROL)}
    every = items(state, caller, asked.model_copy(update={"severity": [], "control": []})) if alike else []
    for by in asked.by:
        if by in alike:
            rest = asked.model_copy(update={by.value: []})
            values = Counter(getattr(i, by.value) or "" for i in every if _fits(i, rest, state))
            own[by.value] = [Count(value, n) for value, n in values.most_common()]
        else:
            filters = {**_filters(state, caller, asked), "status": "unhealthy", "exempt": False}
            own[by.value] = facet(state, caller, by.value, cast("Filters", filters))
    return Facets(own)


@router.get("/{policy}")
def recommendation(
    state: Served, caller: Reader, policy: Word, asked: Annotated[OneAsked, Query()]
) -> RecommendationDetail:
    """One policy: why it matters, how to fix it, and how many resources it finds how."""
    whole = Narrowed(policy=[policy], scope=asked.scope, found=[*Found])
    found = next(iter(items(state, caller, whole)), None)
    known = policies(state, caller)
    if found is None and policy not in known:
        raise MissingError(f"there is no policy {policy!r}{near(policy, known)}")
    return _detail(state, found or _Items(state, {}, {}, {}).of(_nothing(policy, known[policy])))


def items(
    state: State, caller: Caller, asked: Narrowed, permission: Permission = Permission.READ
) -> list[RecommendationItem]:
    """Those that fit, in no order."""
    scopes = seen(state, caller, asked.scope, permission)
    filters: Filters = {**_filters(state, caller, asked), "scope": scopes}
    gains = {each.policy: each.increase for each in state.posture.score(scopes).gains}
    counted = {each.policy: each for each in grouped(state.store, state.pack, filters, gains)}
    off = _disabled(state, caller, scopes)
    for id in off.keys() - counted.keys() if not asked.policy else off.keys() & {*asked.policy}:
        counted.setdefault(id, _nothing(id, state.pack.policies[id]))
    made = _Items(state, gains, state.store.standing(asked.policy or None, scopes), off)
    return [item for each in counted.values() if _fits(item := made.of(each), asked, state)]


def _filters(state: State, caller: Caller, asked: Narrowed) -> Filters:
    names = ("provider", "type", "region", "tag", "policy")
    given = {name: getattr(asked, name) or None for name in names}
    return cast("Filters", {**given, "scope": seen(state, caller, asked.scope)})


def _fits(item: RecommendationItem, asked: Narrowed, state: State) -> bool:
    text = asked.search.casefold()
    standards = [state.pack.standards[id] for id in asked.standard if id in state.pack.standards]
    return (
        any(getattr(item, each.value) for each in asked.found)
        and (not asked.severity or item.severity in asked.severity)
        and (not asked.control or (item.control or "") in asked.control)
        and (not asked.standard or any(item.policy in members(each) for each in standards))
        and (text in (item.title or "").casefold() or text in item.policy)
        and (asked.new_since is None or (item.latest is not None and item.latest >= asked.new_since))
    )


def _disabled(state: State, caller: Caller, scopes: list[str] | None) -> dict[str, list[str]]:
    """Policy -> the scopes in which an assignment turns it off, of those that are asked for."""
    assigned = Assignments.of_store(state.store, state.pack)
    if not assigned:
        return {}
    mine = leaves(visible(state, caller))
    return disabled(assigned, state.pack, (s for s in mine if scopes is None or s.id in scopes))


def _nothing(id: str, policy: Policy | None) -> Recommendation:
    return Recommendation(id, policy.severity if policy else Severity.LOW, 0, 0, 0, 0, 0, 0.0)


@dataclass(frozen=True)
class _Items:
    """What recommendations are told with."""

    state: State
    gains: Mapping[str, float]
    standing: Mapping[str, tuple[datetime, datetime]]
    off: Mapping[str, Sequence[str]]

    def of(self, each: Recommendation) -> RecommendationItem:
        policy = self.state.pack.policies.get(each.policy)
        since, latest = self.standing.get(each.policy, (None, None))
        return RecommendationItem(
            **asdict(each),
            title=policy.title if policy else None,
            categories=policy.categories if policy else (),
            types=policy.resource if policy else (),
            control=self.state.control_of.get(each.policy),
            since=since,
            latest=latest,
            disabled=self.off.get(each.policy, ()),
            preview=policy.preview if policy else False,
        )


def _detail(state: State, item: RecommendationItem) -> RecommendationDetail:
    policy = state.pack.policies.get(item.policy)
    return RecommendationDetail(
        recommendation=item,
        why=policy.why if policy else None,
        fix=policy.fix if policy else {},
        note=(policy.note or None) if policy else None,
        applies=policy.applies if policy else None,
        condition=policy.unhealthy if policy else None,
        tactics=policy.tactics if policy else (),
        standards=[id for id, each in state.pack.standards.items() if item.policy in members(each)],
        equivalents={name: [*checks] for name, checks in policy.equivalents.items()} if policy else {},
    )


def _latest(item: RecommendationItem) -> float:
    return -item.latest.timestamp() if item.latest else 0.0


KEYS: Mapping[Order, Callable[[RecommendationItem], tuple[Any, ...]]] = {
    Order.URGENCY: lambda i: (RANK[i.severity], -i.gain, -i.unhealthy, -i.unknown, i.policy),
    Order.GAIN: lambda i: (-i.gain, i.policy),
    Order.UNHEALTHY: lambda i: (-i.unhealthy, i.policy),
    Order.UNKNOWN: lambda i: (-i.unknown, i.policy),
    Order.LATEST: lambda i: (_latest(i), i.policy),
    Order.POLICY: lambda i: (i.policy,),
    Order.TITLE: lambda i: (i.title or "", i.policy),
}
