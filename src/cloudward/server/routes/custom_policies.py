"""Custom policies: written by people for scopes of theirs, checked and tried before they run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import Field, StringConstraints

from cloudward.assess.custom import Tried, tried
from cloudward.assess.tree import Tree
from cloudward.errors import BusyError, ContentError, MissingError, UsageError, near
from cloudward.model import Cause, CustomPolicy, Policy, Resource, Severity, Status
from cloudward.pack.custom import compiled, problems
from cloudward.rules.rule import Rule
from cloudward.server import sight
from cloudward.server.answers import DOCUMENTED, Listed, Page, Router, Word, Words, sliced
from cloudward.server.changes import MADE, READ, Expected, Given, Holding, Line, may, tagged
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.assessments import Evidence, evidence
from cloudward.server.routes.resources import located
from cloudward.server.state import Served, State
from cloudward.store import custom as kept

router = Router(prefix="/api/v1/custom-policies", tags=["policies"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Assigner = Annotated[Caller, Depends(Needs(Permission.ASSIGN))]
MOST = 500
"""Custom policies of a server."""
AT_ONCE = BoundedSemaphore(2)
"""Tries, each in a process of its own: others wait, or are told to."""
PATIENCE = 5.0
EXAMPLE = """title: Buckets should carry an owner tag
severity: low
resource: AWS::S3::Bucket
unhealthy: '!("owner" in meta.tags)'
why: Whoever cleans up asks the owner first.
"""
Text = Annotated[
    str, StringConstraints(min_length=1, max_length=100_000, pattern=r"^[^\x00]*$"), Field(examples=[EXAMPLE])
]
"""YAML, as a policy file has it."""
Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
    Field(examples=["acme-bucket-owner"]),
]


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that is wrong with a text."""

    __pydantic_config__ = DOCUMENTED

    line: int
    """Counts from 1; 0 where it is of no line."""
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class CustomItem:
    """A custom policy in a list."""

    __pydantic_config__ = DOCUMENTED

    id: str
    title: str | None
    """Null where the text is not right any more."""
    severity: Severity | None
    types: Sequence[str]
    scope: str | None
    """Where there is such a policy, with all below; null for everywhere."""
    created_by: str
    created_at: datetime
    problems: Sequence[Mistake]
    """Why it does not run: what cloudward knows of types and functions has changed since it was written."""
    writable: bool
    """Whether the caller may change it."""


@dataclass(frozen=True, slots=True)
class CustomDetail:
    """A custom policy, with its text."""

    __pydantic_config__ = DOCUMENTED

    policy: CustomItem
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a text is, or what is wrong with it."""

    __pydantic_config__ = DOCUMENTED

    problems: Sequence[Mistake]
    title: str | None
    severity: Severity | None
    types: Sequence[str]


@dataclass(frozen=True, slots=True)
class TriedItem:
    """What a policy says of a resource, and why."""

    __pydantic_config__ = DOCUMENTED

    uid: str
    name: str
    type: str
    scope: str
    status: Status
    condition: str
    """The part of the policy that decided."""
    leaves: Sequence[Evidence]
    cause: Cause | None
    """Why it is not known."""


@dataclass(frozen=True, slots=True)
class TryAnswer:
    """What a policy says of each resource that was looked at."""

    __pydantic_config__ = DOCUMENTED

    items: Sequence[TriedItem]
    more: bool
    """There are more resources than were asked for."""


class Asked(Listed):
    """Filters of custom policies."""

    scope: Words = []
    """Written for exactly this scope; empty for everywhere."""
    search: Word = ""
    """Part of the title or id, in any case."""


class Wording(Given):
    """The text of a policy."""

    text: Text


class Draft(Wording):
    """A text that is not kept."""

    id: Id
    """The id that it is to have."""
    known: bool = False
    """It is a new text of the custom policy of this id."""


class NewCustom(Wording):
    """A policy and where it holds."""

    id: Id
    scope: Line | None = None
    """With all that is below; null for everywhere."""


class Try(Draft):
    """A text, and what to try it on."""

    scope: Line | None = None
    """The scope that the policy is for; null for everywhere. Conditions see nothing beyond it."""
    resource: Word = ""
    """The uid of one resource; empty for the first ones of its types."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """Resources at most."""


@router.get("")
def custom_policies(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[CustomItem]:
    """Custom policies of the caller's scopes and of those above, in order of id."""
    holding, text = Holding(state, caller), asked.search.casefold()
    every = (
        _item(state, caller, each) for each in state.store.custom_policies() if holding.shows(each.scope)
    )
    found = [
        each
        for each in every
        if (not asked.scope or (each.scope or "") in asked.scope)
        and (text in each.id or text in (each.title or "").casefold())
    ]
    return sliced(state, "custom-policies", asked, found, lambda each: (each.id,))


