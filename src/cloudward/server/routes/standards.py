"""Compliance: standards, their controls, and what people attest of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, ConfigDict

from cloudward.assess.compliance import extent
from cloudward.assess.course import Span
from cloudward.connect import leaves
from cloudward.errors import MissingError, UsageError, near
from cloudward.model import (
    Control,
    ControlResult,
    ControlState,
    Effect,
    Period,
    PolicyResult,
    Provider,
    Scope,
    ScopeState,
    Standard,
    Status,
)
from cloudward.respond.forms import forms
from cloudward.respond.report import Report, report
from cloudward.server.answers import DOCUMENTED, Listed, Page, Router, Strict, Word, Words, sliced
from cloudward.server.changes import Holding
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.attestations import AttestationItem
from cloudward.server.routes.attestations import item as attested
from cloudward.server.routes.exports import File, sent
from cloudward.server.sight import seen
from cloudward.server.state import Served, State

router = Router(prefix="/api/v1/standards", tags=["compliance"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Exporter = Annotated[Caller, Depends(Needs(Permission.EXPORT))]
Form = StrEnum("Form", {name.upper(): name for name in forms()})  # type: ignore[misc]
MEDIA = {"html": "text/html; charset=utf-8", "csv": "text/csv; charset=utf-8", "oscal": "application/json"}
LONGEST = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class AssignedTo:
    """Where a standard is assigned."""

    id: str
    effect: Effect
    scope: str | None
    """Null for everywhere."""


@dataclass(frozen=True, slots=True)
class StandardItem:
    """A compliance standard, and how the caller's scopes compare with it."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "cis-aws-5.0",
                    "title": "CIS Amazon Web Services Foundations Benchmark",
                    "version": "5.0.0",
                    "publisher": "Center for Internet Security",
                    "source": "https://www.cisecurity.org/benchmark/amazon_web_services",
                    "providers": ["aws"],
                    "controls": 62,
                    "automated": 50,
                    "manual": 12,
                    "not_covered": 0,
                    "scopes": 3,
                    "states": {"passed": 30, "failed": 18, "not_determined": 2, "manual": 12},
                    "assigned": [],
                }
            ]
        },
    )

    id: str
    title: str
    version: str
    publisher: str
    source: str
    """The address of its text, or of the page where it can be had."""
    providers: Sequence[Provider]
    controls: int
    automated: int
    """Controls that policies answer, alone or in part."""
    manual: int
    """Controls that a person attests."""
    not_covered: int
    """Controls that nothing answers."""
    scopes: int
    """Scopes of which it speaks."""
    states: Mapping[str, int]
    """State -> controls that are in it, over these scopes together: passed is passed in each."""
    assigned: Sequence[AssignedTo]


@dataclass(frozen=True, slots=True)
class ControlItem:
    """What a standard asks for, over the scopes together."""

    __pydantic_config__ = DOCUMENTED

    id: str
    """As the standard writes it."""
    title: str
    section: str
    """The id of its section."""
    state: ControlState
    """The worst of the scopes; not determined is never passed."""
    scopes: Mapping[str, int]
    """State -> scopes in it."""
    resources: Mapping[str, int]
    """Status -> resources by the worst that any of the policies finds; each counts once."""
    policies: Sequence[str]
    manual: str | None
    """What a person has to say."""
    uncovered: str | None
    """Why no policy answers it."""


