"""Exemptions: agreed exceptions, which take effect with the next scan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from secrets import token_hex
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import AwareDatetime, ConfigDict, Field

from cloudward.apply.ownership import by_hand
from cloudward.assess.exemptions import check, fit
from cloudward.errors import DeniedError, MissingError, UsageError
from cloudward.model import Exemption, ExemptionCategory
from cloudward.server.answers import Listed, Page, Router, Word, Words, encoded, sliced
from cloudward.server.changes import MADE, READ, Expected, Given, Holding, Line, Prose, tagged
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.resources import located
from cloudward.server.sight import policies, seen
from cloudward.server.state import Served, State

router = Router(prefix="/api/v1/exemptions", tags=["exemptions"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Exempter = Annotated[Caller, Depends(Needs(Permission.EXEMPT))]


class Now(StrEnum):
    """Whether it has an effect."""

    ACTIVE = "active"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ExemptionItem:
    """An agreed exception."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "ex-5f3a9c",
                    "policy": "aws-s3-bucket-public",
                    "scope": "111122223333",
                    "category": "waiver",
                    "reason": "It serves our web site; agreed with the owner.",
                    "created_by": "ann",
                    "created_at": "2026-01-12T08:30:00Z",
                    "resource": "arn:aws:s3:::acme-www",
                    "expires": "2026-07-01T00:00:00Z",
                    "approved_by": "bob",
                    "source": None,
                    "state": "active",
                }
            ]
        },
    )

    id: str
    policy: str
    scope: str
    category: ExemptionCategory
    """`mitigated`: something else does the job, it counts as healthy. `waiver`: the risk is accepted, the
    resource is taken out of the score."""
    reason: str
    created_by: str
    created_at: datetime
    resource: str | None
    """The provider's id of the resource; null for all of the scope."""
    expires: datetime | None
    approved_by: str | None
    """A second person who agreed."""
    source: str | None
    """The file that owns it, for `cloudward apply`; null for one that was made by hand."""
    state: Now


class Asked(Listed):
    """Filters of exemptions."""

    policy: Words = []
    scope: Words = []
    """A scope, with all below it."""
    resource: Words = []
    """The provider's id."""
    category: list[ExemptionCategory] = []
    state: list[Now] = []
    search: Word = ""
    """Part of the policy, resource, reason or author, in any case."""


class Terms(Given):
    """What is agreed."""

    category: ExemptionCategory = ExemptionCategory.WAIVER
    reason: Prose
    """Why it is acceptable, and who agreed."""
    expires: AwareDatetime | None = None
    """When it ends; null for never."""


class NewExemption(Terms):
    """An exemption of one resource, or of all of a scope."""

    policy: Line
    scope: Line | None = None
    """Where it holds, with all below it; the resource's own."""
    uid: Line | None = None
    """The resource; null for all of the scope."""


class Pair(Given):
    """A resource under a policy."""

    policy: Line
    uid: Line


class NewExemptions(Terms):
    """The same exemption of many resources: all of them or none."""

    of: Annotated[list[Pair], Field(min_length=1, max_length=1000)]


class Ids(Given):
    """Several things."""

    ids: Annotated[list[Line], Field(min_length=1, max_length=1000)]


