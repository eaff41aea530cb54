"""Which policies run, the rules that they stand for, and what is worth reading for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from cloudward.errors import UsageError, near
from cloudward.model import Policy
from cloudward.pack import Pack
from cloudward.rules.rule import Rule


def chosen(pack: Pack, policies: Collection[str] | None) -> dict[str, Policy]:
    """The policies that run, all of them by default; an unknown id is refused with the near one."""
    if policies is None:
        return dict(pack.policies)
    for id in policies:
        if id not in pack.policies:
            raise UsageError(f"unknown policy {id!r}{near(id, pack.policies)}")
    return {id: pack.policies[id] for id in sorted(set(policies))}


def rules(pack: Pack, policies: Mapping[str, Policy]) -> list[Rule]:
    """The rules of these policies, for every type that they look at."""
    types = sorted({type for policy in policies.values() for type in policy.resource})
    return [rule for type in types for rule in pack.rules(type) if rule.policy in policies]


def wanted(rules: Iterable[Rule]) -> dict[str, set[str]]:
    """Type -> paths that rules read: what is worth an extra call."""
    paths: dict[str, set[str]] = {}
    for rule in rules:
        paths.setdefault(rule.type, set()).update(rule.reads)
        for use in rule.uses:
            paths.setdefault(use.type, set()).update(use.reads, filter(None, [use.field]))
    return paths
