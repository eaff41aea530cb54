"""Standards, their controls and what people attest, as lists and as one screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cloudward.cli.output import Column, Listing, block, console, counted, draw, moment, styled, words
from cloudward.model import ControlState, Status
from cloudward.respond.text import because

if TYPE_CHECKING:
    from cloudward.assess.course import Course, Courses
    from cloudward.model import Attestation, Control, ControlResult, Period
    from cloudward.respond.report import Report

SHOWN = (
    ControlState.PASSED,
    ControlState.FAILED,
    ControlState.NOT_DETERMINED,
    ControlState.MANUAL,
    ControlState.NOT_COVERED,
    ControlState.NOT_APPLICABLE,
)
"""In the order in which they are told."""
FEW = 3
"""So many periods are told in a table."""
STANDARDS = Listing(
    "standard",
    {
        "id": "what commands call it",
        "title": "its title",
        "version": "its version",
        "publisher": "who publishes it",
        "source": "the address of its text",
        "providers": "aws, azure, gcp, kubernetes",
        "controls": "how many it has",
        "automated": "controls that policies answer, alone or in part",
        "manual": "controls that a person attests",
        "not_covered": "controls that nothing answers",
        "assigned": "the assignments of it: id, effect, scope (null is everywhere), exclude",
        "scopes": "scanned accounts, subscriptions or clusters of which it speaks",
        "passed": "controls that passed, over the scopes together; null when nothing was scanned",
        "failed": "controls that failed",
        "not_determined": "controls of which something is not known",
        "not_applicable": "controls that speak of nothing that is there",
    },
    (
        Column("id", "Standard", fold=True),
        Column("controls", "All", right=True),
        Column("automated", "Auto", right=True),
        Column("manual", right=True),
        Column("not_covered", "Uncovered", right=True),
        Column("passed", right=True),
        Column("failed", right=True),
        Column("not_determined", "Unknown", right=True),
        Column("title", fold=True, width=150),
    ),
    empty="There are no standards.",
)
CONTROLS = Listing(
    "control",
    {
        "standard": "the standard's id",
        "control": "the control's id",
        "title": "what it asks for",
        "section": "where in the standard it stands",
        "scope": "account, subscription or cluster",
        "state": "one of passed, failed, not_determined, manual, not_covered, not_applicable",
        "healthy": "resources on which every policy that applies is content",
        "unhealthy": "resources on which at least one policy is not",
        "unknown": "resources of which something is not known, and nothing wrong",
        "not_applicable": "resources of which no policy speaks, or that a waiver takes out",
        "exempt": "assessments under an exemption",
        "policies": "what each policy says, with its counts and why there may be more",
        "manual": "what a person has to say; null for nothing",
        "uncovered": "why no policy answers it; null when one does",
        "attestation": "the person's word that counts; null for none",
        "periods": "the states over the time of --since and --until in turn; null without",
    },
    (
        Column("control", fold=True),
        Column("state", form=words),
        Column("unhealthy", right=True),
        Column("unknown", right=True),
        Column("title", fold=True),
        Column("scope", "Scopes", right=True, width=110),
    ),
    empty="There are no such controls.",
)
OVER_TIME = (
    Column("control", fold=True),
    Column("state", form=words),
    Column("periods", "When", fold=True),
    Column("title", fold=True, width=130),
)
ATTESTATIONS = Listing(
    "attestation",
    {
        "id": "its id",
        "standard": "the standard's id",
        "control": "the control's id",
        "scope": "account, subscription or cluster; null for all",
        "state": "compliant or non_compliant",
        "statement": "what is attested",
        "evidence": "addresses of what shows it",
        "owner": "who answers for it",
        "created_by": "who wrote it down",
        "created_at": "when",
        "expires": "from when on it counts no more",
        "withdrawn_by": "who took it back; null for nobody",
        "withdrawn_at": "when",
        "source": "the file that owns it, for `cloudward apply`; null for one that was made by hand",
    },
    (
        Column("id"),
        Column("standard", fold=True),
        Column("control", fold=True),
        Column("state", form=words),
        Column("expires", form=lambda value: moment(value)[:10]),
        Column("owner", fold=True),
        Column("statement", fold=True, width=110),
        Column("scope", width=130),
    ),
    empty="Nothing is attested.",
)
FILES = Listing(
    "file",
    {"file": "where it is", "bytes": "its size"},
    (Column("file", fold=True), Column("bytes", right=True)),
)
POLICIES = (
    Column("policy", fold=True),
    Column("state", form=words),
    Column("unhealthy", right=True),
    Column("unknown", right=True),
    Column("healthy", right=True),
    Column("exempt", right=True),
)


def records(report: Report, states: Iterable[ControlState], control: str = "") -> Iterator[dict[str, Any]]:
    """Every control in each scope that is in one of the states, in the standard's order."""
    wanted = set(states) or set(ControlState)
    for one in report.standard.controls:
        for result in report.of(one) if control in ("", one.id) else ():
            course = report.course(one, result.scope)
            if (course.state if course else result.state) in wanted:
                yield _record(report, one, result, course)


