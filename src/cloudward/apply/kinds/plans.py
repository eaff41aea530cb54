"""Which plans are on and off where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudward.apply.plan import Given, State
from cloudward.apply.read import Entry
from cloudward.assess.plans import problems as wrong
from cloudward.model import Switch
from cloudward.store.plans import KIND as NOUN
from cloudward.store.plans import every, forget, keep

__all__ = ["KEYS", "NOUN", "every", "forget", "keep", "problems", "read", "said"]

KEYS = ("plan", "scope", "enabled", "reason")


def read(entry: Entry, old: Switch | None, given: Given) -> Switch:
    on = entry.table.get("enabled")
    if not isinstance(on, bool):
        raise entry.wrong("enabled" if "enabled" in entry.table else "", "expected `enabled`: true or false")
    return Switch(
        id=entry.id,
        plan=entry.text("plan"),
        scope=entry.text("scope", ""),
        on=on,
        created_by=old.created_by if old else given.by,
        created_at=old.created_at if old else given.now,
        reason=entry.text("reason", ""),
        source=entry.source,
    )


def problems(state: State[Switch], given: Given) -> Iterator[tuple[str, str, str]]:
    for id, thing in state.wanted.items():
        for key, problem in wrong(thing, given.tree, state.after):
            yield id, key, problem


def said(thing: Switch) -> dict[str, Any]:
    values = {"plan": thing.plan, "scope": thing.scope, "reason": thing.reason, "source": thing.source}
    return {"enabled": thing.on, **{key: value for key, value in values.items() if value}}
