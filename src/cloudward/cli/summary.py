"""A scan on one screen: the score, the counts, what to fix first, what could not be read, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudward.cli.output import Column, at_least, console, counted, draw, earned, gain, styled
from cloudward.model import Coverage, Outcome, Policy, Scope, ScopeState, Severity, Status

if TYPE_CHECKING:
    from cloudward.assess.scan import Summary

TOP = 5
HOLES = 2
FEW = 2
"""Accounts up to which each call is told apart."""
COUNTED = (Status.UNHEALTHY, Status.UNKNOWN, Status.HEALTHY, Status.NOT_APPLICABLE)


@dataclass(frozen=True)
class Hole:
    """A call that was not answered, over all its places."""

    call: str
    outcome: Outcome
    scopes: tuple[str, ...]
    places: tuple[str, ...]
    """Account and region."""
    types: tuple[str, ...]
    count: int


def record(summary: Summary) -> dict[str, Any]:
    """The same for programs, beside the list of scopes."""
    return {
        "scan": summary.scan,
        "score": summary.score.percentage,
        "assessed": summary.score.assessed,
        "floor": summary.score.floor,
        "resources": summary.resources,
        "requests": summary.requests,
        "assessments": {
            status.value: {severity.value: summary.counts.get((severity, status), 0) for severity in Severity}
            for status in COUNTED
        },
        "exempt": summary.exempt,
        "disabled": summary.disabled,
        "not_read": [
            {"call": hole.call, "outcome": hole.outcome.value, "places": hole.places, "types": hole.types}
            for hole in holes(summary.holes)
        ],
        "seconds": round(summary.collecting + summary.assessing, 1),
    }


def show(summary: Summary, policies: Mapping[str, Policy], unhealthy: Mapping[str, int]) -> None:
    """Print it: at most 23 lines of 80 columns. `unhealthy` counts resources by policy, exempt ones not."""
    styled(
        _scopes(summary.scopes),
        f"  {counted(summary.resources, 'resource')} in {_effort(summary)}",
    )
    score = summary.score
    styled(
        ("Secure score ", "bold"),
        (earned(score), "bold"),
        f"   floor {at_least(score.floor)}   assessed {at_least(score.assessed)}",
    )
    if score.unread:
        styled(unread(score.unread))
    further = [line for line in (_disabled(summary.disabled), _lost(summary.scopes)) if line]
    for line in further:
        styled(line)
    _blank()
    draw(_count_columns(), _counts(summary.counts))
    top = worst(policies, unhealthy, {each.policy: each.increase for each in score.gains})
    top = top[: TOP - len(further)]
    if top:
        _blank()
        draw(TOP_COLUMNS, top)
    gaps = holes(summary.holes)
    if gaps:
        _blank()
        _show_holes(gaps, summary.scopes)
    _blank()
    styled("Next: ", _next(summary, top))


TOP_COLUMNS = (
    Column("policy", "Fix first", fold=True),
    Column("severity"),
    Column("unhealthy", "Resources", right=True),
    Column("gain", right=True, form=gain),
)


def _scopes(scopes: Sequence[Scope]) -> str:
    names = [scope.name or scope.id or scope.kind for scope in scopes]
    return f"{_named(names)}:" if names else "Nothing was read:"


def _named(names: Sequence[str], shown: int = 2) -> str:
    """The first of them, and how many others there are."""
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def _effort(summary: Summary) -> str:
    seconds = summary.collecting + summary.assessing
    time = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    return time if summary.requests is None else f"{time}, {counted(summary.requests, 'request')}"


def _count_columns() -> list[Column]:
    severities = [Column(severity.value, right=True) for severity in reversed(Severity)]
    return [Column("status", "Assessments"), *severities, Column("all", right=True)]


def _counts(counts: Mapping[tuple[Severity, Status], int]) -> Iterator[dict[str, Any]]:
    for status in COUNTED:
        row = {severity.value: counts.get((severity, status), 0) for severity in Severity}
        yield {"status": status.value.replace("_", " "), **row, "all": sum(row.values())}


def unread(types: Sequence[str]) -> str:
    """That there may be resources which nobody looked at."""
    what = types[0] if len(types) == 1 else f"{len(types)} types"
    return f"Not read everywhere: {what}, which the floor takes for unhealthy"


def worst(
    policies: Mapping[str, Policy], unhealthy: Mapping[str, int], gains: Mapping[str, float]
) -> list[dict[str, Any]]:
    """What to fix first."""
    rows = [
        {
            "policy": id,
            "severity": policies[id].severity.value,
            "unhealthy": count,
            "gain": gains.get(id, 0.0),
        }
        for id, count in unhealthy.items()
        if id in policies
    ]
    return sorted(rows, key=urgency)


def urgency(row: Mapping[str, Any]) -> tuple[int, float, int, str]:
    """The most severe first, then what adds the most to the score, then what is on the most resources."""
    return (-list(Severity).index(row["severity"]), -row["gain"], -row["unhealthy"], row["policy"])


def _disabled(count: int) -> str:
    return f"Disabled in some scopes: {counted(count, 'policy', 'policies')}" if count else ""


def _lost(scopes: Sequence[Scope]) -> str:
    """Accounts that cannot be read any more."""
    said = []
    for state, what in ((ScopeState.LEFT, "Left the organization"), (ScopeState.SUSPENDED, "Suspended")):
        names = [scope.name or scope.id for scope in scopes if scope.state is state]
        if names:
            said.append(f"{what}: {_named(names)}")
    return "; ".join(said)


def _show_holes(holes: Sequence[Hole], scopes: Sequence[Scope]) -> None:
    calls = len({hole.call for hole in holes})
    styled(
        (f"Not read: {counted(calls, 'call')}", "bold"),
        f"; what needs {'it' if calls == 1 else 'them'} is unknown: see cloudward coverage",
    )
    rows = list(_gathered(holes, scopes))[:HOLES]
    draw((Column("call", fold=True), Column("outcome"), Column("where", fold=True)), rows)


def _gathered(holes: Sequence[Hole], scopes: Sequence[Scope]) -> Iterator[dict[str, str]]:
    """A line a call; of many accounts one for all calls that failed alike in the same of them."""
    many = len(scopes) > FEW
    groups: dict[object, list[Hole]] = {}
    for hole in holes:
        groups.setdefault((hole.outcome, hole.scopes) if many else hole, []).append(hole)
    for group in sorted(groups.values(), key=lambda group: -sum(len(hole.scopes) for hole in group)):
        first = group[0]
        yield {
            "call": _named([hole.call for hole in group], 1),
            "outcome": first.outcome.value,
            "where": _accounts(first.scopes, scopes) if many else _named(first.places, 1),
        }


def _accounts(some: Sequence[str], scopes: Sequence[Scope]) -> str:
    of = {scope.id: scope for scope in scopes}
    names = [of[id].name or id for id in some]
    if len(some) == len(scopes):
        return f"all {counted(len(some), of[some[0]].kind or 'scope')}"
    return _named(names, 2 if len(names) == 2 else 1)


def _next(summary: Summary, top: Sequence[Mapping[str, Any]]) -> str:
    if top:
        return f"cloudward recommendations {top[0]['policy']}"
    if summary.holes:
        return "cloudward coverage"
    return "cloudward inventory"


def _blank() -> None:
    console().print()


def holes(rows: Iterable[Coverage]) -> list[Hole]:
    """Calls that were not answered, those that many places miss first."""
    found: dict[tuple[str, Outcome], list[Coverage]] = {}
    for row in rows:
        found.setdefault((row.call, row.outcome), []).append(row)
    gathered = [
        Hole(
            call,
            outcome,
            tuple(dict.fromkeys(row.scope for row in group)),
            tuple(dict.fromkeys(place(row.scope, row.region) for row in group)),
            tuple(dict.fromkeys(row.type for row in group)),
            sum(row.count for row in group),
        )
        for (call, outcome), group in found.items()
    ]
    return sorted(gathered, key=lambda hole: (-len(hole.places), hole.call))


def place(scope: str, region: str | None) -> str:
    """Account and region on one line."""
    return f"{scope} {region}" if region else scope
