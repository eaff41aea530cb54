"""Policies that people write: those that are kept, and a try of one that is not kept yet.

A try runs in a child process with little time and memory. What it may know is given to it: the resources
that are asked about, and of others what the condition asks for, within the scopes of the policy that the
caller may see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from cloudward.assess.world import ACCOUNT, Facts
from cloudward.connect import leaves
from cloudward.errors import InputError, UsageError
from cloudward.model import Coverage, Explanation, Policy, Resource, Scope, Status
from cloudward.pack import Pack
from cloudward.pack.custom import extended
from cloudward.rules.interpreter import evaluate
from cloudward.rules.rule import Rule
from cloudward.rules.types import Type
from cloudward.runtime import isolated
from cloudward.runtime.isolated import Limits
from cloudward.store import Store

LIMITS = Limits(cpu=10, memory=1 << 30, wait=20)
LARGEST = 64 << 20
"""Bytes of documents that a try may look at."""
LONGEST = 4 << 20
"""Bytes of an answer."""


def with_custom(store: Store, pack: Pack) -> Pack:
    """The pack and the policies that people wrote; those that are wrong by now are left out."""
    return extended(pack, store.custom_policies())[0]


class Tried(msgspec.Struct):
    """What a try says of a resource."""

    scope: str
    type: str
    id: str
    name: str
    explanation: Explanation


class _Asked(msgspec.Struct):
    """All that the child is given."""

    rule: Rule
    types: dict[str, Type]
    parameters: dict[str, Any]
    now: datetime
    reach: list[str] | None
    scopes: list[Scope]
    coverage: list[Coverage]
    others: list[Resource]
    tried: list[Resource]


def tried(
    store: Store,
    pack: Pack,
    policy: Policy,
    rule: Rule,
    resources: Sequence[Resource],
    reach: frozenset[str] | None,
    now: datetime,
) -> list[Tried]:
    """What the policy says of each of the resources. `reach` are the scopes that it may look into."""
    asked = _Asked(
        rule=rule,
        types=dict(pack.types),
        parameters={name: each.default for name, each in policy.params.items()},
        now=now,
        reach=None if reach is None else sorted(reach),
        scopes=store.scopes(),
        coverage=[],
        others=[],
        tried=list(resources),
    )
    size = sum(len(msgspec.json.encode(each)) for each in resources)
    for scope in _looked_into(asked, rule, reach):
        asked.coverage += store.coverage(scope=scope)
        for each in _others(store, scope, _wanted(rule, pack.types, asked.scopes, scope)):
            size += len(msgspec.json.encode(each))
            _check(size)
            asked.others.append(each)
    _check(size)
    return _answer(asked)


def _check(size: int) -> None:
    if size > LARGEST:
        text = f"the condition asks for more than {LARGEST >> 20} MiB of documents"
        raise UsageError(text, "try it in a smaller scope; a scan has no such limit")


def _looked_into(asked: _Asked, rule: Rule, reach: frozenset[str] | None) -> list[str]:
    """The scopes of which something has to be known."""
    own = {each.scope for each in asked.tried}
    if any(use.kind == "everywhere" for use in rule.uses):
        own |= {each.id for each in leaves(asked.scopes) if reach is None or each.id in reach}
    return sorted(own)


def _wanted(rule: Rule, types: Mapping[str, Type], scopes: Iterable[Scope], scope: str) -> set[str]:
    """The types of other resources that the condition may ask for there: views are made of several."""
    provider = next((each.provider for each in scopes if each.id == scope), None)
    found = {use.type for use in rule.uses} | {ACCOUNT}
    found |= {each.name for each in types.values() if each.view}
    return {name for name in found if name in types and types[name].provider == provider}


def _others(store: Store, scope: str, types: Iterable[str]) -> Iterator[Resource]:
    if store.snapshots(scope):
        snapshot = store.snapshot(scope)
        for type in sorted(types):
            yield from snapshot.resources(type)


def _answer(asked: _Asked) -> list[Tried]:
    try:
        data = isolated.call(judged, msgspec.json.encode(asked), limits=LIMITS)
    except InputError as error:
        bounds = f"{LIMITS.cpu} seconds of processor time and {LIMITS.memory >> 30} GiB of memory"
        raise UsageError(f"the try was given up: {error}", f"it may use {bounds}") from error
    return msgspec.json.decode(data, type=list[Tried])


def judged(data: bytes) -> bytes:
    """In the child: every resource in turn, and why."""
    asked = msgspec.json.decode(data, type=_Asked)
    facts = Facts(_Given(asked), asked.types, [asked.rule])
    world = facts.within(None if asked.reach is None else frozenset(asked.reach))
    said = b",".join(_said(asked, each, world) for each in asked.tried)
    if len(said) > LONGEST:
        raise MemoryError
    return b"[" + said + b"]"


def _said(asked: _Asked, each: Resource, world: Any) -> bytes:
    if asked.rule.live_only and each.source is not None:
        why = "it looks at observed state, which code does not have"
        explanation = Explanation(Status.NOT_APPLICABLE, why, ())
    else:
        explanation = evaluate(asked.rule, each, world, asked.parameters, asked.now).explanation
    return msgspec.json.encode(Tried(each.scope, each.type, each.id, each.name, explanation))


@dataclass(frozen=True)
class _Given:
    """The snapshot that was given."""

    asked: _Asked

    def scopes(self) -> Iterable[Scope]:
        return self.asked.scopes

    def resources(self, scope: str, type: str) -> Iterator[Resource]:
        return (each for each in self.asked.others if (each.scope, each.type) == (scope, type))

    def coverage(self, scope: str) -> Iterable[Coverage]:
        return [each for each in self.asked.coverage if each.scope == scope]