@dataclass(frozen=True, slots=True)
class SectionItem:
    """A part of a standard."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class StandardDetail:
    """A standard with its controls in its own order."""

    __pydantic_config__ = DOCUMENTED

    standard: StandardItem
    sections: Sequence[SectionItem]
    controls: Sequence[ControlItem]
    scanned: Mapping[str, datetime]
    """Scope -> when its current snapshot was made."""


@dataclass(frozen=True, slots=True)
class InScope:
    """A control in one scope."""

    __pydantic_config__ = DOCUMENTED

    scope: str
    name: str
    state: ControlState
    policies: Sequence[PolicyResult]
    attestation: AttestationItem | None
    """The word that counts, also where policies decide."""
    periods: Sequence[Period] | None
    """The states over the time that is asked for, in turn; null without one."""


@dataclass(frozen=True, slots=True)
class ControlDetail:
    """A control in each scope."""

    __pydantic_config__ = DOCUMENTED

    standard: str
    control: ControlItem
    results: Sequence[InScope]


class Asked(Listed):
    """Filters of standards."""

    scope: Words = []
    """Compared are these scopes, with all below them; all that the caller may see."""
    provider: list[Provider] = []
    search: Word = ""
    """Part of the id or title, in any case."""


class OneAsked(Strict):
    """Which scopes, and over which time."""

    scope: Words = []
    """A scope, with all below it; all that the caller may see."""
    since: AwareDatetime | None = None
    """The first moment of a time; passed is passed throughout. Null: now."""
    until: AwareDatetime | None = None
    """The last moment of the time; now."""


class StandardAsked(Strict):
    """Which scopes and which controls."""

    scope: Words = []
    """A scope, with all below it; all that the caller may see."""
    state: list[ControlState] = []
    """Only controls in one of these states."""


class ExportAsked(OneAsked):
    """Which scopes, over which time, and in which form."""

    form: Form = Form.CSV  # type: ignore[attr-defined]


@router.get("")
def standards(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[StandardItem]:
    """The standards, in order of id, and how the scopes compare with each."""
    text = asked.search.casefold()
    found = [
        each
        for each in _items(state, caller, asked.scope)
        if (text in each.id.casefold() or text in each.title.casefold())
        and (not asked.provider or {*asked.provider} & {*each.providers})
    ]
    return sliced(state, "standards", asked, found, lambda each: (each.id,))


@router.get("/{standard}")
def standard(
    state: Served, caller: Reader, standard: Word, asked: Annotated[StandardAsked, Query()]
) -> StandardDetail:
    """One standard with its controls."""
    chosen = known_standard(state, standard)
    made = report(state.store, state.pack, chosen, _scopes(state, caller, asked.scope), datetime.now(UTC))
    controls = [_control(made, each) for each in chosen.controls]
    return StandardDetail(
        standard=_item(chosen, len(made.scopes), made.states(), _assigned(state, caller)),
        sections=[SectionItem(id, title) for id, title in chosen.sections.items()],
        controls=[each for each in controls if not asked.state or each.state in asked.state],
        scanned=made.scanned,
    )


@router.get("/{standard}/export", response_class=StreamingResponse)
def export(
    state: Served, caller: Exporter, standard: Word, asked: Annotated[ExportAsked, Query()]
) -> StreamingResponse:
    """A report to hand on, as a file: html is one page to print, csv a row for each finding, oscal NIST's
    assessment results."""
    return sent(report_file(state, caller, standard, asked))


def report_file(state: State, caller: Caller, standard: str, asked: ExportAsked) -> File:
    chosen, span = known_standard(state, standard), _span(asked)
    scopes = _scopes(state, caller, asked.scope, Permission.EXPORT)
    made = report(state.store, state.pack, chosen, scopes, datetime.now(UTC), span)
    exporter = import_module(f"cloudward.respond.exporters.{asked.form.value}")
    pieces = (piece.encode("utf-8", "backslashreplace") for piece in exporter.write(made))
    name, about = f"{chosen.id}{exporter.SUFFIX}", seen(state, caller, asked.scope, Permission.EXPORT)
    return File(name, MEDIA[asked.form.value], pieces, about)


@router.get("/{standard}/controls/{control:path}")
def control(
    state: Served, caller: Reader, standard: Word, control: Word, asked: Annotated[OneAsked, Query()]
) -> ControlDetail:
    """One control in each scope: what its policies say, what was attested, and, with `since`, its states
    over a time."""
    whole = known_standard(state, standard)
    found = next((each for each in whole.controls if each.id == control), None)
    if found is None:
        names = [each.id for each in whole.controls]
        raise MissingError(f"{standard} has no control {control!r}{near(control, names)}")
    scopes, alone = _scopes(state, caller, asked.scope), replace(whole, controls=(found,))
    made = report(state.store, state.pack, alone, scopes, datetime.now(UTC), _span(asked))
    results = [_in_scope(made, found, each) for each in made.of(found)]
    return ControlDetail(standard, _control(made, found), results)


def known_standard(state: State, id: str) -> Standard:
    found = state.pack.standards.get(id)
    if found is None:
        raise MissingError(f"there is no standard {id!r}{near(id, state.pack.standards)}")
    return found


def _scopes(
    state: State, caller: Caller, asked: Sequence[str], permission: Permission = Permission.READ
) -> list[Scope]:
    """Those that are read, of those that are asked for."""
    ids, kept = seen(state, caller, asked, permission), state.store.published()
    return [
        each
        for each in leaves(state.store.scopes())
        if each.state is ScopeState.ACTIVE and each.id in kept and (ids is None or each.id in ids)
    ]


def _span(asked: OneAsked) -> Span | None:
    if asked.since is None:
        if asked.until is not None:
            raise UsageError("until needs since", "name the first moment too")
        return None
    now = datetime.now(UTC)
    since, until = asked.since.astimezone(UTC), min((asked.until or now).astimezone(UTC), now)
    if not since < until <= since + LONGEST:
        raise UsageError("since is not before until, or more than three years before")
    return Span(since, until, now)


def _items(state: State, caller: Caller, asked: Sequence[str]) -> Iterator[StandardItem]:
    assigned = _assigned(state, caller)
    found = state.posture.compliance(state.pack, _scopes(state, caller, asked), datetime.now(UTC))
    for id, each in state.pack.standards.items():
        count, states = found[id]
        yield _item(each, count, states if count else Counter(), assigned)


def _assigned(state: State, caller: Caller) -> dict[str, list[AssignedTo]]:
    holding = Holding(state, caller)
    found: dict[str, list[AssignedTo]] = {}
    for each in state.store.assignments():
        if each.standard and holding.shows(each.scope):
            found.setdefault(each.standard, []).append(AssignedTo(each.id, each.effect, each.scope or None))
    return found


def _item(
    standard: Standard, scopes: int, states: Counter[ControlState], assigned: dict[str, list[AssignedTo]]
) -> StandardItem:
    return StandardItem(
        id=standard.id,
        title=standard.title,
        version=standard.version,
        publisher=standard.publisher,
        source=standard.source,
        providers=standard.providers,
        **asdict(extent(standard)),
        scopes=scopes,
        states={each.value: states[each] for each in ControlState if states[each]},
        assigned=assigned.get(standard.id, []),
    )


def _control(made: Report, control: Control) -> ControlItem:
    results = made.of(control)
    counts = [made.resources[control.id, each.scope] for each in results]
    states = Counter(_state(made, control, each).value for each in results)
    return ControlItem(
        id=control.id,
        title=control.title,
        section=control.section,
        state=made.state(control),
        scopes=dict(states),
        resources={status.value: sum(each[status] for each in counts) for status in Status},
        policies=control.policies,
        manual=control.manual or None,
        uncovered=control.uncovered or None,
    )


def _state(made: Report, control: Control, result: ControlResult) -> ControlState:
    return (made.course(control, result.scope) or result).state


def _in_scope(made: Report, control: Control, result: ControlResult) -> InScope:
    course = made.course(control, result.scope)
    names: dict[str, Any] = {each.id: each.name or each.id for each in made.scopes}
    return InScope(
        scope=result.scope,
        name=names[result.scope],
        state=_state(made, control, result),
        policies=result.policies,
        attestation=attested(result.attestation) if result.attestation else None,
        periods=course.periods if course else None,
    )
