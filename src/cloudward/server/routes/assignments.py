"""Assignments: which policies are audited or disabled where, with effect from the next scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from pydantic import ConfigDict

from cloudward.apply.ownership import by_hand
from cloudward.assess.assignments import fit
from cloudward.errors import MissingError
from cloudward.model import Assignment, Effect
from cloudward.server.answers import Listed, Page, Router, Word, Words, sliced
from cloudward.server.changes import MADE, READ, Expected, Given, Holding, Line, tagged
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.sight import policies, seen
from cloudward.server.state import Served, State

router = Router(prefix="/api/v1/assignments", tags=["assignments"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Assigner = Annotated[Caller, Depends(Needs(Permission.ASSIGN))]


@dataclass(frozen=True, slots=True)
class AssignmentItem:
    """Policies that are audited or disabled in a scope and all below it."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "as-5f3a9c",
                    "effect": "audit",
                    "policy": None,
                    "standard": "cis-aws-5.0",
                    "scope": None,
                    "exclude": ["444455556666"],
                    "parameters": {"aws-iam-user-key-unused": {"max_days": 30}},
                    "reason": "Asked for by our auditor.",
                    "created_by": "ann",
                    "created_at": "2026-01-12T08:30:00Z",
                    "source": None,
                }
            ]
        },
    )

    id: str
    effect: Effect
    policy: str | None
    """The policy; where neither it nor `standard` is given, all policies."""
    standard: str | None
    """All policies of this standard."""
    scope: str | None
    """Where it holds, with all below; null for everywhere."""
    exclude: Sequence[str]
    """Scopes below that it does not reach, as far as the caller may see them."""
    parameters: Mapping[str, Mapping[str, Any]]
    """Policy -> parameter -> value."""
    reason: str | None
    created_by: str
    created_at: datetime
    source: str | None
    """The file that owns it, for `cloudward apply`; null for one that was made by hand."""


class Asked(Listed):
    """Filters of assignments."""

    policy: Words = []
    standard: Words = []
    scope: Words = []
    """Made in exactly this scope; empty for everywhere."""
    effect: list[Effect] = []


class Terms(Given):
    """What is assigned."""

    effect: Effect = Effect.AUDIT
    exclude: Words = []
    """Not in these scopes below, nor in what is below them."""
    parameters: dict[Line, dict[Line, Any]] = {}
    """Policy -> parameter -> value."""
    reason: Word = ""


class NewAssignment(Terms):
    """A policy, the policies of a standard, or all, in a scope and below it."""

    policy: Line | None = None
    standard: Line | None = None
    scope: Line | None = None
    """Null for everywhere."""


@router.get("")
def assignments(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[AssignmentItem]:
    """Assignments of the caller's scopes and of those above. The latest first."""
    holding = Holding(state, caller)
    every = (_item(each, holding) for each in state.store.assignments() if holding.shows(each.scope))
    found = [each for each in every if _fits(each, asked)]
    return sliced(state, "assignments", asked, found, lambda each: (-each.created_at.timestamp(), each.id))


@router.get("/{id}", response_model=AssignmentItem, responses={**READ})
def assignment(state: Served, caller: Reader, id: Word) -> Response:
    """One assignment."""
    found = _one(state, caller, id)
    return tagged(_item(found, Holding(state, caller)), found)


@router.post("", status_code=201, response_model=AssignmentItem, responses={**MADE})
def add(state: Served, caller: Assigner, given: NewAssignment) -> Response:
    """Audit or disable a policy, a standard or everything in a scope and below it."""
    caller.must(Permission.ASSIGN, given.scope or "")
    made = Assignment(
        id=f"as-{token_hex(6)}",
        effect=given.effect,
        created_by=caller.name,
        created_at=datetime.now(UTC).replace(microsecond=0),
        scope=given.scope or "",
        policy=given.policy or "",
        standard=given.standard or "",
        exclude=tuple(dict.fromkeys(given.exclude)),
        parameters=given.parameters,
        reason=given.reason,
    )
    fit(made, state.store, state.pack, policies(state, caller), seen(state, caller))
    state.store.assign(made, caller.name)
    return tagged(_item(made, Holding(state, caller)), made, 201, f"/api/v1/assignments/{made.id}")


@router.put("/{id}", response_model=AssignmentItem, responses={**READ})
def change(state: Served, caller: Assigner, id: Word, given: Terms, expected: Expected) -> Response:
    """Another effect, other parameters or other scopes that it does not reach."""
    old = _own(state, caller, id)
    made = replace(
        old,
        effect=given.effect,
        exclude=tuple(dict.fromkeys(given.exclude)),
        parameters=given.parameters,
        reason=given.reason,
    )
    fit(made, state.store, state.pack, policies(state, caller), seen(state, caller))
    state.store.assign(made, caller.name, expected)
    return tagged(_item(made, Holding(state, caller)), made)


@router.delete("/{id}", status_code=204)
def remove(state: Served, caller: Assigner, id: Word) -> Response:
    """Take an assignment away."""
    state.store.unassign(_own(state, caller, id).id, caller.name)
    return Response(status_code=204)


def _one(state: State, caller: Caller, id: str) -> Assignment:
    holding = Holding(state, caller)
    for each in state.store.assignments():
        if each.id == id and holding.shows(each.scope):
            return each
    raise MissingError(f"there is no assignment {id!r}")


def _own(state: State, caller: Caller, id: str) -> Assignment:
    """One that the caller may change."""
    found = _one(state, caller, id)
    caller.must(Permission.ASSIGN, found.scope)
    by_hand("assignment", id, found.source)
    return found


def _fits(each: AssignmentItem, asked: Asked) -> bool:
    return (
        (not asked.policy or (each.policy or "") in asked.policy)
        and (not asked.standard or (each.standard or "") in asked.standard)
        and (not asked.scope or (each.scope or "") in asked.scope)
        and (not asked.effect or each.effect in asked.effect)
    )


def _item(each: Assignment, holding: Holding) -> AssignmentItem:
    return AssignmentItem(
        id=each.id,
        effect=each.effect,
        policy=each.policy or None,
        standard=each.standard or None,
        scope=each.scope or None,
        exclude=[scope for scope in each.exclude if holding.known(scope)],
        parameters=each.parameters,
        reason=each.reason or None,
        created_by=each.created_by,
        created_at=each.created_at,
        source=each.source or None,
    )
