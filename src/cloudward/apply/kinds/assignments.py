"""Which policies are audited or disabled where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudward.apply.plan import Given, State, sentence
from cloudward.apply.read import Entry
from cloudward.assess.assignments import Assignments
from cloudward.assess.assignments import problems as wrong
from cloudward.model import Assignment, Effect
from cloudward.pack.reader import Table, plain
from cloudward.store.assignments import KIND as NOUN
from cloudward.store.assignments import every, forget, keep

__all__ = ["KEYS", "NOUN", "every", "forget", "keep", "problems", "read", "said"]

KEYS = ("policy", "standard", "scope", "exclude", "effect", "parameters", "reason")


def read(entry: Entry, old: Assignment | None, given: Given) -> Assignment:
    policy = entry.text("policy", "")
    return Assignment(
        id=entry.id,
        effect=Effect(entry.text("effect", Effect.AUDIT.value, list(Effect))),
        created_by=old.created_by if old else given.by,
        created_at=old.created_at if old else given.now,
        scope=entry.text("scope", ""),
        policy=policy,
        standard=entry.text("standard", ""),
        exclude=entry.texts("exclude"),
        parameters=_parameters(entry, policy),
        reason=entry.text("reason", ""),
        source=entry.source,
    )


def problems(state: State[Assignment], given: Given) -> Iterator[tuple[str, str, str]]:
    pack, fine = given.pack, True
    for id, thing in state.wanted.items():
        for key, problem in wrong(thing, pack.policies, pack.standards, given.tree, state.after):
            fine = False
            yield id, key if key in KEYS else "", problem
    if fine:
        found = Assignments.of_pack(state.after, pack, given.store.scopes())
        for error in found.contradictions(pack.policies):
            for id in [id for id in error.ids if id in state.wanted][:1]:
                yield id, "", sentence(error)


def said(thing: Assignment) -> dict[str, Any]:
    named = thing.parameters.get(thing.policy, {}) if thing.policy else thing.parameters
    values = {
        "policy": thing.policy,
        "standard": thing.standard,
        "scope": thing.scope,
        "exclude": list(thing.exclude),
        "effect": thing.effect.value,
        "parameters": dict(named),
        "reason": thing.reason,
        "source": thing.source,
    }
    return {key: value for key, value in values.items() if value}


def _parameters(entry: Entry, policy: str) -> dict[str, dict[str, Any]]:
    """Parameter -> value of the policy that is named; else policy -> parameter -> value."""
    table = entry.file.table(entry.table, "parameters", optional=True)
    if policy:
        return {policy: plain(table)} if table else {}
    for name, values in table.items():
        if not isinstance(values, Table):
            raise entry.file.wrong(table, name, "expected `parameter: value` lines below the policy")
    return {name: plain(values) for name, values in table.items()}
