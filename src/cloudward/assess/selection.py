"""Which policies run, the rules that they stand for, and what is worth reading for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from cloudward.errors import UsageError, near
from cloudward.model import Policy
from cloudward.pack import Pack
from cloudward.rules.ast import Name, Select, walk
from cloudward.rules.rule import Rule


def chosen(pack: Pack, policies: Collection[str] | None) -> dict[str, Policy]:
    """The policies that run, all of them by default; an unknown id is refused with the near one."""
    if policies is None:
        return dict(pack.policies)
    for id in policies:
        if id not in pack.policies:
            raise UsageError(f"unknown policy {id!r}{near(id, pack.policies)}")
    return {id: pack.policies[id] for id in sorted(set(policies))}


def narrowed(
    pack: Pack,
    policies: Collection[str] | None,
    services: Collection[str] | None,
    owners: Mapping[str, str],
) -> tuple[dict[str, Policy], set[str] | None]:
    """The policies that run, and the services to read for them; None is every service.

    Without `policies` these are the ones that speak of the services: a policy on the account or a region
    speaks of those whose facts it asks for, of the account itself where it asks for none. What a policy
    needs to know of further services is read too.
    `owners` is type -> the service that reads it.
    """
    running = chosen(pack, policies)
    if services is None:
        return running, None
    if policies is None:
        running = {id: each for id, each in running.items() if _about(pack, each, owners) & set(services)}
    types = {type for rule in rules(pack, running) for type in (rule.type, *(use.type for use in rule.uses))}
    return running, {*services, *(owners[type] for type in types if type in owners)}


def _about(pack: Pack, policy: Policy, owners: Mapping[str, str]) -> set[str]:
    places = {type for type in policy.resource if type.startswith("AWS::::")}
    mine = (rule for type in places for rule in pack.rules(type) if rule.policy == policy.id)
    asked = {use.type for rule in mine for use in rule.uses}
    return {owners[type] for type in asked | set(policy.resource) - places or places if type in owners}


def rules(pack: Pack, policies: Mapping[str, Policy]) -> list[Rule]:
    """The rules of these policies, for every type that they look at."""
    types = sorted({type for policy in policies.values() for type in policy.resource})
    return [rule for type in types for rule in pack.rules(type) if rule.policy in policies]


def wanted(rules: Iterable[Rule]) -> dict[str, set[str]]:
    """Type -> paths that rules read: what is worth an extra call."""
    paths: dict[str, set[str]] = {}
    for rule in rules:
        paths.setdefault(rule.type, set()).update(rule.reads, ["meta.tags"] if _reads_tags(rule) else [])
        for use in rule.uses:
            paths.setdefault(use.type, set()).update(use.reads, filter(None, [use.field]))
    return paths


def _reads_tags(rule: Rule) -> bool:
    parts = (part for part in (rule.applies, rule.unhealthy) if part is not None)
    return any(
        isinstance(node, Select)
        and isinstance(node.of, Name)
        and (node.of.name, node.field) == ("meta", "tags")
        for part in parts
        for node in walk(part)
    )
