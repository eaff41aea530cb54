"""Why a policy says what it says of a resource that is kept, worked out anew from what was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cloudward.assess.world import Facts
from cloudward.errors import UsageError
from cloudward.model import Assessment, Coverage, Explanation, Leaf, Resource, Scope
from cloudward.pack import Pack
from cloudward.rules.interpreter import evaluate
from cloudward.rules.paths import Mark, steps
from cloudward.rules.types import Field, Type
from cloudward.store import ResourceRow, Store


@dataclass(frozen=True)
class Explained:
    """An assessment with what it was made of."""

    resource: Resource
    scope: Scope
    assessment: Assessment
    explanation: Explanation
    changed: bool = False
    """The policy or other resources have changed since: the explanation is of now, the assessment of then."""


def explained(store: Store, pack: Pack, row: ResourceRow, policy: str) -> Explained:
    """Of a resource's assessment by a policy; that a policy does not speak of it is a `UsageError`."""
    rows = store.assessments(resource=row.id, scope=row.scope, type=row.type, policy=policy)
    found = next((each.assessment for each in rows), None)
    if found is None:
        types = ", ".join(pack.policies[policy].resource)
        raise UsageError(f"{policy} does not speak of {row.type}", f"it speaks of {types}")
    scope = next(scope for scope in store.scopes() if scope.id == row.scope)
    if not row.read:
        return Explained(_unread(row), scope, found, _not_read(found))
    resource = store.resource(row.id, scope=row.scope, type=row.type)
    return Explained(resource, scope, found, *_evaluated(store, pack, resource, found))


def _evaluated(store: Store, pack: Pack, resource: Resource, made: Assessment) -> tuple[Explanation, bool]:
    """At the moment of the assessment and with its parameters."""
    rule = next((rule for rule in pack.rules(resource.type) if rule.policy == made.policy), None)
    if rule is None:
        return Explanation(made.status, "the policy's file is not there any more", ()), True
    if rule.live_only and resource.source is not None:
        return Explanation(made.status, "it looks at observed state, which code does not have", ()), False
    facts = Facts(_Current(store), pack.types, [rule])
    verdict = evaluate(rule, resource, facts, made.parameters, made.evaluated_at)
    changed = verdict.status != made.status or pack.policies[made.policy].hash != made.policy_hash
    return verdict.explanation, changed


def _unread(row: ResourceRow) -> Resource:
    return Resource(row.id, row.type, row.provider, row.scope, row.region, row.name, {}, row.tags)


def _not_read(made: Assessment) -> Explanation:
    leaf = Leaf(made.type, None, "", None, None, made.cause)
    return Explanation(made.status, "the resource could not be read in the last scan", (leaf,))


@dataclass(frozen=True)
class _Current:
    """What is current in the store."""

    store: Store

    def scopes(self) -> Iterable[Scope]:
        return self.store.scopes()

    def resources(self, scope: str, type: str) -> Iterator[Resource]:
        return self.store.snapshot(scope).resources(type)

    def coverage(self, scope: str) -> Iterator[Coverage]:
        return self.store.coverage(scope=scope)


def absence(leaf: Leaf, type: Type | None, template: bool = False) -> dict[str, Any] | None:
    """What the type file says of a field that has the value of one which is not set."""
    field = declared(leaf.path, type) if type and leaf.path.startswith("p.") else None
    if type is None or field is None or field.type in {"list", "map", "object"}:
        return None
    default = field.default_template if template else field.default
    source = field.source or type.source
    return {"default": default, "source": source} if source and leaf.value == default else None


def declared(path: str, type: Type) -> Field | None:
    """The field at a path like `p.Rules[2].FromPort`; None when the path is no plain one."""
    try:
        way = steps(path)[1:]
    except ValueError:
        return None
    fields, found = type.fields, None
    for step in way:
        if isinstance(step, int | Mark):
            found = found.items if found else None
        else:
            found = next((field for field in fields if field.name == step), None)
        if found is None:
            return None
        fields = found.fields
    return found
