"""Assessments: every policy on every resource that it looks at, and why it says what it says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import AwareDatetime, ConfigDict

from cloudward.assess.explained import Explained, absence, explained
from cloudward.errors import MissingError, near
from cloudward.model import Cause, LastKnown, Leaf, Provider, Severity, Status
from cloudward.pack import Pack
from cloudward.respond.causes import remedy
from cloudward.rules.types import Type
from cloudward.server.answers import DOCUMENTED, Count, Facets, Listed, Page, Router, Word, Words, page, place
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.resources import Narrowed as ResourcesNarrowed
from cloudward.server.routes.resources import located
from cloudward.server.routes.resources import wanted as resources_wanted
from cloudward.server.sight import Uid, policies, seen
from cloudward.server.state import Served, State
from cloudward.store import AssessmentRow
from cloudward.store.filters import Filters

router = Router(prefix="/api/v1", tags=["assessments"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]


@dataclass(frozen=True, slots=True)
class AssessmentItem:
    """What a policy says of a resource."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "policy": "aws-s3-bucket-public",
                    "title": "Buckets should not be open to everybody",
                    "severity": "high",
                    "status": "unknown",
                    "uid": "MTExMTIyMjIzMzMzAEFXUzo6UzM6OkJ1Y2tldABhcm46YXdzOnMzOjo6YWNtZS1sb2dz",
                    "resource": "arn:aws:s3:::acme-logs",
                    "name": "acme-logs",
                    "type": "AWS::S3::Bucket",
                    "provider": "aws",
                    "scope": "111122223333",
                    "region": "eu-west-1",
                    "cause": {"reason": "denied", "call": "s3:GetBucketPolicy", "message": ""},
                    "remedy": "allow s3:GetBucketPolicy",
                    "since": "2026-01-12T08:30:00Z",
                    "restarted": False,
                    "last_known": {"status": "healthy", "at": "2026-01-30T08:30:00Z"},
                    "exemption": None,
                    "due": None,
                    "evaluated_at": "2026-01-31T12:00:00Z",
                    "snapshot": "20260131-120000-a1b2c3",
                }
            ]
        },
    )

    policy: str
    title: str | None
    """What should be; null for a policy whose file is not there any more."""
    severity: Severity
    status: Status
    uid: str
    """Addresses the resource."""
    resource: str
    """The provider's id of the resource."""
    name: str
    type: str
    provider: Provider
    scope: str
    region: str | None
    cause: Cause | None
    """Why it is unknown."""
    remedy: str | None
    """What would make it known."""
    since: datetime
    """Since when the status is what it is."""
    restarted: bool
    """`since` counts from a new version of the policy, not from a change of the resource."""
    last_known: LastKnown | None
    """The last status that was not unknown; null while the present one is definite."""
    exemption: str | None
    """The id of the exemption that applies."""
    due: datetime | None
    """When the passing of time alone may change the status."""
    evaluated_at: datetime
    snapshot: str
    """The scan that the document is from."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One comparison that helped to decide."""

    __pydantic_config__ = DOCUMENTED

    path: str
    """`p.` is the document: `p.Rules[2].FromPort`."""
    value: Any
    operator: str
    expected: Any
    result: bool | None
    """Null when it is not known."""
    cause: Cause | None
    remedy: str | None
    """What would make it known."""
    absence: Absence | None
    """What it means that the field is not set."""
    hidden: bool
    """It looked across all scopes, of which the caller may not see every one: what it saw is left out."""


@dataclass(frozen=True, slots=True)
class Absence:
    """What the provider takes where nothing is set."""

    __pydantic_config__ = DOCUMENTED

    default: Any
    source: str
    """The provider's page that says so."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a policy says what it says of a resource."""

    __pydantic_config__ = DOCUMENTED

    assessment: AssessmentItem
    condition: str
    """The part of the policy that decided."""
    leaves: list[Evidence]
    """The smallest set of comparisons that decides."""
    changed: bool
    """The policy or other resources have changed since: this is how it looks now. Scan again."""
    parameters: dict[str, Any]
    """What the policy ran with."""
    document_hash: str
    policy_hash: str
    engine: str


class Narrowed(ResourcesNarrowed):
    """Filters of assessments: several values of one are alternatives, several filters hold together."""

    policy: Words = []
    status: list[Status] = []
    severity: list[Severity] = []
    exempt: bool | None = None
    """Only what is exempt, or only what is not."""
    new_since: AwareDatetime | None = None
    """Only those whose status became what it is then or later: what a program asks that comes again."""


class Asked(Narrowed, Listed):
    """A page of the assessments that fit."""


class Facet(StrEnum):
    POLICY = "policy"
    STATUS = "status"
    SEVERITY = "severity"
    TYPE = "type"
    SCOPE = "scope"
    PROVIDER = "provider"
    REGION = "region"
    EXEMPT = "exempt"


class FacetsAsked(Narrowed):
    """The same filters, and what is counted."""

    by: list[Facet] = [*Facet]
    """What to count by."""


