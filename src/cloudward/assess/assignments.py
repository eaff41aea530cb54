"""Which policies are audited in a scope, and with which parameters: what the nearest assignment says.

An assignment holds in its scope and below, but for the scopes that it excludes. The nearest one that
speaks of a policy decides on its effect, and value by value on its parameters. In one scope a policy named
is nearer than a standard that holds it, and that is nearer than all policies. Where two standards of one
scope say different things of a policy nobody knows what was meant: that is an error. Where nothing is
assigned, everything is audited.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self, TypeAlias

from cloudward.assess.parameters import misfits
from cloudward.assess.plans import Plans, membership
from cloudward.assess.tree import EVERYWHERE, Tree
from cloudward.errors import ContradictionError, UsageError, near
from cloudward.model import Assignment, Effect, Policy, Scope, Standard, Switch
from cloudward.pack import Pack
from cloudward.store import Store


@dataclass(frozen=True)
class Assigned:
    """What holds for a policy in a scope."""

    effect: Effect = Effect.AUDIT
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Those that assignments give; the others have the policy's defaults."""
    by: tuple[Assignment, ...] = ()
    """What decides on the effect; nothing where that is the built-in default."""


AUDITED = Assigned()
ELSEWHERE = Assigned(Effect.DISABLED)
"""Of a policy that was written for another scope."""
Groups: TypeAlias = Sequence[Sequence[Assignment]]
"""Assignments that are equally near, the nearest first."""


def members(standard: Standard) -> frozenset[str]:
    """The policies of a standard."""
    return frozenset(policy for control in standard.controls for policy in control.policies)


def called(assignment: Assignment) -> str:
    """What it assigns: a policy's or standard's id, or all policies."""
    if assignment.plan:
        return f"the plan {assignment.plan}"
    return assignment.policy or assignment.standard or "all policies"


