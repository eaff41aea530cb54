"""The secure score: what share of each control's points the resources earn, and what it is at least.

A resource is healthy in a control only if every policy of the control that applies to it says so.
`Tally` takes the assessments of one resource at a time and keeps counts alone, so its memory does not
grow with the estate. Points are exact decimals until they are rounded, halves up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from cloudward.model import (
    Assessment,
    ControlScore,
    Exemption,
    ExemptionCategory,
    Gain,
    Policy,
    Score,
    SecureScoreControl,
    Status,
)

_WORST_FIRST = (Status.UNHEALTHY, Status.UNKNOWN, Status.HEALTHY, Status.NOT_APPLICABLE)
_RANK = {status: rank for rank, status in enumerate(_WORST_FIRST)}


def counted_as(status: Status, exemption: Exemption | None) -> Status:
    """The status that the score sees. A waiver takes the resource out; mitigated makes unhealthy healthy.

    What is unknown stays unknown under `mitigated`: nobody knows whether it needs the other control.
    """
    if exemption is None:
        return status
    if exemption.category is ExemptionCategory.WAIVER:
        return Status.NOT_APPLICABLE
    return Status.HEALTHY if status is Status.UNHEALTHY else status


def is_full(control: ControlScore) -> bool:
    """Every point is earned, and nothing that could take one away is unknown."""
    return control.max > 0 and not (control.unhealthy or control.unknown or control.unread)


@dataclass(slots=True)
class _Counts:
    """Resources of one control by their worst status in it."""

    control: SecureScoreControl
    needs: Mapping[str, frozenset[str]]
    """Counted policy -> the types that it looks at."""
    states: Counter[Status] = field(default_factory=Counter)
    unhealthy: Counter[str] = field(default_factory=Counter)
    """Policy -> resources that it finds unhealthy."""
    freed: Counter[str] = field(default_factory=Counter)
    """Policy -> resources that it alone keeps from being healthy here."""

    def add(self, statuses: Mapping[str, Status]) -> Status:
        worst = min(statuses.values(), key=_RANK.__getitem__)
        self.states[worst] += 1
        if worst is Status.UNHEALTHY:
            failing = [policy for policy, status in statuses.items() if status is Status.UNHEALTHY]
            self.unhealthy.update(failing)
            if len(failing) == 1 and Status.UNKNOWN not in statuses.values():
                self.freed[failing[0]] += 1
        return worst

    def unread(self, unread: Collection[str]) -> tuple[str, ...]:
        return tuple(sorted({type for types in self.needs.values() for type in types if type in unread}))

    def points(self, more: int = 0) -> Decimal:
        """What is earned when `more` of the unhealthy resources are healthy."""
        healthy, unhealthy = self.states[Status.HEALTHY], self.states[Status.UNHEALTHY]
        return _share(self.control.max, healthy + more, healthy + unhealthy)

    def floor(self, unread: Collection[str]) -> Decimal:
        if self.unread(unread):
            return Decimal(0)
        healthy = self.states[Status.HEALTHY]
        return _share(
            self.control.max, healthy, healthy + self.states[Status.UNHEALTHY] + self.states[Status.UNKNOWN]
        )


class Tally:
    """Counts assessments for the secure score of one scope, leaving out what is in preview or foreign."""

    def __init__(
        self,
        controls: Iterable[SecureScoreControl],
        policies: Mapping[str, Policy],
        exemptions: Mapping[str, Exemption],
    ) -> None:
        """`policies` are those that run; `exemptions` are found by the id that assessments carry."""
        self._counts = [_Counts(control, _needs(control, policies)) for control in controls]
        self._of = {policy: counts for counts in self._counts for policy in counts.needs}
        self._exemptions = exemptions
        self._weight = self._most = 0

    def add(self, assessments: Iterable[Assessment]) -> None:
        """Take all assessments of one resource."""
        found: dict[str, dict[str, Status]] = {}
        for each in assessments:
            counts = self._of.get(each.policy)
            if counts is not None:
                exemption = self._exemptions.get(each.exemption) if each.exemption else None
                found.setdefault(counts.control.id, {})[each.policy] = counted_as(each.status, exemption)
        states = {self._of[next(iter(statuses))].add(statuses) for statuses in found.values()}
        self._weight += bool(states & {Status.HEALTHY, Status.UNHEALTHY})
        self._most += bool(states - {Status.NOT_APPLICABLE})

    def score(self, scope: str, unread: Collection[str], previous: Score | None = None) -> Score:
        """The score of the scope. `unread` are the types of its provider that were not read everywhere."""
        total = _weighted((c.control.max, 1) for c in self._counts if _scored(c))
        controls = tuple(_control_score(counts, total, unread) for counts in self._counts)
        missing = tuple(sorted({type for control in controls for type in control.unread}))
        current = _weighted((control.current, 1) for control in controls)
        bounds = (self._weight, self._most) if not missing else previous and previous.weight_bounds
        return Score(
            scope=scope,
            current=float(current),
            max=float(total),
            percentage=_fraction(current, total) or 0.0,
            weight=self._weight,
            assessed=_assessed(controls),
            floor=self._floor(unread),
            controls=controls,
            gains=self._gains(total),
            unread=missing,
            weight_bounds=bounds or None,
        )

    def _floor(self, unread: Collection[str]) -> float | None:
        counting = [counts for counts in self._counts if _may_score(counts, unread)]
        total = _weighted((counts.control.max, 1) for counts in counting)
        return _fraction(sum((_round(counts.floor(unread), 2) for counts in counting), Decimal(0)), total)

    def _gains(self, total: Decimal) -> tuple[Gain, ...]:
        gains = [
            Gain(policy, unhealthy, counts.freed[policy], float(_round(points, 2)), _percent(points, total))
            for counts in self._counts
            for policy, unhealthy in counts.unhealthy.items()
            for points in [counts.points(counts.freed[policy]) - counts.points()]
        ]
        return tuple(sorted(gains, key=lambda gain: (-gain.points, -gain.unhealthy, gain.policy)))


def combine(scope: str, scores: Sequence[Score]) -> Score:
    """The score over several scopes, each weighted by its resources.

    The floor is the lowest mean that the true weights allow, so that what was denied in one scope cannot
    lift it by shifting weight; it is not determined while a scope has never been read whole.
    """
    return together(scope, [Sums.of(scores)])


def together(scope: str, parts: Iterable[Sums]) -> Score:
    """What `combine` makes of the scores of all parts."""
    sums = Sums()
    for each in parts:
        sums.take(each)
    weight = sums.weight
    fraction = _fraction(sums.percentage, Decimal(weight))
    controls = tuple(each.score(weight) for each in sums.controls.values())
    total = sum(control.max for control in controls)
    return Score(
        scope=scope,
        current=float(_round(_decimal(fraction or 0.0) * _decimal(total), 2)),
        max=total,
        percentage=fraction or 0.0,
        weight=weight,
        assessed=_assessed(controls),
        floor=_lowest_mean(sums.floors),
        controls=controls,
        gains=_combined_gains(sums.gains, weight),
        unread=tuple(sorted(sums.unread)),
        weight_bounds=_sum_bounds(sums.floors),
    )


@dataclass(slots=True)
class _ControlSums:
    """One control over the resources of all scopes; what fixing it adds is weighted as the scopes are."""

    id: str
    title: str
    max: float = 0.0
    healthy: int = 0
    unhealthy: int = 0
    not_applicable: int = 0
    unknown: int = 0
    increase: Decimal = Decimal(0)
    unread: set[str] = field(default_factory=set)

    def take(self, other: _ControlSums) -> None:
        self.max = max(self.max, other.max)
        self.healthy += other.healthy
        self.unhealthy += other.unhealthy
        self.not_applicable += other.not_applicable
        self.unknown += other.unknown
        self.increase += other.increase
        self.unread |= other.unread

    def score(self, weight: int) -> ControlScore:
        definite = self.healthy + self.unhealthy
        current = _round(_share(self.max, self.healthy, definite), 2)
        floor = Decimal(0) if self.unread else _share(self.max, self.healthy, definite + self.unknown)
        return ControlScore(
            id=self.id,
            title=self.title,
            max=self.max,
            current=float(current),
            percentage=_fraction(current, _decimal(self.max)) or 0.0,
            healthy=self.healthy,
            unhealthy=self.unhealthy,
            not_applicable=self.not_applicable,
            unknown=self.unknown,
            weight=definite,
            potential=float(_decimal(self.max) - current),
            potential_increase=float(_round(self.increase / weight, 2)) if weight else 0.0,
            floor=float(_round(floor, 2)),
            unread=tuple(sorted(self.unread)),
        )


@dataclass(slots=True)
class Sums:
    """What scores come to that are added up: exact, so that it is the same in whichever parts they come."""

    weight: int = 0
    percentage: Decimal = Decimal(0)
    """Each times its weight."""
    floors: list[tuple[float | None, tuple[int, int] | None]] = field(default_factory=list)
    """Floor and bounds of the weight of each scope."""
    unread: set[str] = field(default_factory=set)
    controls: dict[str, _ControlSums] = field(default_factory=dict)
    gains: dict[str, tuple[int, int, Decimal, Decimal]] = field(default_factory=dict)
    """Policy -> unhealthy, freed, points, and increase times weight."""

    @classmethod
    def of(cls, scores: Iterable[Score]) -> Sums:
        made = cls()
        for score in scores:
            made.add(score)
        return made

    def add(self, score: Score) -> None:
        weight = score.weight
        self.weight += weight
        self.percentage += _decimal(score.percentage) * weight
        self.floors.append((score.floor, score.weight_bounds))
        self.unread.update(score.unread)
        for c in score.controls:
            counts = c.healthy, c.unhealthy, c.not_applicable, c.unknown
            increase = _decimal(c.potential_increase) * weight
            self._control(_ControlSums(c.id, c.title, c.max, *counts, increase, set(c.unread)))
        for g in score.gains:
            more = g.unhealthy, g.freed, _decimal(g.points), _decimal(g.increase) * weight
            self._gain(g.policy, more)

    def take(self, other: Sums) -> None:
        self.weight += other.weight
        self.percentage += other.percentage
        self.floors += other.floors
        self.unread |= other.unread
        for control in other.controls.values():
            self._control(replace(control, unread=set(control.unread)))
        for policy, more in other.gains.items():
            self._gain(policy, more)

    def _control(self, new: _ControlSums) -> None:
        known = self.controls.setdefault(new.id, new)
        if known is not new:
            known.take(new)

    def _gain(self, policy: str, more: tuple[int, int, Decimal, Decimal]) -> None:
        known = self.gains.get(policy)
        if known is not None:
            more = (known[0] + more[0], known[1] + more[1], known[2] + more[2], known[3] + more[3])
        self.gains[policy] = more


def mean(scores: Sequence[Score]) -> tuple[float | None, float | None]:
    """Percentage and floor of several scopes, as `combine` has them, from their own alone."""
    if len(scores) == 1:
        return scores[0].percentage if scores[0].max else None, scores[0].floor
    weight = Decimal(sum(score.weight for score in scores))
    floors = ((score.floor, score.weight_bounds) for score in scores)
    return _fraction(_weighted((s.percentage, s.weight) for s in scores), weight), _lowest_mean(floors)


def _needs(control: SecureScoreControl, policies: Mapping[str, Policy]) -> dict[str, frozenset[str]]:
    running = (policies[id] for id in control.policies if id in policies)
    return {policy.id: frozenset(policy.resource) for policy in running if not policy.preview}


def _scored(counts: _Counts) -> bool:
    return bool(counts.states[Status.HEALTHY] or counts.states[Status.UNHEALTHY])


def _may_score(counts: _Counts, unread: Collection[str]) -> bool:
    return _scored(counts) or bool(counts.states[Status.UNKNOWN] or counts.unread(unread))


def _control_score(counts: _Counts, total: Decimal, unread: Collection[str]) -> ControlScore:
    scored = _scored(counts)
    current = _round(counts.points(), 2)
    potential = _decimal(counts.control.max) - current if scored else Decimal(0)
    return ControlScore(
        id=counts.control.id,
        title=counts.control.title,
        max=counts.control.max if scored else 0.0,
        current=float(current),
        percentage=_fraction(current, _decimal(counts.control.max)) or 0.0,
        healthy=counts.states[Status.HEALTHY],
        unhealthy=counts.states[Status.UNHEALTHY],
        not_applicable=counts.states[Status.NOT_APPLICABLE],
        unknown=counts.states[Status.UNKNOWN],
        weight=counts.states[Status.HEALTHY] + counts.states[Status.UNHEALTHY],
        potential=float(potential),
        potential_increase=_percent(potential, total),
        floor=float(_round(counts.floor(unread), 2)),
        unread=counts.unread(unread),
    )


def _assessed(controls: Iterable[ControlScore]) -> float | None:
    """A type that was not read counts as one unknown resource: there may be any number of them."""
    definite = sum(control.healthy + control.unhealthy for control in controls)
    unknown = sum(control.unknown + len(control.unread) for control in controls)
    return _fraction(Decimal(definite), Decimal(definite + unknown))


def _lowest_mean(scopes: Iterable[tuple[float | None, tuple[int, int] | None]]) -> float | None:
    """The lowest weighted mean of the floors, each weight anywhere within its bounds.

    It lies where the lower floors weigh the most that they can and the higher ones the least.
    """
    bounded: list[tuple[Decimal, int, int]] = []
    for floor_of, bounds in scopes:
        if bounds is None:
            return None
        if floor_of is not None and bounds[1]:
            bounded.append((_decimal(floor_of), *bounds))
    bounded.sort()
    weight = Decimal(sum(least for _, least, _ in bounded))
    earned = sum((floor * least for floor, least, _ in bounded), Decimal(0))
    means = [earned / weight] if weight else []
    for floor, least, most in bounded:
        weight, earned = weight + most - least, earned + floor * (most - least)
        means += [earned / weight] if weight else []
    return float(_round(min(means), 4)) if means else None


def _sum_bounds(scopes: Sequence[tuple[float | None, tuple[int, int] | None]]) -> tuple[int, int] | None:
    bounds = [each for _, each in scopes if each is not None]
    if len(bounds) < len(scopes):
        return None
    return sum(least for least, _ in bounds), sum(most for _, most in bounds)


def _combined_gains(sums: Mapping[str, tuple[int, int, Decimal, Decimal]], weight: int) -> tuple[Gain, ...]:
    """`points` of a recommendation are those of its scopes added up."""
    gains = [
        Gain(policy, unhealthy, freed, float(points), float(_round(increase / (weight or 1), 2)))
        for policy, (unhealthy, freed, points, increase) in sums.items()
    ]
    return tuple(sorted(gains, key=lambda gain: (-gain.increase, -gain.unhealthy, gain.policy)))


@lru_cache(maxsize=1 << 16)
def _decimal(value: float) -> Decimal:
    """Scores are rounded, so that the same few values come again and again."""
    return Decimal(str(value))


def _weighted(values: Iterable[tuple[float, int]]) -> Decimal:
    return sum((_decimal(value) * weight for value, weight in values), Decimal(0))


def _share(maximum: float, healthy: int, of: int) -> Decimal:
    return _decimal(maximum) * healthy / of if of else Decimal(0)


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _fraction(part: Decimal, whole: Decimal) -> float | None:
    return float(_round(part / whole, 4)) if whole else None


def _percent(part: Decimal, whole: Decimal) -> float:
    return float(_round(part * 100 / whole, 2)) if whole else 0.0