@router.get("/assessments")
def assessments(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[AssessmentItem]:
    """The most severe first, then by policy; unhealthy before unknown, healthy and not applicable."""
    filters = wanted(state, caller, asked)
    found = state.store.assessments(
        limit=asked.limit + 1, after=place(state, "assessments", asked), **filters
    )
    rows = ((item(state.pack, row), row.cursor) for row in found)
    return page(state, "assessments", asked, rows, total(state, filters))


@router.get("/assessments/facets")
def facets(state: Served, caller: Reader, asked: Annotated[FacetsAsked, Query()]) -> Facets:
    """How many assessments there are by policy, status, severity, type, scope, provider and region."""
    filters = wanted(state, caller, asked)
    return Facets({by.value: facet(state, caller, by.value, filters) for by in asked.by})


@router.get("/resources/{uid}/assessments")
def of_resource(
    state: Served, caller: Reader, uid: Word, asked: Annotated[Asked, Query()]
) -> Page[AssessmentItem]:
    """What every policy says of one resource."""
    row = located(state, caller, uid)
    filters: Filters = {
        **wanted(state, caller, asked),
        "scope": row.scope,
        "type": row.type,
        "resource": row.id,
    }
    name = f"assessments of {uid}"
    found = state.store.assessments(limit=asked.limit + 1, after=place(state, name, asked), **filters)
    rows = ((item(state.pack, each), each.cursor) for each in found)
    total = sum(each.count for each in state.store.facets("status", **filters))
    return page(state, name, asked, rows, total)


@router.get("/resources/{uid}/explanations/{policy}")
def explanation(state: Served, caller: Reader, uid: Word, policy: Word) -> Explanation:
    """Why a policy says what it says of a resource: the values that decide, and what would make it known."""
    row = located(state, caller, uid)
    known = policies(state, caller)
    if policy not in known or row.type not in known[policy].resource:
        raise MissingError(f"no policy {policy!r} speaks of {row.type}{near(policy, known)}")
    if not any(
        True for _ in state.store.assessments(resource=row.id, scope=row.scope, type=row.type, policy=policy)
    ):
        raise MissingError(f"{policy} has no assessment of this resource")
    whole = caller.everywhere(Permission.READ)
    return _explanation(state.pack, row.name, explained(state.store, state.pack, row, policy), whole)


def wanted(
    state: State, caller: Caller, asked: Narrowed, permission: Permission = Permission.READ
) -> Filters:
    """What is asked in the store's words, narrowed to what the caller may see."""
    return {
        **resources_wanted(state, caller, asked, permission),
        "policy": asked.policy or None,
        "status": asked.status or None,
        "severity": asked.severity or None,
        "exempt": asked.exempt,
        "since": asked.new_since,
    }


def facet(state: State, caller: Caller, by: str, filters: Filters) -> list[Count]:
    """The values of a filter, under all filters but this one."""
    own: Filters = {**filters, by: None}  # type: ignore[misc]
    if by == "scope":
        own["scope"] = seen(state, caller)
    return [Count(each.value, each.count) for each in state.store.facets(by, **own)]


def total(state: State, filters: Filters) -> int | None:
    """None where each assessment would have to be looked at."""
    if any(filters.get(name) for name in ("tag", "search", "since")):
        return None
    return sum(each.count for each in state.store.facets("status", **filters))


def item(pack: Pack, row: AssessmentRow) -> AssessmentItem:
    """A row of the store as the API tells it."""
    each = row.assessment
    policy = pack.policies.get(each.policy)
    return AssessmentItem(
        policy=each.policy,
        title=policy.title if policy else None,
        severity=each.severity,
        status=each.status,
        uid=Uid(each.scope, each.type, each.resource).text,
        resource=each.resource,
        name=row.name,
        type=each.type,
        provider=row.provider,
        scope=each.scope,
        region=each.region,
        cause=each.cause,
        remedy=remedy(each.cause) if each.cause else None,
        since=each.since,
        restarted=each.restarted,
        last_known=each.last_known,
        exemption=each.exemption,
        due=each.due,
        evaluated_at=each.evaluated_at,
        snapshot=each.snapshot,
    )


ACROSS = "everywhere("
"""How conditions look into other scopes."""


def _cut(path: str) -> str:
    """A path without what was found in other scopes."""
    return f"{path[: path.index(ACROSS)]}{ACROSS}...)"


def evidence(each: Leaf, type: Type | None, code: bool, whole: bool = True) -> Evidence:
    """A comparison as it is told; `whole`: to who may see every scope that it looked into."""
    hidden = not whole and ACROSS in each.path
    leaf = replace(each, path=_cut(each.path), value=None, expected=None) if hidden else each
    meaning = absence(leaf, type, code)
    return Evidence(
        leaf.path,
        leaf.value,
        leaf.operator,
        leaf.expected,
        leaf.result,
        leaf.cause,
        remedy(leaf.cause) if leaf.cause else None,
        Absence(**meaning) if meaning else None,
        hidden,
    )


def _explanation(pack: Pack, name: str, why: Explained, whole: bool) -> Explanation:
    made, type = why.assessment, pack.types.get(why.resource.type)
    row = AssessmentRow(made, name, why.resource.provider, "")
    code = why.resource.source is not None
    return Explanation(
        assessment=item(pack, row),
        condition=why.explanation.condition,
        leaves=[evidence(each, type, code, whole) for each in why.explanation.leaves],
        changed=why.changed,
        parameters=dict(made.parameters),
        document_hash=made.document_hash,
        policy_hash=made.policy_hash,
        engine=made.engine,
    )