class Assignments:
    """What holds where. An assignment of a standard or policy that there is not has no effect."""

    def __init__(
        self,
        assignments: Iterable[Assignment],
        standards: Mapping[str, Standard],
        scopes: Iterable[Scope] = (),
        switches: Iterable[Switch] = (),
        plans_of: Mapping[str, Sequence[str]] | None = None,
        homes: Mapping[str, str] | None = None,
    ) -> None:
        """`homes` is policy -> the scope that it was written for."""
        self.tree, self._homes = Tree(scopes), homes or {}
        self._plans, self._plans_of = Plans(switches, self.tree), plans_of or {}
        self._at: dict[str, list[Assignment]] = {}
        for each in assignments:
            self._at.setdefault(each.scope, []).append(each)
        named = {each.standard for found in self._at.values() for each in found if each.standard}
        self._members = {id: members(standards[id]) for id in named if id in standards}
        self._situations: dict[str, tuple[str, ...]] = {}
        self._holding: dict[tuple[str, ...], Groups] = {}
        self._found: dict[tuple[str, tuple[str, ...]], Assigned] = {}
        self._reaches: dict[tuple[str, ...], frozenset[str]] = {}

    @classmethod
    def of_pack(
        cls,
        assignments: Iterable[Assignment],
        pack: Pack,
        scopes: Iterable[Scope],
        switches: Iterable[Switch] = (),
    ) -> Self:
        """With the pack's standards, which are read where one is assigned."""
        given, switched = list(assignments), list(switches)
        standards = pack.standards if any(each.standard for each in given) else {}
        plans_of = membership(pack) if switched else None
        return cls(given, standards, scopes, switched, plans_of, pack.homes)

    @classmethod
    def of_store(cls, store: Store, pack: Pack, scopes: Iterable[Scope] | None = None) -> Self:
        """What the store has now, with the plans that are off; `scopes` are its own unless told."""
        known = store.scopes() if scopes is None else scopes
        return cls.of_pack(store.assignments(), pack, known, store.plans())

    def of(self, policy: str, scope: str) -> Assigned:
        """What holds for the policy in the scope."""
        if not self.at_home(policy, scope):
            return ELSEWHERE
        if not self:
            return AUDITED
        situation = self.situation(scope)
        if (policy, situation) not in self._found:
            self._found[policy, situation] = self._switched_off(policy, scope) or self._decided(
                policy, self._holding[situation]
            )
        return self._found[policy, situation]

    def _decided(self, policy: str, groups: Groups) -> Assigned:
        speaking = ([each for each in group if self._speaks(each, policy)] for group in groups)
        nearest = [group for group in speaking if group]
        if not nearest:
            return AUDITED
        said: dict[str, Any] = {}
        for group in nearest:
            said = {**_said(policy, group, said), **said}
        effect = Effect(said.pop(EFFECT))
        return Assigned(effect, said, tuple(nearest[0]))

    def _switched_off(self, policy: str, scope: str) -> Assigned | None:
        """What a plan that is off says; it has the last word, whatever is assigned nearer."""
        switch = self._plans.off(self._plans_of.get(policy, ()), scope)
        if switch is None:
            return None
        told = {key: getattr(switch, key) for key in ("scope", "created_by", "created_at", "source")}
        reason = switch.reason or f"the plan {switch.plan} is off"
        made = Assignment(id=switch.id, effect=Effect.DISABLED, reason=reason, plan=switch.plan, **told)
        return Assigned(Effect.DISABLED, {}, (made,))

    def __bool__(self) -> bool:
        """Whether anything is assigned, or switched."""
        return bool(self._at or self._plans or self._homes)

    def at_home(self, policy: str, scope: str) -> bool:
        """Whether there is such a policy in the scope: one that was written for another is not there."""
        home = self._homes.get(policy, EVERYWHERE)
        return home == EVERYWHERE or home in self.tree.upwards(scope)

    def audited(self, policy: str, scope: str) -> bool:
        """Whether the policy is evaluated in the scope."""
        return self.of(policy, scope).effect is Effect.AUDIT

    def somewhere(self, policy: str) -> bool:
        """Whether the policy is evaluated in some scope, known or not."""
        return any(self.audited(policy, place) for place in self.places)

    def reach(self, policy: str, scope: str) -> frozenset[str] | None:
        """The scopes of the assignment that decides on the policy there; None is all that there are."""
        deciding, home = self.of(policy, scope).by, self._homes.get(policy, EVERYWHERE)
        unbound = not deciding or any(not each.scope and not each.exclude for each in deciding)
        if unbound and home == EVERYWHERE:
            return None
        key = (home, *(() if unbound else (each.id for each in deciding)))
        if key not in self._reaches:
            covered = (
                id for id in self.tree.ids if unbound or any(self.covers(each, id) for each in deciding)
            )
            self._reaches[key] = frozenset(id for id in covered if self.at_home(policy, id))
        return self._reaches[key] | {scope}

    def covers(self, assignment: Assignment, scope: str) -> bool:
        """Whether the assignment holds in the scope."""
        path = self.tree.upwards(scope)
        return assignment.scope in path and not any(each in path for each in assignment.exclude)

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Every scope in which something changes against what is above it, and everything."""
        named = {each for found in self._at.values() for a in found for each in (a.scope, *a.exclude)}
        named |= {*self._plans.scopes, *self._homes.values()}
        return (EVERYWHERE, *sorted(named - {EVERYWHERE}))

    def check(self, policies: Mapping[str, Policy]) -> None:
        """Refuse what contradicts itself or does not fit these policies, before anything runs."""
        for each in (a for found in self._at.values() for a in found):
            for policy in each.parameters.keys() & policies.keys():
                for _, problem in misfits(policies, policy, each.parameters[policy]):
                    raise UsageError(f"assignment {each.id}: {problem}", "remove it, or mend its parameters")
        for error in self.contradictions(policies):
            raise error

    def contradictions(self, policies: Iterable[str]) -> Iterator[ContradictionError]:
        """One for each policy of which two that are equally near say different things."""
        for id in filter(self._contested, policies):
            try:
                for place in self.places:
                    self.of(id, place)
            except ContradictionError as error:
                yield error

    def _contested(self, policy: str) -> bool:
        """Whether several assignments of one scope speak of the policy."""
        return any(sum(self._speaks(a, policy) for a in found) > 1 for found in self._at.values())

    def situation(self, scope: str) -> tuple[str, ...]:
        """The ids of those that hold in a scope, the nearest first; most scopes share theirs with many."""
        if scope not in self._situations:
            holding = (
                [each for each in self._at.get(place, ()) if self.covers(each, scope)]
                for place in self.tree.upwards(scope)
            )
            groups = [group for found in holding for rank in range(3) if (group := _of_rank(found, rank))]
            key = tuple(each.id for group in groups for each in group)
            written = {home for home in self._homes.values() if home in self.tree.upwards(scope)}
            key = (*key, *self._plans.situation(scope), *sorted(f"for {home}" for home in written))
            self._holding.setdefault(key, groups)
            self._situations[scope] = key
        return self._situations[scope]

    def _speaks(self, assignment: Assignment, policy: str) -> bool:
        if assignment.policy:
            return assignment.policy == policy
        return not assignment.standard or policy in self._members.get(assignment.standard, ())


def _of_rank(found: Iterable[Assignment], rank: int) -> list[Assignment]:
    """Those that name a policy, a standard, or neither."""
    return [each for each in found if rank == (0 if each.policy else 1 if each.standard else 2)]


EFFECT = ""
"""Stands beside the names of parameters."""


def _said(policy: str, group: Sequence[Assignment], nearer: Mapping[str, Any]) -> dict[str, Any]:
    """Effect and parameters that equally near assignments give. What is said nearer may be contested here."""
    said: dict[str, tuple[Any, Assignment]] = {}
    for each in group:
        for name, value in {EFFECT: each.effect.value, **each.parameters.get(policy, {})}.items():
            known, other = said.setdefault(name, (value, each))
            if known != value and name not in nearer:
                what = f"parameter {name!r}" if name else "effect"
                raise ContradictionError(
                    (other.id, each.id),
                    f"{policy} in {place(each)}: {other.id} ({called(other)}) and {each.id} ({called(each)}) "
                    f"differ on its {what}: {known} and {value}",
                    f"say it for the policy itself: cloudward assign add {policy}",
                )
    return {name: value for name, (value, _) in said.items()}


def providers(pack: Pack, policy: str) -> frozenset[str]:
    """Whose resources the policy speaks of."""
    return frozenset(pack.types[type].provider for type in pack.policies[policy].resource)


def disabled(assignments: Assignments, pack: Pack, scopes: Iterable[Scope]) -> dict[str, list[str]]:
    """Policy -> those of the scopes in which it is not evaluated although it speaks of their resources."""
    found: dict[str, list[str]] = {}
    known: dict[tuple[object, str], list[str]] = {}
    speaking = {policy: providers(pack, policy) for policy in pack.policies} if assignments else {}
    for scope in scopes if assignments else ():
        alike = assignments.situation(scope.id), scope.provider
        if alike not in known:
            mine = (policy for policy, named in speaking.items() if scope.provider in named)
            here = (policy for policy in mine if assignments.at_home(policy, scope.id))
            known[alike] = [policy for policy in here if not assignments.audited(policy, scope.id)]
        for policy in known[alike]:
            found.setdefault(policy, []).append(scope.id)
    return found


def problems(
    assignment: Assignment,
    policies: Mapping[str, Policy],
    standards: Mapping[str, Standard],
    tree: Tree,
    others: Iterable[Assignment],
    scopes: Collection[str] | None = None,
) -> Iterator[tuple[str, str]]:
    """What is wrong with a new assignment: the key that it is about, and a sentence. `policies` and `scopes`
    are those that may be named; without scopes all may be."""
    known = tree.ids if scopes is None else scopes
    yield from _unknown(assignment, policies, standards, known)
    for each in assignment.exclude:
        if each not in known:
            yield "exclude", f"unknown scope {each!r}{near(each, known)}"
        elif assignment.scope not in tree.upwards(each)[1:]:
            yield "exclude", f"{each} is not below {assignment.scope}"
    yield from _wrong_parameters(assignment, policies, standards)
    for other in others:
        if other.id != assignment.id and _place(other) == _place(assignment):
            yield "scope", f"{other.id} assigns {called(other)} to {place(other)} already"


def fit(
    made: Assignment,
    store: Store,
    pack: Pack,
    policies: Mapping[str, Policy] | None = None,
    scopes: Collection[str] | None = None,
) -> None:
    """Refuse an assignment that is wrong in itself, or that contradicts what is assigned already. Others than
    these policies and scopes are not there for whoever makes it; without them all are."""
    tree, known = store.scopes(), pack.policies if policies is None else policies
    others = [each for each in store.assignments() if each.id != made.id]
    for key, problem in problems(made, known, pack.standards, Tree(tree), others, scopes):
        text = f"exclude: {problem}" if key == "exclude" else problem
        raise UsageError(text, "cloudward assign list shows what there is" if others else "")
    Assignments.of_pack([*others, made], pack, tree).check(pack.policies)


def place(assignment: Assignment) -> str:
    """Where it holds, in words."""
    return assignment.scope or "every scope"


def _place(assignment: Assignment) -> tuple[str, str, str]:
    return assignment.scope, assignment.policy, assignment.standard


def _unknown(
    given: Assignment,
    policies: Mapping[str, Policy],
    standards: Mapping[str, Standard],
    scopes: Collection[str],
) -> Iterator[tuple[str, str]]:
    if given.policy and given.policy not in policies:
        yield "policy", f"unknown policy {given.policy!r}{near(given.policy, policies)}"
    if given.standard and given.standard not in standards:
        yield "standard", f"unknown standard {given.standard!r}{near(given.standard, standards)}"
    if given.policy and given.standard:
        yield "standard", "an assignment names a policy or a standard, not both"
    if given.scope and given.scope not in scopes:
        yield "scope", f"unknown scope {given.scope!r}{near(given.scope, scopes)}"


def _wrong_parameters(
    given: Assignment, policies: Mapping[str, Policy], standards: Mapping[str, Standard]
) -> Iterator[tuple[str, str]]:
    if given.parameters and given.effect is Effect.DISABLED:
        yield "parameters", "what is disabled has no parameters"
    held = members(standards[given.standard]) if given.standard in standards else frozenset(policies)
    for policy, values in given.parameters.items():
        if given.policy not in {"", policy} or (policy in policies and policy not in held):
            yield "parameters", f"{called(given)} does not hold {policy}"
        for _, problem in misfits(policies, policy, values):
            yield "parameters", problem
