"""What people say of controls. A word is never changed: another form of it withdraws it and follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from cloudward.apply.plan import Given, State
from cloudward.apply.read import Entry
from cloudward.assess.attestations import check
from cloudward.errors import UsageError, near
from cloudward.model import Attestation, Attested
from cloudward.store import attestations as kept
from cloudward.store.attestations import KIND as NOUN

__all__ = ["KEYS", "NOUN", "every", "forget", "keep", "problems", "read", "said"]

KEYS = ("standard", "control", "scope", "state", "statement", "owner", "evidence", "expires")


def read(entry: Entry, old: Attestation | None, given: Given) -> Attestation:
    expires = entry.day("expires")
    if expires is None:
        raise entry.wrong("expires", "it is missing: say when it has to be looked at again")
    made = Attestation(
        id=entry.id,
        standard=entry.text("standard"),
        control=entry.text("control"),
        state=Attested(entry.text("state", choices=list(Attested))),
        statement=entry.text("statement"),
        owner=entry.text("owner"),
        created_by=given.by,
        created_at=given.now,
        expires=expires,
        scope=entry.text("scope", ""),
        evidence=entry.texts("evidence"),
        source=entry.source,
    )
    same = old is not None and old.source and said(replace(made, source=old.source)) == said(old)
    return old if same and old is not None else made


def problems(state: State[Attestation], given: Given) -> Iterator[tuple[str, str, str]]:
    standards = given.pack.standards
    for id, thing in state.wanted.items():
        if thing.scope and thing.scope not in given.tree.ids:
            yield id, "scope", f"unknown scope {thing.scope!r}{near(thing.scope, given.tree.ids)}"
        if thing.standard not in standards:
            yield id, "standard", f"unknown standard {thing.standard!r}{near(thing.standard, standards)}"
            continue
        try:
            check(thing, standards[thing.standard])
        except UsageError as error:
            key, _, problem = str(error).partition(": ")
            yield (id, key, problem) if key in KEYS else (id, "control", str(error))


def every(connection: Connection) -> list[Attestation]:
    """Those that were not withdrawn, under the ids that files use."""
    found = (each for each in kept.every(connection) if each.withdrawn_at is None)
    return [replace(each, id=_id(each)) for each in found]


def keep(connection: Connection, thing: Attestation, by: str) -> None:
    """The store numbers the words of an entry: `doors.1`, `doors.2`."""
    forget(connection, thing.id, by)
    number = sum(1 for each in kept.every(connection) if each.source and _id(each) == thing.id)
    kept.keep(connection, replace(thing, id=f"{thing.id}.{number + 1}"))


def forget(connection: Connection, id: str, by: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for each in kept.every(connection):
        if each.withdrawn_at is None and _id(each) == id:
            kept.withdraw(connection, each.id, by, now)


def said(thing: Attestation) -> dict[str, Any]:
    values = {
        "standard": thing.standard,
        "control": thing.control,
        "scope": thing.scope,
        "state": thing.state.value,
        "statement": thing.statement,
        "owner": thing.owner,
        "evidence": list(thing.evidence),
        "expires": f"{thing.expires:%Y-%m-%d}",
        "source": thing.source,
    }
    return {key: value for key, value in values.items() if value}


def _id(thing: Attestation) -> str:
    return thing.id.rpartition(".")[0] if thing.source else thing.id
