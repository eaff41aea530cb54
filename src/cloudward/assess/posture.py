"""What holds over several scopes together: the score, what to fix first, and how it went."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from zlib import crc32

from cloudward.assess.attestations import Attestations
from cloudward.assess.evidence import Compliance, States, compared, stated
from cloudward.assess.score import Sums, combine, mean, together
from cloudward.model import Scope, Score, Severity, Status
from cloudward.pack import Pack
from cloudward.store import Published, Store
from cloudward.store.filters import Filters

DECISIONS = ("assignment", "attestation", "exemption", "plan")
"""Kinds of what people decide that compliance depends on."""
PARTS = 16
"""Groups of scopes whose scores are added up apart."""
REMEMBERED = 64
"""Sets of scopes whose score is kept at hand."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A policy, and how many resources it finds how."""

    policy: str
    severity: Severity
    unhealthy: int
    """Without those that are exempt."""
    unknown: int
    healthy: int
    not_applicable: int
    exempt: int
    """Unhealthy and exempt."""
    gain: float
    """What fixing it everywhere adds to the score, in percent points."""


def overall(scores: Sequence[Score]) -> Score:
    """The score of several scopes together."""
    return scores[0] if len(scores) == 1 else combine("all", scores)


class Posture:
    """Scores of a store at hand: each is read once, and what they make together is worked out once."""

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, Lock()
        self._scores: dict[str, tuple[str, datetime, Score]] = {}
        self._together: OrderedDict[frozenset[tuple[str, str]], Score] = OrderedDict()
        self._adding = Lock()
        self._parts: OrderedDict[frozenset[tuple[str, str]], Sums] = OrderedDict()
        self._judging = Lock()
        self._basis: object = None
        self._until: datetime | None = None
        self._states: dict[str, tuple[str, States]] = {}
        self._compliance: OrderedDict[frozenset[tuple[str, str]], Compliance] = OrderedDict()

    def scores(self, scopes: Collection[str] | None = None) -> list[tuple[str, datetime, Score]]:
        """(scan, when, score) of each scope's current snapshot, in order of scope."""
        with self._lock:
            now = self._store.scored()
            old = [scope for scope, scan in now.items() if self._scores.get(scope, ("",))[0] != scan]
            for at, scan, score in self._store.scores_of(old) if old else ():
                self._scores[score.scope] = scan, at, score
            wanted = now if scopes is None else [scope for scope in now if scope in set(scopes)]
            return [self._scores[scope] for scope in wanted if scope in self._scores]

    def score(self, scopes: Collection[str] | None = None) -> Score:
        """The score of these scopes together."""
        found = self.scores(scopes)
        key = frozenset((score.scope, scan) for scan, _, score in found)
        with self._adding:
            if key not in self._together:
                self._together[key] = self._added(found)
                while len(self._together) > REMEMBERED:
                    self._together.popitem(last=False)
            return self._together[key]

    def _added(self, found: Sequence[tuple[str, datetime, Score]]) -> Score:
        """Part by part: where a scope was scanned again only its part is added up anew."""
        if len(found) == 1:
            return found[0][2]
        parts: dict[int, list[tuple[str, Score]]] = {}
        for scan, _, score in found:
            parts.setdefault(crc32(score.scope.encode()) % PARTS, []).append((scan, score))
        sums = []
        for part in parts.values():
            key = frozenset((score.scope, scan) for scan, score in part)
            if key not in self._parts:
                self._parts[key] = Sums.of(score for _, score in part)
            self._parts.move_to_end(key)
            sums.append(self._parts[key])
        while len(self._parts) > REMEMBERED * PARTS // 4:
            self._parts.popitem(last=False)
        return together("all", sums)

    def compliance(self, pack: Pack, scopes: Sequence[Scope], now: datetime) -> Compliance:
        """`evidence.overall`. A scope is looked at anew when it was published, when people decided something,
        when what holds it moved, and when an attestation expires."""
        published, every = self._store.published(), self._store.scopes()
        basis = self._store.decided(DECISIONS), frozenset((each.id, each.parent) for each in every)
        with self._judging:
            if basis != self._basis or (self._until is not None and now >= self._until):
                self._basis, self._until = basis, None
                self._states.clear()
                self._compliance.clear()
            self._look(pack, [each for each in scopes if each.id in published], published, every, now)
            return self._compared(pack, [each.id for each in scopes])

    def _look(
        self,
        pack: Pack,
        scopes: Sequence[Scope],
        published: Mapping[str, Published],
        every: Sequence[Scope],
        now: datetime,
    ) -> None:
        """Compare the scopes whose states are not at hand."""
        held = self._states
        new = [each for each in scopes if held.get(each.id, ("",))[0] != published[each.id].scan]
        if not new:
            return
        words = Attestations(self._store.attestations(), every, now)
        self._until = words.until
        for scope, states in stated(self._store, pack, new, words):
            held[scope] = published[scope].scan, states

    def _compared(self, pack: Pack, scopes: Sequence[str]) -> Compliance:
        key = frozenset((id, self._states[id][0]) for id in scopes if id in self._states)
        if key not in self._compliance:
            self._compliance[key] = compared(pack, [self._states[id][1] for id, _ in key])
            while len(self._compliance) > REMEMBERED:
                self._compliance.popitem(last=False)
        return self._compliance[key]


def recommendations(
    store: Store, pack: Pack, filters: Filters, gains: Mapping[str, float]
) -> list[Recommendation]:
    """Every policy of which there are assessments that fit."""
    rest: Filters = {**filters, "status": None, "exempt": None}
    counts: dict[str, dict[tuple[str, str], int]] = {}
    severities: dict[str, str] = {}
    for (policy, severity, status, exempt), n in store.counted(
        "policy", "severity", "status", "exempt", **rest
    ):
        cell = counts.setdefault(policy, {})
        cell[status, exempt] = cell.get((status, exempt), 0) + n
        severities[policy] = severity
    return [_recommendation(id, counts[id], severities[id], pack, gains) for id in counts]


def _recommendation(
    id: str, counts: Mapping[tuple[str, str], int], severity: str, pack: Pack, gains: Mapping[str, float]
) -> Recommendation:
    policy = pack.policies.get(id)
    plain = {status.value: counts.get((status.value, "no"), 0) for status in Status}
    return Recommendation(
        policy=id,
        severity=policy.severity if policy else Severity(severity),
        **plain,
        exempt=counts.get((Status.UNHEALTHY.value, "yes"), 0),
        gain=gains.get(id, 0.0),
    )


@dataclass(frozen=True, slots=True)
class Point:
    """The score at a moment."""

    at: datetime
    percentage: float | None
    """0..1; None when there was nothing to earn."""
    floor: float | None
    scopes: int
    """How many had been scanned by then."""


DAY = timedelta(days=1)


def trend(scores: Iterable[tuple[datetime, Score]], since: datetime, until: datetime) -> list[Point]:
    """The score at the end of each day, made of the last of each scope until then; days before the first
    have none. `scores` in any order."""
    waiting = sorted(scores, key=lambda each: each[0], reverse=True)
    latest: dict[str, Score] = {}
    points: list[Point] = []
    end = since
    while end < until:
        end = min(until, end.replace(hour=0, minute=0, second=0, microsecond=0) + DAY)
        changed = False
        while waiting and waiting[-1][0] < end:
            _, score = waiting.pop()
            latest[score.scope], changed = score, True
        if latest and (changed or not points):
            points.append(Point(end, *mean([*latest.values()]), len(latest)))
        elif latest:
            points.append(Point(end, points[-1].percentage, points[-1].floor, len(latest)))
    return points
