"""Agreed exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudward.apply.plan import Given, State
from cloudward.apply.read import Entry
from cloudward.assess.exemptions import check
from cloudward.errors import UsageError, near
from cloudward.model import Exemption, ExemptionCategory
from cloudward.store.exemptions import KIND as NOUN
from cloudward.store.exemptions import every, forget, keep

__all__ = ["KEYS", "NOUN", "every", "forget", "keep", "problems", "read", "said"]

KEYS = ("policy", "scope", "resource", "category", "reason", "expires", "approved_by")


def read(entry: Entry, old: Exemption | None, given: Given) -> Exemption:
    resource = entry.text("resource", "")
    return Exemption(
        id=entry.id,
        policy=entry.text("policy"),
        scope=_scope(entry, resource, old, given),
        category=ExemptionCategory(
            entry.text("category", ExemptionCategory.WAIVER.value, list(ExemptionCategory))
        ),
        reason=entry.text("reason"),
        created_by=old.created_by if old else given.by,
        created_at=old.created_at if old else given.now,
        resource=resource or None,
        expires=entry.day("expires"),
        approved_by=entry.text("approved_by", "") or None,
        source=entry.source,
    )


def problems(state: State[Exemption], given: Given) -> Iterator[tuple[str, str, str]]:
    used = {facet.value for facet in given.store.facets("policy")}
    names = {*given.pack.policies, *used}
    for id, thing in state.wanted.items():
        if thing.policy not in names:
            yield id, "policy", f"unknown policy {thing.policy!r}{near(thing.policy, names)}"
        yield from _misplaced(thing, state.present.get(id), given)
        try:
            check(thing, second_person=bool(thing.approved_by))
        except UsageError as error:
            key, _, problem = str(error).partition(": ")
            yield (id, key, problem) if key in KEYS else (id, "", str(error))


def _misplaced(thing: Exemption, old: Exemption | None, given: Given) -> Iterator[tuple[str, str, str]]:
    """A resource that has gone since it was exempted may go without its exemption being wrong."""
    if thing.scope not in given.tree.ids:
        yield thing.id, "scope", f"unknown scope {thing.scope!r}{near(thing.scope, given.tree.ids)}"
    elif thing.resource and not (old and (old.resource, old.scope) == (thing.resource, thing.scope)):
        found = given.store.resources(resource=thing.resource, scope=thing.scope, limit=1)
        if not any(True for _ in found):
            yield thing.id, "resource", f"there is no resource {thing.resource!r} in {thing.scope}"


def said(thing: Exemption) -> dict[str, Any]:
    values = {
        "policy": thing.policy,
        "scope": thing.scope,
        "resource": thing.resource,
        "category": thing.category.value,
        "reason": thing.reason,
        "expires": f"{thing.expires:%Y-%m-%d}" if thing.expires else None,
        "approved_by": thing.approved_by,
        "source": thing.source,
    }
    return {key: value for key, value in values.items() if value}


def _scope(entry: Entry, resource: str, old: Exemption | None, given: Given) -> str:
    """The one that is named; else that of the resource, also when it has gone since."""
    if named := entry.text("scope", ""):
        return named
    if not resource:
        raise entry.wrong("", "what is exempt? Name a resource, or a scope to exempt all of it")
    scopes = {row.scope for row in given.store.resources(resource=resource)}
    if not scopes and old is not None and old.resource == resource:
        return old.scope
    if len(scopes) != 1:
        few = f"is in {', '.join(sorted(scopes))}; say which scope" if scopes else "is not there"
        raise entry.wrong("resource", f"{resource!r} {few}")
    return scopes.pop()