@router.get("")
def exemptions(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[ExemptionItem]:
    """Exemptions of the caller's scopes, and of those above that hold for all below. The latest first."""
    found = [each for each in _items(state, caller) if _fits(each, asked)]
    if asked.scope:
        below = state.store.below(asked.scope)
        found = [each for each in found if each.scope in below]
    return sliced(state, "exemptions", asked, found, lambda each: (-each.created_at.timestamp(), each.id))


@router.get("/{id}", response_model=ExemptionItem, responses={**READ})
def exemption(state: Served, caller: Reader, id: Word) -> Response:
    """One exemption."""
    found = _one(state, caller, id)
    return tagged(_item(found), found)


@router.post("", status_code=201, response_model=ExemptionItem, responses={**MADE})
def add(state: Served, caller: Exempter, given: NewExemption) -> Response:
    """Exempt a resource, or all of a scope, from a policy."""
    made = _made(state, caller, given, given.policy, given.uid, given.scope)
    fit([made], state.store, state.pack, policies(state, caller), seen(state, caller))
    state.store.exempt(made, caller.name)
    return tagged(_item(made), made, 201, f"/api/v1/exemptions/{made.id}")


@router.post("/bulk", status_code=201, response_model=list[ExemptionItem])
def add_many(state: Served, caller: Exempter, given: NewExemptions) -> Response:
    """Exempt many resources for one reason: all of them or none."""
    made = [_made(state, caller, given, each.policy, each.uid, None) for each in given.of]
    fit(made, state.store, state.pack, policies(state, caller), seen(state, caller))
    state.store.exempt_all(made, caller.name)
    return encoded([_item(each) for each in made], 201)


@router.put("/{id}", response_model=ExemptionItem, responses={**READ})
def change(state: Served, caller: Exempter, id: Word, given: Terms, expected: Expected) -> Response:
    """Agree anew: another reason, category or end. Who approved the old one has to approve it again."""
    old = _own(state, caller, id)
    made = replace(
        old, category=given.category, reason=given.reason, expires=_utc(given.expires), approved_by=None
    )
    check(replace(made, created_at=datetime.now(UTC)))
    state.store.exempt(made, caller.name, expected)
    return tagged(_item(made), made)


@router.post("/{id}/approval", response_model=ExemptionItem, responses={**READ})
def approve(state: Served, caller: Exempter, id: Word, expected: Expected) -> Response:
    """Agree as a second person, who signs in for it: a token stands for somebody who may have made it."""
    old = _own(state, caller, id)
    if caller.token:
        raise DeniedError("an approval is given by a person", "sign in, and give it in the portal")
    if old.created_by.startswith(f"{caller.name} (token "):
        raise DeniedError(f"{caller.name} cannot approve an exemption of their own")
    made = replace(old, approved_by=caller.name)
    check(made, second_person=True)
    state.store.exempt(made, caller.name, expected)
    return tagged(_item(made), made)


@router.delete("/{id}", status_code=204)
def withdraw(state: Served, caller: Exempter, id: Word) -> Response:
    """Take an exemption back."""
    state.store.unexempt(_own(state, caller, id).id, caller.name)
    return Response(status_code=204)


@router.post("/withdrawals", status_code=204)
def withdraw_many(state: Served, caller: Exempter, given: Ids) -> Response:
    """Take several exemptions back: all of them or none. It undoes `/bulk`."""
    state.store.unexempt_all([_own(state, caller, id).id for id in dict.fromkeys(given.ids)], caller.name)
    return Response(status_code=204)


def _items(state: State, caller: Caller) -> Iterable[ExemptionItem]:
    holding = Holding(state, caller)
    every = state.store.exemptions()
    return (_item(each) for each in every if holding.shows(each.scope, each.resource is None))


def _fits(each: ExemptionItem, asked: Asked) -> bool:
    said = (each.policy, each.resource or "", each.reason, each.created_by)
    return (
        (not asked.policy or each.policy in asked.policy)
        and (not asked.resource or (each.resource or "") in asked.resource)
        and (not asked.category or each.category in asked.category)
        and (not asked.state or each.state in asked.state)
        and any(asked.search.casefold() in text.casefold() for text in said)
    )


def _one(state: State, caller: Caller, id: str) -> Exemption:
    holding = Holding(state, caller)
    for each in state.store.exemptions():
        if each.id == id and holding.shows(each.scope, each.resource is None):
            return each
    raise MissingError(f"there is no exemption {id!r}")


def _own(state: State, caller: Caller, id: str) -> Exemption:
    """One that the caller may change."""
    found = _one(state, caller, id)
    caller.must(Permission.EXEMPT, found.scope)
    by_hand("exemption", id, found.source)
    return found


def _made(
    state: State, caller: Caller, terms: Terms, policy: str, uid: str | None, scope: str | None
) -> Exemption:
    row = located(state, caller, uid) if uid else None
    place = scope or (row.scope if row else "")
    if not place:
        raise UsageError("what is exempt?", "name a resource by its uid, or a scope to exempt all of it")
    caller.must(Permission.EXEMPT, place)
    if place not in {each.id for each in state.store.scopes()}:
        raise MissingError(f"there is no scope {place!r}")
    made = Exemption(
        id=f"ex-{token_hex(6)}",
        policy=policy,
        scope=place,
        category=terms.category,
        reason=terms.reason,
        created_by=caller.name,
        created_at=datetime.now(UTC).replace(microsecond=0),
        resource=row.id if row else None,
        expires=_utc(terms.expires),
    )
    check(made)
    return made


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


def _item(each: Exemption) -> ExemptionItem:
    over = each.expires is not None and each.expires <= datetime.now(UTC)
    told = {**asdict(each), "source": each.source or None}
    return ExemptionItem(**told, state=Now.EXPIRED if over else Now.ACTIVE)
