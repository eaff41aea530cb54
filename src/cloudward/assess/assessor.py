"""Policies x resources -> assessments, evaluating only what may have changed.

An assessment stays as it is while its document and its key are the same and it is not due. The key
stands for all that decides beside the document: the policy, its parameters, the engine, the facts about
other resources that it asks for, and the exemption.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Protocol

from cloudward import __version__
from cloudward.assess.assignments import Assignments
from cloudward.assess.digest import canonical, digest, engine
from cloudward.assess.evaluators import Evaluators, Given
from cloudward.assess.exemptions import Exemptions
from cloudward.assess.history import last_known, standing
from cloudward.assess.parameters import Parameters
from cloudward.assess.projection import Projection
from cloudward.assess.world import Facts, Reach
from cloudward.model import Assessment, Exemption, Policy, Resource, Scope, Status
from cloudward.pack import Pack
from cloudward.rules.rule import Rule
from cloudward.rules.types import Type
from cloudward.rules.unread import of_header

ENGINE = f"cloudward {__version__}"


class Source(Protocol):
    """The scan that is assessed: its resources, and the assessments that it replaces."""

    scan: str

    def resources(self, scope: str, type: str) -> Iterable[Resource]:
        """The resources of a type, sorted by id."""

    def previous(self, scope: str, type: str) -> Iterable[Assessment]:
        """The present assessments of a type, sorted by resource."""


class Assessor:
    """Assesses scopes at one moment. `evaluated` counts the evaluations made, `kept` those not needed."""

    def __init__(
        self,
        pack: Pack,
        source: Source,
        facts: Facts,
        *,
        now: datetime,
        policies: Collection[str] | None = None,
        parameters: Parameters | None = None,
        exemptions: Exemptions | None = None,
        assignments: Assignments | None = None,
    ) -> None:
        """`policies` are those that run where they are assigned; all of the pack when it is not given."""
        running = pack.policies if policies is None else policies
        self.policies = {id: pack.policies[id] for id in sorted(running)}
        self.pack, self.source, self.facts, self.now = pack, source, facts, now
        self.parameters = parameters or Parameters(self.policies)
        self.exemptions = exemptions or Exemptions((), (), now)
        self.assignments = assignments or Assignments((), {})
        self.evaluators = Evaluators()
        self.evaluated = self.kept = 0
        self._audited: dict[str, Mapping[str, Policy]] = {}

    def audited(self, scope: Scope) -> Mapping[str, Policy]:
        """The policies that are evaluated in the scope."""
        if scope.id not in self._audited:
            audits = self.assignments.audited
            found = {id: policy for id, policy in self.policies.items() if audits(id, scope.id)}
            self._audited[scope.id] = found
        return self._audited[scope.id]

    def types(self, scope: Scope) -> list[str]:
        """The types of the scope's provider that some policy looks at there."""
        wanted = {type for policy in self.audited(scope).values() for type in policy.resource}
        return sorted(name for name in wanted if self.pack.types[name].provider == scope.provider)

    def unread(self, scope: Scope) -> frozenset[str]:
        """Those of the types that were not read everywhere."""
        reading = self.facts.reading(scope.id)
        return frozenset(type for type in self.types(scope) if reading.gap(type))

    def assess(self, scope: Scope, previous_at: datetime | None = None) -> Iterator[list[Assessment]]:
        """The assessments of each resource in turn, also of those that can no longer be read.

        `previous_at` is when the previous snapshot was taken: its statuses were known until then.
        """
        audited = self.audited(scope)
        for name in self.types(scope):
            type = self.pack.types[name]
            rules = [rule for rule in self.pack.rules(name) if rule.policy in audited]
            yield from _Run(self, type, rules, scope, previous_at).assess()