@router.get("/{id}", response_model=CustomDetail, responses={**READ})
def custom_policy(state: Served, caller: Reader, id: Word) -> Response:
    """One custom policy with its text."""
    found = _one(state, caller, id)
    return tagged(CustomDetail(_item(state, caller, found), found.text), found)


@router.post("", status_code=201, response_model=CustomDetail, responses={**MADE})
def add(state: Served, caller: Assigner, given: NewCustom) -> Response:
    """Write a policy for a scope and all below it. The next scan evaluates it."""
    scope = given.scope or ""
    _there(state, caller, scope)
    compiled(state.pack, given.id, given.text)
    now = datetime.now(UTC).replace(microsecond=0)
    made = CustomPolicy(given.id, scope, given.text, caller.name, now)
    with state.store.database.write() as connection:
        known = kept.every(connection)
        if any(each.id == made.id for each in known):
            raise UsageError(f"there is a policy {made.id} already", "give yours another id")
        if len(known) >= MOST:
            raise UsageError(f"there are {MOST} custom policies already", "delete one that nobody needs")
        kept.keep(connection, made, caller.name)
    state.content.renew()
    detail = CustomDetail(_item(state, caller, made), made.text)
    return tagged(detail, made, 201, f"/api/v1/custom-policies/{made.id}")


@router.put("/{id}", response_model=CustomDetail, responses={**READ})
def change(state: Served, caller: Assigner, id: Word, given: Wording, expected: Expected) -> Response:
    """Another text. Where it may decide otherwise, the next scan evaluates it anew."""
    old = _own(state, caller, id)
    compiled(state.base, id, given.text)
    made = CustomPolicy(old.id, old.scope, given.text, old.created_by, old.created_at)
    with state.store.database.write() as connection:
        kept.keep(connection, made, caller.name, expected)
    state.content.renew()
    return tagged(CustomDetail(_item(state, caller, made), made.text), made)


@router.delete("/{id}", status_code=204)
def remove(state: Served, caller: Assigner, id: Word, expected: Expected) -> Response:
    """Delete a custom policy. What it found goes with the next scan; the history stays."""
    found = _own(state, caller, id)
    with state.store.database.write() as connection:
        kept.forget(connection, found.id, caller.name, expected)
    state.content.renew()
    return Response(status_code=204)


@router.post("/checks")
def check(state: Served, _caller: Assigner, given: Draft) -> Checked:
    """What is wrong with a text, and where. Nothing is kept."""
    try:
        policy, _ = _compiled(state, given)
    except ContentError as error:
        return Checked(_mistakes(error), None, None, ())
    return Checked((), policy.title, policy.severity, policy.resource)


@router.post("/tries")
def attempt(state: Served, caller: Assigner, given: Try) -> TryAnswer:
    """What a text says of one resource, or of the first ones of its types, and why. Nothing is kept.

    It runs in a process of its own with little time and memory, and sees of the policy's scope what the
    caller may see.
    """
    scope = given.scope or ""
    _there(state, caller, scope)
    policy, rules = _compiled(state, given)
    reach = _reach(state, caller, scope)
    chosen = _chosen(state, caller, given, rules, reach)
    said: list[TriedItem] = []
    now = datetime.now(UTC)
    if not AT_ONCE.acquire(timeout=PATIENCE):
        raise BusyError("other policies are being tried", 5)
    try:
        for rule in rules:
            mine = [each for each in chosen[: given.limit] if each.type == rule.type]
            if mine:
                found = tried(state.store, state.pack, policy, rule, mine, reach, now)
                said += [_said(state, each, one) for each, one in zip(found, mine, strict=True)]
    finally:
        AT_ONCE.release()
    return TryAnswer(said, len(chosen) > given.limit)