def _record(report: Report, control: Control, result: ControlResult, course: Course | None) -> dict[str, Any]:
    counts = report.resources[control.id, result.scope]
    return {
        "standard": report.standard.id,
        "control": control.id,
        "title": control.title,
        "section": report.standard.sections.get(control.section, ""),
        "scope": result.scope,
        "state": (course or result).state.value,
        **{status.value: counts[status] for status in Status},
        "exempt": sum(each.exempt for each in result.policies),
        "policies": [_policy(each) for each in result.policies],
        "manual": control.manual or None,
        "uncovered": control.uncovered or None,
        "attestation": result.attestation and told(result.attestation),
        "periods": [asdict(each) for each in course.periods] if course else None,
    }


def _policy(result: Any) -> dict[str, Any]:
    return {**asdict(result), "causes": [str(cause) for cause in result.causes]}


def told(attestation: Attestation) -> dict[str, Any]:
    """An attestation as an item of a list."""
    said = asdict(attestation)
    return {
        **said,
        "evidence": list(attestation.evidence),
        "scope": attestation.scope or None,
        "source": attestation.source or None,
    }


def together(report: Report, states: Iterable[ControlState]) -> Iterator[dict[str, Any]]:
    """A row for each control, over the scopes together."""
    wanted = set(states) or set(ControlState)
    for control in report.standard.controls:
        state = report.state(control)
        if state not in wanted:
            continue
        results = report.of(control)
        counts = [report.resources[control.id, each.scope] for each in results]
        yield {
            "control": control.id,
            "title": control.title,
            "state": state.value,
            "scope": f"{sum(1 for each in results if each.state is state)} of {len(results)}",
            **{status.value: sum(count[status] for count in counts) for status in Status},
            "periods": _when(report.courses, control, state) if report.courses else "",
        }


def _when(courses: Courses, control: Control, state: ControlState) -> str:
    """The times at which a control was what it is told to have been, where that was not throughout."""
    found = [
        period
        for each in courses.courses
        if each.control == control.id
        for period in each.periods
        if period.state is state
    ]
    distinct = list(dict.fromkeys(map(_spelled, found)))
    if state is ControlState.FAILED or len(distinct) > 1 or (found and found[0].cause):
        more = f"; and {len(distinct) - FEW} more" if len(distinct) > FEW else ""
        return "; ".join(distinct[:FEW]) + more
    return "throughout"


def _spelled(period: Period) -> str:
    start, end = f"{period.start:%Y-%m-%d %H:%M}", f"{period.end:%Y-%m-%d %H:%M}"
    when = f"at {start}" if start == end else f"{start} to {end}"
    return (
        f"{period.cause} ({when})"
        if period.cause and "snapshot" not in period.cause
        else period.cause or when
    )


def headline(report: Report) -> None:
    """What the standard is, and how many controls are in which state."""
    standard, states = report.standard, report.states()
    styled((f"{standard.title} {standard.version}", "bold"))
    said = [f"{states[state]} {words(state.value)}" for state in SHOWN if states[state]]
    styled(f"{counted(len(standard.controls), 'control')}: {', '.join(said)}")
    if report.courses:
        _watched(report.courses)
    styled()


def _watched(courses: Courses) -> None:
    span = courses.span
    styled(f"{moment(span.since)} to {moment(span.until)}, from the snapshots that are kept")
    for each in courses.watched:
        near = f", at most {spelled(each.longest)} apart" if each.longest and each.snapshots > 1 else ""
        styled(f"{each.scope}: {counted(each.snapshots, 'snapshot')}{near}", indent=2)
        for gap in each.gaps[:FEW]:
            styled((gap.cause, "magenta"), indent=4)
        if len(each.gaps) > FEW:
            styled((f"and {len(each.gaps) - FEW} more such times", "magenta"), indent=4)


def spelled(time: timedelta) -> str:
    """`26 hours`, `12 days`: never less than it is."""
    hours = -(-int(time.total_seconds()) // 3600)
    return counted(hours, "hour") if hours < 72 else counted(-(-hours // 24), "day")


def detail(report: Report, control: Control) -> None:
    """One control: what decides in each scope, and what is left to a person."""
    from cloudward.cli.lines import wrapped

    styled((f"{control.id}  {control.title}", "bold"))
    section = report.standard.sections.get(control.section, "")
    styled(
        " ".join(
            filter(None, [f"{report.standard.title} {report.standard.version}", section and f"- {section}"])
        )
    )
    for head, text in (("A person has to say", control.manual), ("Not covered, because", control.uncovered)):
        if text:
            block(head, wrapped(text, console().width, 2))
    for result in report.of(control):
        _result(report, control, result)


def _result(report: Report, control: Control, result: ControlResult) -> None:
    name = next(scope.name for scope in report.scopes if scope.id == result.scope)
    styled()
    styled(
        (words((report.course(control, result.scope) or result).state.value), "bold"),
        f"  {result.scope}",
        f" {name}" if name != result.scope else "",
    )
    course = report.course(control, result.scope)
    for period in course.periods if course else ():
        styled(f"{words(period.state.value)}: {_spelled(period)}", indent=2)
    if result.policies:
        draw(POLICIES, [asdict(each) for each in result.policies])
    for each in result.policies:
        for cause in each.causes:
            styled((f"{each.policy}: {because(cause)}", "magenta"), indent=2)
    if result.attestation:
        _attested(result.attestation)


def _attested(word: Attestation) -> None:
    until = f"until {word.expires:%Y-%m-%d}"
    styled(f"{words(word.state.value)}, says {word.owner} {until}: {word.statement}  ({word.id})", indent=2)
    for address in word.evidence:
        styled(address, indent=4)