class _Run:
    """One type in one scope."""

    def __init__(
        self,
        assessor: Assessor,
        type: Type,
        rules: Sequence[Rule],
        scope: Scope,
        previous_at: datetime | None,
    ) -> None:
        self._of, self._type, self._rules, self._scope = assessor, type, rules, scope
        self._previous_at = previous_at
        self._policies = [assessor.policies[rule.policy] for rule in rules]
        self._params = [self._parameters(rule.policy) for rule in rules]
        self._reaches = [self._reach(rule) for rule in rules]
        self._cut = Projection.of_type(type, [path for rule in rules for path in rule.reads])
        self._fast = assessor.evaluators.of(type, rules, self._params)
        self._keys: dict[str | None, list[str]] = {}

    def assess(self) -> Iterator[list[Assessment]]:
        source, scope, type = self._of.source, self._scope.id, self._type.name
        for resource, old in _paired(source.resources(scope, type), source.previous(scope, type)):
            found = self._assess(resource, old) if resource else self._lost(old)
            if found:
                yield found

    def _assess(self, resource: Resource, old: list[Assessment]) -> list[Assessment]:
        document = self._hash(resource)
        before = {each.policy: each for each in old if _same_generation(each.document_hash, document)}
        exempt = [self._of.exemptions.of(rule.policy, self._scope.id, resource.id) for rule in self._rules]
        keys = [_exempted(key, by) for key, by in zip(self._key(resource.region), exempt, strict=True)]
        todo = [
            number
            for number, rule in enumerate(self._rules)
            if not self._stands(before.get(rule.policy), document, keys[number])
        ]
        given = self._evaluate(todo, resource)
        self._of.evaluated += len(todo)
        self._of.kept += len(self._rules) - len(todo)
        return [
            self._made(number, resource, document, keys[number], exempt[number], given[number], before)
            if number in given
            else replace(
                before[rule.policy], snapshot=self._of.source.scan, severity=self._policies[number].severity
            )
            for number, rule in enumerate(self._rules)
        ]

    def _evaluate(self, todo: Sequence[int], resource: Resource) -> dict[int, Given]:
        """What the chosen rules say, each with as much of the other scopes as its assignment has."""
        given: dict[int, Given] = {}
        for reach in dict.fromkeys(self._reaches[number] for number in todo):
            numbers = [number for number in todo if self._reaches[number] == reach]
            given |= self._fast.evaluate(numbers, resource, self._of.facts.within(reach), self._of.now)
        return given

    def _parameters(self, policy: str) -> Mapping[str, Any]:
        scope = self._scope.id
        return self._of.parameters.of(policy, scope, self._of.assignments.of(policy, scope).parameters)

    def _reach(self, rule: Rule) -> Reach:
        """Only for a rule that asks: the others need no world of their own."""
        asks = any(use.kind == "everywhere" for use in rule.uses)
        return self._of.assignments.reach(rule.policy, self._scope.id) if asks else None

    def _stands(self, old: Assessment | None, document: str, key: str) -> bool:
        """The same again: nothing that decides has changed, and time alone cannot have changed it."""
        if old is None or old.document_hash != document or old.key != key:
            return False
        return old.evaluated_at <= self._of.now and (old.due is None or self._of.now < old.due)

    def _made(
        self,
        number: int,
        resource: Resource,
        document: str,
        key: str,
        exemption: Exemption | None,
        given: Given,
        before: Mapping[str, Assessment],
    ) -> Assessment:
        policy, now = self._policies[number], self._of.now
        stands = standing(before.get(policy.id), given.status, policy.hash, now, self._previous_at)
        return Assessment(
            policy=policy.id,
            resource=resource.id,
            type=resource.type,
            scope=resource.scope,
            region=resource.region,
            status=given.status,
            severity=policy.severity,
            cause=given.cause,
            since=stands.since,
            last_known=stands.last_known,
            snapshot=self._of.source.scan,
            document_hash=document,
            policy_hash=policy.hash,
            parameters=self._params[number],
            engine=ENGINE,
            evaluated_at=now,
            due=_earliest(given.due, exemption),
            exemption=exemption.id if exemption else None,
            key=key,
            restarted=stands.restarted,
        )

    def _lost(self, old: Iterable[Assessment]) -> list[Assessment]:
        """What becomes of the assessments of a resource that is not there: it is gone, or unknown where
        its type could not be read. Without a key it is evaluated as soon as it is seen again."""
        lost = []
        reading, audited = self._of.facts.reading(self._scope.id), self._of.audited(self._scope)
        for each in old:
            cause = reading.gap_in(each.type, each.region)
            if cause is not None and each.policy in audited:
                exemption = self._of.exemptions.of(each.policy, each.scope, each.resource)
                made = replace(
                    each,
                    status=Status.UNKNOWN,
                    severity=self._of.policies[each.policy].severity,
                    cause=cause,
                    last_known=last_known(each, self._previous_at),
                    evaluated_at=self._of.now,
                    due=_earliest(None, exemption),
                    exemption=exemption.id if exemption else None,
                    key="",
                )
                lost.append(made)
        return lost

    def _hash(self, resource: Resource) -> str:
        """Of all that conditions may see of the resource itself, then of its generation."""
        meta = [resource.name, resource.region, dict(resource.tags), resource.source is not None]
        gaps = {**self._cut.unread(resource.unread), **of_header(resource.unread)}
        unread = {path: str(cause) for path, cause in gaps.items()}
        seen = canonical([self._cut(resource.properties), unread, meta])
        return digest(seen) + digest(resource.generation.encode())[:GENERATION]

    def _key(self, region: str | None) -> list[str]:
        """The keys of the rules for the resources of a region."""
        if region not in self._keys:
            self._keys[region] = [self._rule_key(number, region) for number in range(len(self._rules))]
        return self._keys[region]

    def _rule_key(self, number: int, region: str | None) -> str:
        scope, facts = self._scope.id, self._of.facts
        reach = self._reaches[number]
        asked = [facts.digest(use, scope, region, reach) for use in self._rules[number].uses]
        own = [self._policies[number].hash, self._params[number], ENGINE, facts.identity(scope), engine()]
        return digest(canonical([own, asked]))


GENERATION = 8
"""How much of a document hash tells generations apart."""
NO_GENERATION = digest(b"")[:GENERATION]


def _same_generation(before: str, now: str) -> bool:
    """Of two document hashes. Where one of them does not tell, nothing says that it is another resource."""
    told = {_generation(before), _generation(now)} - {NO_GENERATION}
    return len(told) <= 1


def _generation(document_hash: str) -> str:
    return document_hash[-GENERATION:]


def _exempted(key: str, exemption: Exemption | None) -> str:
    if exemption is None:
        return key
    return digest(key.encode(), exemption.id.encode(), str(exemption.expires).encode())


def _earliest(due: datetime | None, exemption: Exemption | None) -> datetime | None:
    expires = exemption.expires if exemption else None
    return min((moment for moment in (due, expires) if moment is not None), default=None)


def _paired(
    resources: Iterable[Resource], previous: Iterable[Assessment]
) -> Iterator[tuple[Resource | None, list[Assessment]]]:
    """Each resource with its earlier assessments, and those of no resource. Both come sorted."""
    groups = groupby(previous, key=attrgetter("resource"))
    id, group = next(groups, (None, iter(())))
    for resource in resources:
        while id is not None and id < resource.id:
            yield None, list(group)
            id, group = next(groups, (None, iter(())))
        if id == resource.id:
            yield resource, list(group)
            id, group = next(groups, (None, iter(())))
        else:
            yield resource, []
    while id is not None:
        yield None, list(group)
        id, group = next(groups, (None, iter(())))
