"""Attestations: what people say of controls that no policy answers, or not alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from secrets import token_hex
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AwareDatetime, ConfigDict

from cloudward.apply.ownership import by_hand
from cloudward.assess.attestations import check
from cloudward.errors import MissingError, near
from cloudward.model import Attestation, Attested
from cloudward.server.answers import Listed, Page, Router, Word, Words, sliced
from cloudward.server.changes import Given, Holding, Line, Prose
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.state import Served, State

router = Router(prefix="/api/v1/attestations", tags=["compliance"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Attester = Annotated[Caller, Depends(Needs(Permission.ATTEST))]


class Now(StrEnum):
    """Whether a word counts."""

    ACTIVE = "active"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class AttestationItem:
    """A person's word on a control, which counts until it expires, is withdrawn or another follows."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "at-5f3a9c",
                    "standard": "cis-aws-5.0",
                    "control": "1.1",
                    "state": "compliant",
                    "statement": "Contact details were compared with our register.",
                    "owner": "Ann Example",
                    "created_by": "ann",
                    "created_at": "2026-01-12T08:30:00Z",
                    "expires": "2027-01-12T00:00:00Z",
                    "scope": None,
                    "evidence": ["https://wiki.example.org/contacts"],
                    "withdrawn_by": None,
                    "withdrawn_at": None,
                    "source": None,
                    "now": "active",
                }
            ]
        },
    )

    id: str
    standard: str
    control: str
    state: Attested
    statement: str
    owner: str
    """Who answers for it."""
    created_by: str
    created_at: datetime
    expires: datetime
    scope: str | None
    """Null for every scope."""
    evidence: Sequence[str]
    """Addresses, http or https."""
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    source: str | None
    """The file that owns it, for `cloudward apply`; null for one that was made by hand."""
    now: Now


class Asked(Listed):
    """Filters of attestations."""

    standard: Words = []
    control: Words = []
    now: list[Now] = [Now.ACTIVE]


class NewAttestation(Given):
    """What somebody says of a control."""

    standard: Line
    control: Line
    state: Attested
    statement: Prose
    """What was looked at, and what was found."""
    owner: Line
    """Who answers for it."""
    expires: AwareDatetime
    """From when on it counts no more; at most three years."""
    scope: Line | None = None
    """Only for this scope and those below it; null for all."""
    evidence: Words = []
    """Addresses where it can be seen."""


@router.get("")
def attestations(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[AttestationItem]:
    """What people attested. The latest first."""
    holding = Holding(state, caller)
    every = (item(each) for each in state.store.attestations() if holding.shows(each.scope))
    found = [
        each
        for each in every
        if (not asked.standard or each.standard in asked.standard)
        and (not asked.control or each.control in asked.control)
        and each.now in asked.now
    ]
    return sliced(state, "attestations", asked, found, lambda each: (-each.created_at.timestamp(), each.id))


@router.post("", status_code=201)
def attest(state: Served, caller: Attester, given: NewAttestation) -> AttestationItem:
    """Say of a control what no policy can. Nothing is ever overwritten: a later word counts instead."""
    caller.must(Permission.ATTEST, given.scope or "")
    standard = state.pack.standards.get(given.standard)
    if standard is None:
        raise MissingError(
            f"there is no standard {given.standard!r}{near(given.standard, state.pack.standards)}"
        )
    if given.scope and given.scope not in {each.id for each in state.store.scopes()}:
        raise MissingError(f"there is no scope {given.scope!r}")
    made = Attestation(
        id=f"at-{token_hex(6)}",
        standard=given.standard,
        control=given.control,
        state=given.state,
        statement=given.statement,
        owner=given.owner,
        created_by=caller.name,
        created_at=datetime.now(UTC).replace(microsecond=0),
        expires=given.expires.astimezone(UTC),
        scope=given.scope or "",
        evidence=tuple(given.evidence),
    )
    check(made, standard)
    state.store.attest(made)
    return item(made)


@router.post("/{id}/withdrawal")
def withdraw(state: Served, caller: Attester, id: Word) -> AttestationItem:
    """Take an attestation back. It stays in the list, and in what is said of earlier times."""
    found = _one(state, caller, id)
    caller.must(Permission.ATTEST, found.scope)
    by_hand("attestation", id, found.source)
    state.store.withdraw(id, caller.name, datetime.now(UTC).replace(microsecond=0))
    return item(_one(state, caller, id))


def _one(state: State, caller: Caller, id: str) -> Attestation:
    holding = Holding(state, caller)
    found = next((a for a in state.store.attestations() if a.id == id and holding.shows(a.scope)), None)
    if found is None:
        raise MissingError(f"there is no attestation {id!r}")
    return found


def item(each: Attestation) -> AttestationItem:
    """As the API tells it."""
    over = each.expires <= datetime.now(UTC)
    now = Now.WITHDRAWN if each.withdrawn_at else Now.EXPIRED if over else Now.ACTIVE
    told = {**asdict(each), "scope": each.scope or None, "source": each.source or None}
    return AttestationItem(**told, now=now)
