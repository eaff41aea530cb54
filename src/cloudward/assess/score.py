"""The secure score: what share of each control's points the resources earn, and what it is at least.

A resource is healthy in a control only if every policy of the control that applies to it says so.
`Tally` takes the assessments of one resource at a time and keeps counts alone, so its memory does not
grow with the estate. Points are exact decimals until they are rounded, halves up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
    weight = sum(score.weight for score in scores)
    fraction = _fraction(_weighted((score.percentage, score.weight) for score in scores), Decimal(weight))
    controls = _combine_controls(scores, weight)
    total = sum(control.max for control in controls)
    return Score(
        scope=scope,
        current=float(_round(_decimal(fraction or 0.0) * _decimal(total), 2)),
        max=total,
        percentage=fraction or 0.0,
        weight=weight,
        assessed=_assessed(controls),
        floor=_lowest_mean(scores),
        controls=controls,
        gains=_combine_gains(scores, weight),
        unread=tuple(sorted({type for score in scores for type in score.unread})),
        weight_bounds=_sum_bounds(scores),
    )


def mean(scores: Sequence[Score]) -> tuple[float | None, float | None]:
    """Percentage and floor of several scopes, as `combine` has them, from their own alone."""
    if len(scores) == 1:
        return scores[0].percentage if scores[0].max else None, scores[0].floor
    weight = Decimal(sum(score.weight for score in scores))
    return _fraction(_weighted((s.percentage, s.weight) for s in scores), weight), _lowest_mean(scores)


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


def _lowest_mean(scores: Sequence[Score]) -> float | None:
    """The lowest weighted mean of the floors, each weight anywhere within its bounds.

    It lies where the lower floors weigh the most that they can and the higher ones the least.
    """
    bounded: list[tuple[Decimal, int, int]] = []
    for score in scores:
        if score.weight_bounds is None:
            return None
        if score.floor is not None and score.weight_bounds[1]:
            bounded.append((_decimal(score.floor), *score.weight_bounds))
    bounded.sort()
    weight = Decimal(sum(least for _, least, _ in bounded))
    earned = sum((floor * least for floor, least, _ in bounded), Decimal(0))
    means = [earned / weight] if weight else []
    for floor, least, most in bounded:
        weight, earned = weight + most - least, earned + floor * (most - least)
        means += [earned / weight] if weight else []
    return float(_round(min(means), 4)) if means else None


def _sum_bounds(scores: Sequence[Score]) -> tuple[int, int] | None:
    bounds = [score.weight_bounds for score in scores if score.weight_bounds is not None]
    if len(bounds) < len(scores):
        return None
    return sum(least for least, _ in bounds), sum(most for _, most in bounds)


def _combine_controls(scores: Sequence[Score], weight: int) -> tuple[ControlScore, ...]:
    """Each control over the resources of all scopes; what fixing it adds is weighted as the scopes are."""
    groups: dict[str, list[tuple[Score, ControlScore]]] = {}
    for score in scores:
        for control in score.controls:
            groups.setdefault(control.id, []).append((score, control))
    return tuple(_combine_control(group, weight) for group in groups.values())


def _combine_control(group: Sequence[tuple[Score, ControlScore]], weight: int) -> ControlScore:
    parts = [control for _, control in group]
    healthy, unhealthy, unknown = (
        sum(getattr(part, name) for part in parts) for name in ("healthy", "unhealthy", "unknown")
    )
    maximum = max(part.max for part in parts)
    current = _round(_share(maximum, healthy, healthy + unhealthy), 2)
    unread = tuple(sorted({type for part in parts for type in part.unread}))
    floor = Decimal(0) if unread else _share(maximum, healthy, healthy + unhealthy + unknown)
    increase = _weighted((part.potential_increase, score.weight) for score, part in group)
    return ControlScore(
        id=parts[0].id,
        title=parts[0].title,
        max=maximum,
        current=float(current),
        percentage=_fraction(current, _decimal(maximum)) or 0.0,
        healthy=healthy,
        unhealthy=unhealthy,
        not_applicable=sum(part.not_applicable for part in parts),
        unknown=unknown,
        weight=healthy + unhealthy,
        potential=float(_decimal(maximum) - current),
        potential_increase=float(_round(increase / weight, 2)) if weight else 0.0,
        floor=float(_round(floor, 2)),
        unread=unread,
    )


def _combine_gains(scores: Sequence[Score], weight: int) -> tuple[Gain, ...]:
    """`points` of a recommendation are those of its scopes added up."""
    groups: dict[str, list[tuple[Score, Gain]]] = {}
    for score in scores:
        for gain in score.gains:
            groups.setdefault(gain.policy, []).append((score, gain))
    gains = [
        Gain(
            policy=policy,
            unhealthy=sum(gain.unhealthy for _, gain in group),
            freed=sum(gain.freed for _, gain in group),
            points=float(_weighted((gain.points, 1) for _, gain in group)),
            increase=float(_round(_weighted((g.increase, s.weight) for s, g in group) / (weight or 1), 2)),
        )
        for policy, group in groups.items()
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
