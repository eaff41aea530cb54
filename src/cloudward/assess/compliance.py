"""Controls of a standard: what policies and people say of them in a scope.

An applicable resource of which nothing is known, a type that was not read and a policy that did not run
make a control not determined; only a failure is stronger.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloudward.assess.attestations import Attestations
from cloudward.model import (
    Attestation,
    Attested,
    Cause,
    Control,
    ControlResult,
    ControlState,
    Policy,
    PolicyResult,
    Reason,
    Scope,
    Standard,
    Status,
)

if TYPE_CHECKING:
    from cloudward.store import Store

STATES = tuple(ControlState)
RANK = {state: rank for rank, state in enumerate(STATES)}
"""The lower the worse."""
ANSWERED_BY_PEOPLE = {RANK[ControlState.MANUAL], RANK[ControlState.NOT_COVERED]}
NOTHING: Counter[Status] = Counter()
DID_NOT_RUN = Cause(Reason.NOT_REQUESTED, message="the policy did not run in this scan")
DISABLED = Cause(Reason.NOT_REQUESTED, message="an assignment turns the policy off here")


@dataclass(frozen=True)
class Evidence:
    """What one snapshot says of a scope."""

    scope: Scope
    counts: Mapping[str, Counter[Status]]
    """Policy -> resources by status, exemptions counted as the score counts them."""
    exempt: Mapping[str, int]
    """Policy -> resources under an exemption."""
    held: Collection[str]
    """Types of which there are resources."""
    gap: Callable[[str], Cause | None]
    """Why there may be resources of a type that were not read."""
    types: Mapping[str, str]
    """Resource type -> its provider."""
    disabled: Collection[str] = ()
    """Policies that an assignment turns off in this scope."""
    _known: dict[str, PolicyResult | None] = field(default_factory=dict, init=False, compare=False)

    def result(self, policy: Policy) -> PolicyResult | None:
        """What it says of a policy; None when the policy does not speak of this provider."""
        if policy.id not in self._known:
            self._known[policy.id] = self._result(policy)
        return self._known[policy.id]

    def _result(self, policy: Policy) -> PolicyResult | None:
        types = self._spoken_of(policy)
        if not types:
            return None
        found = self.counts.get(policy.id, Counter())
        causes = list(dict.fromkeys(cause for name in types if (cause := self.gap(name))))
        if idle := self._idle(policy, types, found):
            causes.append(idle)
        return PolicyResult(
            policy=policy.id,
            state=_of_counts(found, bool(causes)),
            **{status.value: found[status] for status in Status},
            exempt=self.exempt.get(policy.id, 0),
            causes=tuple(causes),
        )

    def state(self, policy: Policy) -> ControlState | None:
        """That of `result` alone: by it many scopes are compared with hundreds of policies."""
        types = self._spoken_of(policy)
        if not types:
            return None
        found = self.counts.get(policy.id, NOTHING)
        gaps = any(map(self.gap, types)) or self._idle(policy, types, found) is not None
        return _of_counts(found, gaps)

    def _spoken_of(self, policy: Policy) -> list[str]:
        """The types of this provider among those that it looks at."""
        return [name for name in policy.resource if self.types.get(name) == self.scope.provider]

    def _idle(self, policy: Policy, types: Iterable[str], found: Counter[Status]) -> Cause | None:
        """Why it says nothing although there are resources for it."""
        if found:
            return None
        if policy.id in self.disabled:
            return DISABLED
        return DID_NOT_RUN if any(name in self.held for name in types) else None


def _of_counts(counts: Counter[Status], gaps: bool) -> ControlState:
    if counts[Status.UNHEALTHY]:
        return ControlState.FAILED
    if counts[Status.UNKNOWN] or gaps:
        return ControlState.NOT_DETERMINED
    return ControlState.PASSED if counts[Status.HEALTHY] else ControlState.NOT_APPLICABLE


def speaks_of(standard: Standard, scope: Scope) -> bool:
    """Whether a standard is about the scope's provider."""
    return scope.provider in standard.providers


def judged(
    standard: Standard,
    policies: Mapping[str, Policy],
    evidence: Evidence,
    attestations: Attestations,
) -> list[ControlResult]:
    """Every control of a standard in the scope of the evidence, in the standard's order."""
    named = {id for control in standard.controls for id in control.policies}
    found = {id: result for id in named if (result := evidence.result(policies[id]))}
    return [
        judge(
            control,
            evidence.scope.id,
            [found[id] for id in control.policies if id in found],
            attestations.of(standard.id, control.id, evidence.scope.id),
        )
        for control in standard.controls
    ]


def judge(
    control: Control, scope: str, found: Iterable[PolicyResult], attestation: Attestation | None
) -> ControlResult:
    """The state of a control. A person's no is a failure; a yes stands where policies have nothing to say."""
    results = tuple(found)
    rank = ranked(control, [RANK[result.state] for result in results], attestation)
    return ControlResult(control.id, scope, STATES[rank], results, attestation)


def ranked(control: Control, ranks: Collection[int], attestation: Attestation | None) -> int:
    """The rank of that state alone, by those of what the policies say."""
    rank = min(ranks, default=RANK[ControlState.NOT_APPLICABLE])
    if control.uncovered:
        rank = RANK[ControlState.NOT_COVERED]
    elif control.manual and rank == RANK[ControlState.NOT_APPLICABLE]:
        rank = RANK[ControlState.MANUAL]
    if attestation is None:
        return rank
    if attestation.state is Attested.NON_COMPLIANT:
        return RANK[ControlState.FAILED]
    return RANK[ControlState.PASSED] if rank in ANSWERED_BY_PEOPLE else rank


def worst(states: Iterable[ControlState]) -> ControlState:
    """The state of several together; of none, not applicable."""
    return min(states, key=RANK.__getitem__, default=ControlState.NOT_APPLICABLE)


def resources(
    store: Store, standard: Standard, results: Iterable[ControlResult]
) -> dict[tuple[str, str], Counter[Status]]:
    """Control and scope -> resources by the worst that any of its policies finds; each counts once."""
    found: dict[tuple[str, str], Counter[Status]] = {}
    several: dict[str, list[str]] = defaultdict(list)
    for each in results:
        if len(each.policies) > 1:
            several[each.control].append(each.scope)
            continue
        counts = {status: getattr(one, status.value) for one in each.policies for status in Status}
        found[each.control, each.scope] = Counter(counts)
    for control in standard.controls:
        if scopes := several.get(control.id):
            worst_of = store.worst(scopes, control.policies)
            found.update({(control.id, scope): worst_of[scope] for scope in scopes})
    return found


@dataclass(frozen=True)
class Extent:
    """How much of a standard is answered by policies."""

    controls: int
    automated: int
    """Policies answer it, where `manual` stands too in part."""
    manual: int
    not_covered: int


def extent(standard: Standard) -> Extent:
    """Its controls by what can answer them."""
    automated = sum(1 for control in standard.controls if control.policies)
    not_covered = sum(1 for control in standard.controls if control.uncovered)
    total = len(standard.controls)
    return Extent(total, automated, total - automated - not_covered, not_covered)
