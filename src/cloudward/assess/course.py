"""Whether controls held over a whole time, as far as the snapshots that are kept can say."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cloudward.assess.attestations import Attestations
from cloudward.assess.compliance import judge, worst
from cloudward.assess.evidence import Hidden, hidden, past
from cloudward.assess.periods import Gap, Point, around, gaps, longest, periods
from cloudward.model import Control, ControlResult, ControlState, Period, PolicyResult, Scope, Standard
from cloudward.pack import Pack
from cloudward.store import Store
from cloudward.store.retention import DAYS


@dataclass(frozen=True)
class Span:
    """A time, and what the store can say of it."""

    since: datetime
    until: datetime
    now: datetime
    days: int = DAYS
    """So long one snapshot a day is kept, then one a month."""


@dataclass(frozen=True)
class Course:
    """A control in a scope over a time. Passed is passed throughout."""

    control: str
    scope: str
    state: ControlState
    periods: tuple[Period, ...]


@dataclass(frozen=True)
class Watched:
    """How closely a scope was looked at."""

    scope: str
    snapshots: int
    longest: timedelta | None
    """Between two snapshots, one before and one behind the time included."""
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class Courses:
    """A standard over a time."""

    span: Span
    watched: Sequence[Watched]
    courses: Sequence[Course]


def courses(store: Store, pack: Pack, standard: Standard, scopes: Iterable[Scope], span: Span) -> Courses:
    """Every control of a standard in each scope, over a time."""
    watched: list[Watched] = []
    found: list[Course] = []
    for scope in scopes:
        one = _Scope(store, pack, standard, scope, span)
        watched.append(one.watched())
        found += one.courses()
    return Courses(span, watched, found)


class _Scope:
    """One scope over the time."""

    def __init__(self, store: Store, pack: Pack, standard: Standard, scope: Scope, span: Span) -> None:
        self._standard, self._scope, self._span = standard, scope, span
        self._scopes, self._attested = store.scopes(), store.attestations()
        at = {moment: scan for scan, moment in store.snapshots(scope.id)}
        self._moments = around(at, span.since, span.until)
        self._gaps = gaps(self._moments, span.since, span.until, span.now, span.days)
        scans = [at[moment] for moment in self._moments]
        policies = sorted({id for control in standard.controls for id in control.policies})
        self._results = [
            {id: found for id in policies if (found := evidence.result(pack.policies[id]))}
            for evidence in past(store, pack, scope, policies, scans)
        ]
        pairs = list(zip(scans, self._moments, strict=True))
        self._scans, self._hidden = scans, hidden(store, scope.id, policies, pairs)

    def watched(self) -> Watched:
        inside = [at for at in self._moments if self._span.since <= at <= self._span.until]
        return Watched(
            self._scope.id, len(inside), longest(self._moments, self._span.until), tuple(self._gaps)
        )

    def courses(self) -> Iterator[Course]:
        words = {at: Attestations(self._attested, self._scopes, at) for at in self._turns()}
        for control in self._standard.controls:
            found = self._periods(control, words)
            state = worst(period.state for period in found)
            yield Course(control.id, self._scope.id, state, found)

    def _turns(self) -> list[datetime]:
        """When the state of a control may change: snapshots, and words that are given or end."""
        turns = {self._span.since, *self._moments}
        for each in self._attested:
            if each.standard == self._standard.id:
                ends = (each.created_at, each.expires, each.withdrawn_at)
                turns.update(at for at in ends if at and self._span.since < at <= self._span.until)
        return sorted(turns)

    def _periods(self, control: Control, words: Mapping[datetime, Attestations]) -> tuple[Period, ...]:
        points = [self._point(control, at, words[at]) for at in words if at <= self._span.until]
        holes = self._gaps if control.policies else []
        lost = [] if not control.policies else list(self._lost(control))
        return periods(points, [*holes, *lost], self._span.since, self._span.until)

    def _point(self, control: Control, at: datetime, words: Attestations) -> Point:
        word = words.of(self._standard.id, control.id, self._scope.id)
        number = bisect_right(self._moments, at) - 1
        if control.policies and number < 0:
            return Point(at, ControlState.NOT_DETERMINED, seen=False)
        known: Mapping[str, PolicyResult] = self._results[number] if control.policies else {}
        found = [known[id] for id in control.policies if id in known]
        result = judge(control, self._scope.id, found, word)
        return Point(at, result.state, reason(result), at in self._moments)

    def _lost(self, control: Control) -> Iterator[Gap]:
        """Times between two snapshots in which something changed and changed back."""
        bad = {each.start for each in self._gaps}
        for number, (scan, at) in enumerate(zip(self._scans, self._moments, strict=True)):
            before = self._moments[number - 1] if number else None
            if before is None or max(before, self._span.since) in bad:
                continue
            known = self._results[number - 1]
            if worst(known[id].state for id in control.policies if id in known) is not ControlState.PASSED:
                continue  # what is wrong or unknown anyway stays so
            if any(Hidden(scan, id) in self._hidden for id in control.policies):
                start, end = max(before, self._span.since), min(at, self._span.until)
                yield Gap(start, end, f"it changed and changed back before {at:%Y-%m-%d %H:%M}")


def reason(result: ControlResult) -> str:
    """Why a control is not determined, in a few words; empty for other states."""
    if result.state is not ControlState.NOT_DETERMINED:
        return ""
    for each in result.policies:
        if each.state is ControlState.NOT_DETERMINED:
            unknown = f"{each.unknown} unknown" if each.unknown else ""
            return ": ".join(filter(None, [each.policy, unknown or str(each.causes[0])]))
    return ""
