"""A scan in memory: scopes, resources, coverage and the assessments that were there before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cloudward.model import Assessment, Coverage, Provider, Resource, Scope


def account(id: str = "s", parent: str | None = None) -> Scope:
    return Scope(id, Provider.AWS, "account", f"name of {id}", parent)


@dataclass
class Estate:
    given: list[Resource | Coverage] = field(default_factory=list)
    before: list[Assessment] = field(default_factory=list)
    accounts: list[Scope] = field(default_factory=lambda: [account()])
    scan: str = "1"

    def scopes(self) -> list[Scope]:
        return self.accounts

    def resources(self, scope: str, type: str) -> list[Resource]:
        found = [r for r in self.given if isinstance(r, Resource) and (r.scope, r.type) == (scope, type)]
        return sorted(found, key=lambda resource: resource.id)

    def coverage(self, scope: str) -> list[Coverage]:
        return [row for row in self.given if isinstance(row, Coverage) and row.scope == scope]

    def previous(self, scope: str, type: str) -> Iterator[Assessment]:
        found = [each for each in self.before if (each.scope, each.type) == (scope, type)]
        return iter(sorted(found, key=lambda each: each.resource))

    def add(self, *given: Resource | Coverage) -> Estate:
        self.given += given
        return self

    def without(self, *gone: Resource | Coverage) -> Estate:
        return Estate(
            [each for each in self.given if each not in gone], self.before, self.accounts, self.scan
        )


def flat(groups: Iterable[list[Assessment]]) -> list[Assessment]:
    return [each for group in groups for each in group]
