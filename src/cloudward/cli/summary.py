"""A scan on one screen: the score, the counts, what to fix first, what could not be read, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloudward.cli.output import Column, console, draw, gain, percent, styled
from cloudward.model import Outcome, Policy, Scope, Score, Severity, Status

TOP = 5
HOLES = 2
COUNTED = (Status.UNHEALTHY, Status.UNKNOWN, Status.HEALTHY, Status.NOT_APPLICABLE)


@dataclass(frozen=True)
class Hole:
    """A call that was not answered, over all its places."""

    call: str
    outcome: Outcome
    places: tuple[str, ...]
    """Account and region."""
    types: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Summary:
    """What a scan found."""

    scopes: Sequence[Scope]
    score: Score
    counts: Mapping[tuple[Severity, Status], int]
    resources: int
    holes: Sequence[Hole]
    policies: Mapping[str, Policy]
    seconds: float

    def record(self) -> dict[str, Any]:
        """The same for programs, beside the list of scopes."""
        return {
            "score": self.score.percentage,
            "assessed": self.score.assessed,
            "floor": self.score.floor,
            "resources": self.resources,
            "assessments": {
                status.value: {
                    severity.value: self.counts.get((severity, status), 0) for severity in Severity
                }
                for status in COUNTED
            },
            "not_read": [
                {"call": hole.call, "outcome": hole.outcome.value, "places": hole.places, "types": hole.types}
                for hole in self.holes
            ],
            "seconds": round(self.seconds, 1),
        }


def show(summary: Summary) -> None:
    """Print it: at most 23 lines of 80 columns."""
    styled(_scopes(summary.scopes), f"  {summary.resources:,} resources in {_duration(summary.seconds)}")
    score = summary.score
    styled(
        ("Secure score ", "bold"),
        (percent(score.percentage), "bold"),
        f"   floor {percent(score.floor)}   assessed {percent(score.assessed)}",
    )
    _blank()
    draw(_count_columns(), _counts(summary.counts))
    top = list(_top(summary))
    if top:
        _blank()
        draw(TOP_COLUMNS, top)
    if summary.holes:
        _blank()
        _show_holes(summary.holes)
    _blank()
    styled("Next: ", _next(summary, top))


TOP_COLUMNS = (
    Column("policy", "Fix first", fold=True),
    Column("severity"),
    Column("unhealthy", "Resources", right=True),
    Column("gain", right=True, form=gain),
)


def _scopes(scopes: Sequence[Scope]) -> str:
    names = [scope.name or scope.id for scope in scopes[:2]]
    more = f" and {len(scopes) - 2:,} more" if len(scopes) > 2 else ""
    return f"{', '.join(names)}{more}:" if names else "Nothing was read:"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _count_columns() -> list[Column]:
    severities = [Column(severity.value, right=True) for severity in reversed(Severity)]
    return [Column("status", "Assessments"), *severities, Column("all", right=True)]


def _counts(counts: Mapping[tuple[Severity, Status], int]) -> Iterator[dict[str, Any]]:
    for status in COUNTED:
        row = {severity.value: counts.get((severity, status), 0) for severity in Severity}
        yield {"status": status.value.replace("_", " "), **row, "all": sum(row.values())}


def _top(summary: Summary) -> Iterator[dict[str, Any]]:
    for each in summary.score.gains[:TOP]:
        policy = summary.policies.get(each.policy)
        yield {
            "policy": each.policy,
            "severity": policy.severity.value if policy else "",
            "unhealthy": each.unhealthy,
            "gain": each.increase,
        }


def _show_holes(holes: Sequence[Hole]) -> None:
    calls = len({hole.call for hole in holes})
    styled((f"Not read: {calls} {'call' if calls == 1 else 'calls'}", "bold"), "; what needs them is unknown")
    rows = [
        {"call": hole.call, "outcome": hole.outcome.value, "where": _places(hole.places)}
        for hole in holes[:HOLES]
    ]
    draw((Column("call", fold=True), Column("outcome"), Column("where", fold=True)), rows)


def _places(places: Sequence[str]) -> str:
    return places[0] if len(places) == 1 else f"{len(places)} places"


def _next(summary: Summary, top: Sequence[Mapping[str, Any]]) -> str:
    if top:
        return f"cloudward recommendations {top[0]['policy']}"
    if summary.holes:
        return "cloudward coverage"
    return "cloudward inventory"


def _blank() -> None:
    console().print()


def holes(rows: Iterable[Any]) -> list[Hole]:
    """Calls that were not answered, those that many places miss first."""
    found: dict[tuple[str, Outcome], list[Any]] = {}
    for row in rows:
        if row.outcome in {Outcome.DENIED, Outcome.FAILED}:
            found.setdefault((row.call, row.outcome), []).append(row)
    gathered = [
        Hole(
            call,
            outcome,
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
