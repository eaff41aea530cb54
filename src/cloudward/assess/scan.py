"""A scan from beginning to end: collect, assess scope by scope, publish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Protocol, runtime_checkable

from cloudward.assess.assessor import Assessor
from cloudward.assess.assignments import Assignments, disabled
from cloudward.assess.exemptions import Exemptions
from cloudward.assess.parameters import Parameters, Values
from cloudward.assess.score import Tally, combine
from cloudward.assess.selection import chosen, rules
from cloudward.assess.world import Facts
from cloudward.connect import Connector, leaves
from cloudward.errors import UsageError
from cloudward.inventory import Progress, collect
from cloudward.model import (
    GROUPS,
    Assessment,
    Coverage,
    Outcome,
    Policy,
    Provider,
    Resource,
    Scope,
    ScopeState,
    Score,
    Severity,
    Status,
)
from cloudward.pack import Pack
from cloudward.store import Staging, Store

HOLES = frozenset({Outcome.DENIED, Outcome.FAILED})


@dataclass(frozen=True)
class Summary:
    """What a scan found."""

    scan: str
    scopes: Sequence[Scope]
    score: Score
    """Of the scopes of this scan together."""
    counts: Mapping[tuple[Severity, Status], int]
    """Assessments that are not exempt."""
    exempt: int
    resources: int
    holes: Sequence[Coverage]
    """Calls that were denied or failed."""
    evaluated: int
    kept: int
    """Assessments that stayed as they were, with nothing evaluated."""
    collecting: float
    """Seconds."""
    assessing: float
    disabled: int = 0
    """Policies that are not evaluated in some of the scopes, because they are disabled there."""
    requests: int | None = None
    """Sent to the provider by this run; None where nobody is asked."""


@runtime_checkable
class Asking(Protocol):
    """A connector that sends requests, and counts them."""

    @property
    def requests(self) -> int: ...


@dataclass
class _Counts:
    """Adds up assessments as they pass."""

    counts: Counter[tuple[Severity, Status]] = field(default_factory=Counter)
    exempt: int = 0

    def add(self, assessments: Iterable[Assessment]) -> None:
        for each in assessments:
            if each.exemption is None:
                self.counts[each.severity, each.status] += 1
            else:
                self.exempt += 1


class Latest:
    """The latest that is known of each scope: the scan under way, and the store for the others."""

    def __init__(self, store: Store, staging: Staging) -> None:
        self._store, self._staging = store, staging
        self._read = {scope.id for scope in staging.scopes()}

    def scopes(self) -> list[Scope]:
        others = [scope for scope in self._store.scopes() if scope.id not in self._read]
        return [*self._staging.scopes(), *others]

    def resources(self, scope: str, type: str) -> Iterator[Resource]:
        if scope in self._read:
            return self._staging.resources(scope, type)
        return self._store.snapshot(scope).resources(type)

    def coverage(self, scope: str) -> Iterable[Coverage]:
        if scope in self._read:
            return self._staging.coverage(scope)
        return self._store.coverage(scope=scope)


def scan(
    store: Store,
    connector: Connector,
    pack: Pack,
    *,
    staging: Staging | None = None,
    options: Mapping[str, Any] | None = None,
    policies: Collection[str] | None = None,
    parameters: Mapping[str, Values] | None = None,
    second_person: bool = False,
    progress: Progress | None = None,
    workers: int = 8,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Summary:
    """Collect, assess and publish every scope of a connector.

    `staging` is an interrupted scan to go on with (`store.resume()`): its units are not collected again,
    and scopes that it published stay. `options` are kept with a new one. `parameters` is scope -> policy
    -> name -> value, where scope `""` stands for all. Names are checked before anything runs.
    """
    running = chosen(pack, policies)
    Parameters(running, parameters)
    Assignments.of_store(store, pack).check(running)
    staging = staging or _begin(store, connector, options)
    try:
        begun = monotonic()
        collect(connector, staging, progress, workers)
        collected = monotonic()
        _name(staging, {scope.id: scope.name for scope in store.scopes()})
        run = _Scan(store, staging, pack, running, parameters, second_person=second_person, now=clock())
        store.know(scope for scope in staging.scopes() if scope.kind in GROUPS)
        scores = [score for scope in leaves(staging.scopes()) if (score := run.publish(scope))]
        requests = connector.requests if isinstance(connector, Asking) else None
        summary = run.summary(scores, requests, collected - begun, monotonic() - collected)
        staging.finish()
    except BaseException:
        staging.close()
        raise
    return summary


def _begin(store: Store, connector: Connector, options: Mapping[str, Any] | None) -> Staging:
    units = connector.units()
    known = {scope.id: scope for scope in store.scopes()}
    scopes = [_placed(scope, known.get(scope.id)) for scope in connector.scopes()]
    if not units:
        raise UsageError("there is nothing to scan")
    provider = units[0].scope.provider
    return store.begin(provider, connector.name, scopes, [unit.id for unit in units], options)


def _placed(scope: Scope, known: Scope | None) -> Scope:
    """An account that is scanned by itself keeps the place and the name that its organization gave it."""
    if known is None or scope.parent is not None:
        return scope
    return replace(scope, parent=known.parent, name=known.name if known.parent else scope.name)


def _alias(account: Resource) -> str | None:
    """None when nobody could say; empty when it has none."""
    return account.properties["Alias"] or "" if "Alias" in account.properties else None


CALLED: Mapping[Provider, tuple[str, Callable[[Resource], str | None]]] = {
    Provider.AWS: ("aws::::account", _alias),
    Provider.AZURE: ("microsoft.resources/subscriptions", lambda subscription: subscription.name),
}
"""The type, in small letters, of the resource that tells what people call its scope, and where it does."""


def _name(staging: Staging, before: Mapping[str, str]) -> None:
    """Scopes that came with nothing but an id are called as they call themselves, or as they were before."""
    for scope in leaves(staging.scopes()):
        if scope.name == scope.id and scope.provider in CALLED:
            wanted, said = CALLED[scope.provider]
            types = [type for type in staging.types(scope.id) if type.lower() == wanted]
            told = [said(each) for type in types for each in staging.resources(scope.id, type)]
            name = next((each for each in told if each is not None), before.get(scope.id))
            staging.call(replace(scope, name=name or scope.id))


class _Scan:
    """Assesses and publishes the scopes of a staging."""

    def __init__(
        self,
        store: Store,
        staging: Staging,
        pack: Pack,
        policies: Mapping[str, Policy],
        parameters: Mapping[str, Values] | None,
        *,
        second_person: bool,
        now: datetime,
    ) -> None:
        latest = Latest(store, staging)
        scopes = latest.scopes()
        self._store, self._staging, self._pack = store, staging, pack
        self._exemptions = Exemptions(store.exemptions(), scopes, now, second_person=second_person)
        self._facts = Facts(latest, pack.types, rules(pack, policies))
        self._assessor = Assessor(
            pack,
            staging,
            self._facts,
            now=now,
            policies=policies,
            parameters=Parameters(policies, parameters, scopes),
            exemptions=self._exemptions,
            assignments=Assignments.of_store(store, pack, scopes),
        )
        self._counts = _Counts()
        self._holes: list[Coverage] = []

    def publish(self, scope: Scope) -> Score | None:
        """Assess a scope and make it current, unless this scan has done so before it was interrupted.

        One that cannot be read any more has no score: what is last known of it is nobody's health.
        """
        if self._staging.published(scope.id):
            self._count_published(scope)
        else:
            self._assess(scope)
        self._holes += [row for row in self._staging.coverage(scope.id) if row.outcome in HOLES]
        return next((score for _, _, score in self._store.scores(scope.id)), None)

    def summary(
        self, scores: Sequence[Score], requests: int | None, collecting: float, assessing: float
    ) -> Summary:
        scopes = leaves(self._staging.scopes())
        off = disabled(self._assessor.assignments, self._pack, scopes)
        return Summary(
            scan=self._staging.scan,
            scopes=scopes,
            score=scores[0] if len(scores) == 1 else combine("all", scores),
            counts=self._counts.counts,
            exempt=self._counts.exempt,
            resources=sum(
                facet.count for facet in self._store.inventory(scope=[scope.id for scope in scopes])
            ),
            holes=self._holes,
            disabled=len(off.keys() & self._assessor.policies.keys()),
            requests=requests,
            evaluated=self._assessor.evaluated,
            kept=self._assessor.kept,
            collecting=collecting,
            assessing=assessing,
        )

    def _assess(self, scope: Scope) -> None:
        tally = Tally(self._pack.controls, self._assessor.audited(scope), self._exemptions.by_id)
        at = next((at for _, at in self._store.snapshots(scope.id)), None)
        self._staging.publish(scope.id, self._passing(scope, tally, at), lambda: self._score(scope, tally))
        self._facts.forget(scope.id)

    def _score(self, scope: Scope, tally: Tally) -> Score | None:
        if scope.state is not ScopeState.ACTIVE:
            return None
        previous = next((score for _, _, score in self._store.scores(scope.id)), None)
        return tally.score(scope.id, self._assessor.unread(scope), previous)

    def _passing(self, scope: Scope, tally: Tally, at: datetime | None) -> Iterator[Assessment]:
        for found in self._assessor.assess(scope, at):
            tally.add(found)
            self._counts.add(found)
            yield from found

    def _count_published(self, scope: Scope) -> None:
        for type in self._assessor.types(scope):
            self._counts.add(self._store.previous(scope.id, type))
