"""What people attested. A word is never changed: it expires, is withdrawn, or another follows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from cloudward.errors import UsageError, near
from cloudward.model import Attestation, Attested
from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json, micros, moment

KIND = "attestation"


def every(connection: Connection) -> list[Attestation]:
    """The oldest first, with those that count no more."""
    rows = connection.execute(
        select(t.attestations).order_by(t.attestations.c.created_at, t.attestations.c.id)
    )
    return [
        Attestation(
            id=row.id,
            standard=row.standard,
            control=row.control,
            state=Attested(row.state),
            statement=row.statement,
            owner=row.owner,
            created_by=row.created_by,
            created_at=moment(row.created_at),
            expires=moment(row.expires),
            scope=row.scope,
            evidence=tuple(decode_json(row.evidence)),
            withdrawn_by=row.withdrawn_by,
            withdrawn_at=None if row.withdrawn_at is None else moment(row.withdrawn_at),
            source=row.source or "",
        )
        for row in rows
    ]


def keep(connection: Connection, attestation: Attestation) -> None:
    """A new word."""
    connection.execute(
        insert(t.attestations).values(
            id=attestation.id,
            standard=attestation.standard,
            control=attestation.control,
            scope=attestation.scope,
            state=attestation.state.value,
            statement=attestation.statement,
            evidence=encode_json(attestation.evidence).decode(),
            owner=attestation.owner,
            created_by=attestation.created_by,
            created_at=micros(attestation.created_at),
            expires=micros(attestation.expires),
            source=attestation.source or None,
        )
    )
    revisions.note(connection, attestation.created_by, KIND, attestation.id, None, attestation)


def withdraw(connection: Connection, id: str, by: str, at: datetime) -> None:
    """From this moment a word does not count any more."""
    known = {each.id: each for each in every(connection)}
    if id not in known:
        raise UsageError(f"there is no attestation {id!r}{near(id, known)}")
    if known[id].withdrawn_at is not None:
        raise UsageError(f"{id} was withdrawn by {known[id].withdrawn_by} already")
    values = {"withdrawn_by": by, "withdrawn_at": micros(at)}
    connection.execute(update(t.attestations).where(t.attestations.c.id == id).values(**values))
    after = replace(known[id], withdrawn_by=by, withdrawn_at=at)
    revisions.note(connection, by, KIND, id, known[id], after)
