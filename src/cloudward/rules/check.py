"""Refuses what would fail, or pass, without a sound: the checker of policies' conditions.

A condition that it lets through names only declared fields, compares only what can be equal, asks for
truth only of what is true or false, meets null only where it says what null means, and costs little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cloudward.model import Policy
from cloudward.rules import cost, guards
from cloudward.rules.ast import Call, Each, Expr, Name, Select, walk
from cloudward.rules.condition import Condition, Reads, Scope, document, views
from cloudward.rules.functions import functions
from cloudward.rules.guards import Guards
from cloudward.rules.inline import Definition, Wrong, rebuilt
from cloudward.rules.kinds import Value
from cloudward.rules.parse import Locate, complaint, parse, within
from cloudward.rules.rule import Rule, Use
from cloudward.rules.types import Type

OBSERVED = {"aws": "Runtime", "kubernetes": "status"}
"""Where a provider's documents hold state that no code has."""


def check(
    policy: Policy,
    type: Type,
    types: Mapping[str, Type],
    functions: Mapping[str, Definition] | None = None,
    places: Mapping[str, Locate] | None = None,
) -> Rule:
    """The policy, ready to run on resources of `type`; `ConditionError` says what is wrong and where.

    `functions` are those of content, linked. `places` tells where the texts of `applies` and `unhealthy`
    stand in the policy's file.
    """
    return Checker(types, functions or {}).rule(policy, type, places)


@dataclass
class Checker:
    """Checks policies against the same types and functions. A text is parsed once, a document known once."""

    types: Mapping[str, Type]
    functions: Mapping[str, Definition]
    _parsed: dict[tuple[str, str], Expr] = field(default_factory=dict)
    _views: dict[str, Mapping[str, Value]] = field(default_factory=dict)
    _documents: dict[str, Value] = field(default_factory=dict)

    def rule(self, policy: Policy, type: Type, places: Mapping[str, Locate] | None = None) -> Rule:
        """The policy on one type."""
        places, reads = places or {}, Reads()
        applies, given = None, guards.NONE
        if policy.applies is not None:
            locate = places.get("applies") or within(policy.applies, 1)
            applies = self._condition(policy, policy.applies, type, locate, reads, given)
            given = guards.given(applies, True, {})
        locate = places.get("unhealthy") or within(policy.unhealthy, 1)
        unhealthy = self._condition(policy, policy.unhealthy, type, locate, reads, given)
        own, uses = reads.of(()), reads.uses()
        return Rule(
            policy=policy.id,
            type=type.name,
            unhealthy=unhealthy,
            applies=applies,
            unhealthy_text=policy.unhealthy,
            applies_text=policy.applies or "",
            reads=own,
            uses=uses,
            timed=any(_timed(node) for expr in (applies, unhealthy) if expr for node in walk(expr)),
            live_only=self._observed(type, own, uses),
        )

    def _condition(
        self, policy: Policy, text: str, type: Type, locate: Locate, reads: Reads, given: Guards
    ) -> Expr:
        if (policy.file, text) not in self._parsed:
            self._parsed[policy.file, text] = parse(text, policy.file, 1, self.functions, locate)
        wrong = complaint(policy.file, locate)
        expr = _spelled(self._parsed[policy.file, text], type.names)
        _affordable(expr, wrong)
        Condition(policy, type, self.types, self._around(type), reads, wrong).truth(expr, Scope(guards=given))
        return expr

    def _around(self, type: Type) -> Mapping[str, Value]:
        """What conditions on a type see beside parameters."""
        if type.provider not in self._views:
            self._views[type.provider] = views(self.types.values(), type.provider)
        if type.name not in self._documents:
            self._documents[type.name] = document(type)
        return {"p": self._documents[type.name], **self._views[type.provider]}

    def _observed(self, type: Type, own: Sequence[str], uses: Sequence[Use]) -> bool:
        """It reads state that no code has, its own or another resource's."""
        seen = [(type, own), *((self.types[use.type], use.reads) for use in uses)]
        # A path below it: a Lambda function has a property of its own that is called Runtime.
        return any(path.startswith(f"{OBSERVED.get(of.provider)}.") for of, paths in seen for path in paths)


def _spelled(expr: Expr, names: Mapping[str, str]) -> Expr:
    """The type's own names written out as paths of `p`."""
    if not names:
        return expr
    if isinstance(expr, Name) and expr.name in names:
        made: Expr = Name("p", expr.at)
        for part in names[expr.name].split("."):
            made = Select(made, part, expr.at)
        return made
    if isinstance(expr, Each):
        inner = {name: path for name, path in names.items() if name != expr.var}
        return Each(expr.kind, expr.var, _spelled(expr.over, names), _spelled(expr.body, inner), expr.at)
    return rebuilt(expr, lambda part: _spelled(part, names))


def _affordable(expr: Expr, wrong: Wrong) -> None:
    if (lists := cost.nesting(expr)) > cost.NESTING:
        raise wrong(0, f"goes {lists} lists deep; at most {cost.NESTING}, not counting related")
    if (steps := cost.steps(expr)) > cost.STEPS:
        raise wrong(0, f"would take some {steps:,} steps; at most {cost.STEPS:,}")


def _timed(node: Expr) -> bool:
    return isinstance(node, Call) and node.function in functions() and functions()[node.function].timed