def _compiled(state: State, given: Draft) -> tuple[Policy, list[Rule]]:
    return compiled(state.base if given.known else state.pack, given.id, given.text)


def _there(state: State, caller: Caller, scope: str) -> None:
    """Refuse a scope that there is not, or in which the caller may not assign."""
    caller.must(Permission.ASSIGN, scope)
    known = Tree(state.store.scopes()).ids
    if scope and scope not in known:
        raise MissingError(f"there is no scope {scope!r}")


def _reach(state: State, caller: Caller, scope: str) -> frozenset[str] | None:
    """The scopes that a try may look into; None is all that there are."""
    found = sight.seen(state, caller, [scope] if scope else [])
    return None if found is None else frozenset(found)


def _chosen(
    state: State, caller: Caller, given: Try, rules: Sequence[Rule], reach: frozenset[str] | None
) -> list[Resource]:
    """The resources to look at, and one more where there is one."""
    types = [rule.type for rule in rules]
    if not given.resource:
        return list(islice(_first(state, types, reach, given.limit + 1), given.limit + 1))
    row = located(state, caller, given.resource)
    if row.type not in types:
        raise UsageError(f"this policy does not speak of {row.type}", f"it speaks of {', '.join(types)}")
    if reach is not None and row.scope not in reach:
        raise UsageError(f"{row.name} is not in the scope of the policy", "choose one that is")
    if not row.read:
        raise UsageError(f"{row.name} could not be read in the last scan", "choose another one")
    return [state.store.resource(row.id, scope=row.scope, type=row.type)]


def _first(state: State, types: Sequence[str], reach: frozenset[str] | None, most: int) -> Iterator[Resource]:
    scopes = None if reach is None else sorted(reach)
    for type in types:
        for row in state.store.resources(type=type, scope=scopes, limit=most):
            if row.read:
                yield state.store.resource(row.id, scope=row.scope, type=row.type)


def _said(state: State, each: Tried, resource: Resource) -> TriedItem:
    type, why = state.pack.types[each.type], each.explanation
    leaves = [evidence(leaf, type, resource.source is not None) for leaf in why.leaves]
    cause = next((leaf.cause for leaf in why.leaves if leaf.cause), None)
    uid = sight.Uid(each.scope, each.type, each.id).text
    return TriedItem(uid, each.name, each.type, each.scope, why.status, why.condition, leaves, cause)


def _one(state: State, caller: Caller, id: str) -> CustomPolicy:
    holding = Holding(state, caller)
    mine = {each.id: each for each in state.store.custom_policies() if holding.shows(each.scope)}
    if id not in mine:
        raise MissingError(f"there is no custom policy {id!r}{near(id, mine)}")
    return mine[id]


def _own(state: State, caller: Caller, id: str) -> CustomPolicy:
    """One that the caller may change."""
    found = _one(state, caller, id)
    caller.must(Permission.ASSIGN, found.scope)
    return found


def _item(state: State, caller: Caller, each: CustomPolicy) -> CustomItem:
    policy, error = state.pack.policies.get(each.id), state.content.problems.get(each.id)
    mine = error is None and each.id in state.pack.homes
    return CustomItem(
        id=each.id,
        title=policy.title if policy and mine else None,
        severity=policy.severity if policy and mine else None,
        types=policy.resource if policy and mine else (),
        scope=each.scope or None,
        created_by=each.created_by,
        created_at=each.created_at,
        problems=_mistakes(error) if error else (),
        writable=may(caller, Permission.ASSIGN, each.scope),
    )


def _mistakes(error: ContentError) -> list[Mistake]:
    return [Mistake(each.line, each.column, each.message) for each in problems(error)]
