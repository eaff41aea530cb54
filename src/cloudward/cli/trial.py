"""The examples of a policy, run: what `cloudward policies test` does.

In an example everything counts as read, singletons that are not given stand as they are when nothing is set,
and it is the first of January 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from cloudward.assess.world import Facts
from cloudward.model import (
    Cause,
    Coverage,
    Explanation,
    Outcome,
    Policy,
    Provider,
    Reason,
    Resource,
    Scope,
)
from cloudward.pack import Pack
from cloudward.pack.examples import Example
from cloudward.rules.completion import complete, sealer
from cloudward.rules.interpreter import Verdict, evaluate
from cloudward.rules.types import Type

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = "111122223333"
REGION = "eu-west-1"
SEAL = sealer(b"example")
GIVEN = {
    "AWS::::Account": {"AccountId": ACCOUNT, "Partition": "aws"},
    "AWS::::Region": {"RegionName": REGION},
}
"""What every account says of itself."""


@dataclass(frozen=True)
class Trial:
    """An example, and what the policy says of it."""

    policy: Policy
    example: Example
    verdict: Verdict

    @property
    def passed(self) -> bool:
        return self.verdict.status is self.example.status

    @property
    def explanation(self) -> Explanation:
        return self.verdict.explanation


def trials(pack: Pack, policy: Policy) -> Iterator[Trial]:
    """Run the examples of a policy."""
    for example in pack.examples(policy.id):
        rule = next(rule for rule in pack.rules(example.type) if rule.policy == policy.id)
        world = _Example(pack, policy, example)
        facts = Facts(world, pack.types, [rule])
        params = {name: each.default for name, each in policy.params.items()} | dict(example.params)
        yield Trial(policy, example, evaluate(rule, world.resource, facts, params, NOW))


@dataclass(frozen=True)
class _Example:
    """The world of an example, as a snapshot."""

    pack: Pack
    policy: Policy
    example: Example

    def scopes(self) -> list[Scope]:
        """One account, all of an organization."""
        provider = Provider(self._type(self.example.type).provider)
        organization = Scope("example", provider, "organization")
        return [organization, Scope(ACCOUNT, provider, "account", "example", organization.id)]

    def resources(self, scope: str, type: str) -> Iterable[Resource]:
        return self._resources.get(type, []) if scope == ACCOUNT else []

    def coverage(self, scope: str) -> list[Coverage]:
        return [
            Coverage(scope, None, name, "example", Outcome.READ, True, 1, NOW) for name in self.pack.types
        ]

    @cached_property
    def resource(self) -> Resource:
        """The one that the example is about."""
        unread = {path: Cause(Reason.DENIED, "example:Read") for path in self.example.unread}
        return self._made(
            self._type(self.example.type), self.example.document, "example", self.example.meta, unread
        )

    @cached_property
    def _resources(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {self.resource.type: [self.resource]}
        for name, documents in self.example.others.items():
            type = self._type(name)
            made = [self._made(type, each, f"other-{n}", {}, {}) for n, each in enumerate(documents, 1)]
            found.setdefault(name, []).extend(made)
        for type in self.pack.types.values():
            if type.view and type.name not in found:
                found[type.name] = [self._made(type, {}, type.name, {}, {})]
        return found

    def _made(
        self,
        type: Type,
        document: Mapping[str, Any],
        id: str,
        meta: Mapping[str, Any],
        unread: Mapping[str, Cause],
    ) -> Resource:
        whole = {**GIVEN.get(type.name, {}), **document}
        properties, gaps = complete(type, whole, dict(unread), seal=SEAL)
        return Resource(
            id=str(meta.get("id", id)),
            type=type.name,
            provider=Provider(type.provider),
            scope=ACCOUNT,
            region=meta.get(
                "region", self.example.meta.get("region", REGION) if type.scope == "regional" else None
            ),
            name=str(meta.get("name", id)),
            properties=properties,
            tags=dict(meta.get("tags", {})),
            unread=gaps,
        )

    def _type(self, name: str) -> Type:
        return self.pack.types[name]
