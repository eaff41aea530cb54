"""A standard and everything that is known of it: what every form of report shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from cloudward.assess.assessor import ENGINE
from cloudward.assess.attestations import Attestations
from cloudward.assess.compliance import judged, resources, speaks_of, worst
from cloudward.assess.course import Course, Courses, Span, courses
from cloudward.assess.evidence import current
from cloudward.model import (
    Control,
    ControlResult,
    ControlState,
    Coverage,
    Exemption,
    Outcome,
    Policy,
    Scope,
    Standard,
    Status,
)
from cloudward.pack import Pack
from cloudward.store import AssessmentRow, Store

UNREAD = (Outcome.DENIED, Outcome.FAILED, Outcome.UNSUPPORTED, Outcome.NOT_REQUESTED)


@dataclass(frozen=True)
class Report:
    """One standard on some scopes. What is long is read from the store while the report is written."""

    standard: Standard
    scopes: Sequence[Scope]
    scanned: Mapping[str, datetime]
    """Scope -> when its current snapshot was made."""
    made: datetime
    engine: str
    content: str
    """The version of the content: the hash of its files."""
    results: Sequence[ControlResult]
    """Every control in each scope, scope by scope."""
    resources: Mapping[tuple[str, str], Counter[Status]]
    """Control and scope -> resources by the worst that any policy finds."""
    policies: Mapping[str, Policy]
    """Those of the standard."""
    exceptions: Sequence[Exemption]
    """Exemptions that hold for resources of these scopes, as they were scanned."""
    courses: Courses | None
    """The same over a time, where one is asked for."""
    _store: Store = field(repr=False)

    @cached_property
    def _of(self) -> Mapping[str, list[ControlResult]]:
        found: dict[str, list[ControlResult]] = defaultdict(list)
        for each in self.results:
            found[each.control].append(each)
        return found

    @cached_property
    def _courses(self) -> Mapping[tuple[str, str], Course]:
        return {(each.control, each.scope): each for each in (self.courses.courses if self.courses else ())}

    def of(self, control: Control) -> list[ControlResult]:
        """A control in each scope."""
        return self._of.get(control.id, [])

    def state(self, control: Control) -> ControlState:
        """A control over the scopes together: over the time where one is asked for, else now."""
        return worst((self.course(control, each.scope) or each).state for each in self.of(control))

    def states(self) -> Counter[ControlState]:
        """How many controls are in each state."""
        return Counter(map(self.state, self.standard.controls))

    def course(self, control: Control, scope: str) -> Course | None:
        """A control over the time, where one is asked for."""
        return self._courses.get((control.id, scope))

    def findings(self, policy: str, scope: str, limit: int | None = None) -> Iterator[AssessmentRow]:
        """What a policy finds unhealthy or unknown now in a scope, exempt or not."""
        status = [Status.UNHEALTHY.value, Status.UNKNOWN.value]
        return self._store.assessments(policy=policy, scope=scope, status=status, limit=limit)

    def unread(self) -> Iterator[Coverage]:
        """What could not be read; of what was not asked for, only regions and what lists resources."""
        scopes = [scope.id for scope in self.scopes]
        for row in self._store.coverage(scope=scopes, outcome=UNREAD):
            if row.listing or not row.type or row.outcome is not Outcome.NOT_REQUESTED:
                yield row


def report(
    store: Store,
    pack: Pack,
    standard: Standard,
    scopes: Sequence[Scope],
    now: datetime,
    span: Span | None = None,
) -> Report:
    """What is known of a standard on the scopes of which it speaks, of those given."""
    scopes = [scope for scope in scopes if speaks_of(standard, scope)]
    ids = {id for control in standard.controls for id in control.policies}
    policies = {id: pack.policies[id] for id in sorted(ids)}
    words = Attestations(store.attestations(), store.scopes(), now)
    results = [
        result
        for evidence in current(store, pack, scopes, policies)
        for result in judged(standard, policies, evidence, words)
    ]
    return Report(
        standard=standard,
        scopes=scopes,
        scanned={scope.id: store.snapshots(scope.id)[0][1] for scope in scopes},
        made=now,
        engine=ENGINE,
        content=pack.version,
        results=results,
        resources=resources(store, standard, results),
        policies=policies,
        exceptions=_exceptions(store, policies, [scope.id for scope in scopes]),
        courses=courses(store, pack, standard, scopes, span) if span else None,
        _store=store,
    )


def _exceptions(store: Store, policies: Collection[str], scopes: Collection[str]) -> list[Exemption]:
    used = {each.exemption for each in store.tallies(scopes, policies)}
    found = [each for each in store.exemptions() if each.id in used]
    return sorted(found, key=lambda each: (each.policy, each.created_at, each.id))
