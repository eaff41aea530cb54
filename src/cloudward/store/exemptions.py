"""Agreed exceptions, as people made them."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from cloudward.errors import UsageError, near
from cloudward.model import Exemption, ExemptionCategory
from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import micros, moment

KIND = "exemption"


def every(connection: Connection) -> list[Exemption]:
    """The oldest first."""
    rows = connection.execute(select(t.exemptions).order_by(t.exemptions.c.created_at, t.exemptions.c.id))
    return [
        Exemption(
            id=row.id,
            policy=row.policy,
            scope=row.scope,
            category=ExemptionCategory(row.category),
            reason=row.reason,
            created_by=row.created_by,
            created_at=moment(row.created_at),
            resource=row.resource,
            expires=None if row.expires is None else moment(row.expires),
            approved_by=row.approved_by,
            source=row.source or "",
        )
        for row in rows
    ]


def keep(connection: Connection, exemption: Exemption, by: str, expected: str | None = None) -> None:
    """A new exemption, or the new form of a known one."""
    before = next((each for each in every(connection) if each.id == exemption.id), None)
    revisions.expect(before, expected, KIND, exemption.id)
    if before == exemption:
        return
    values = {
        "id": exemption.id,
        "policy": exemption.policy,
        "scope": exemption.scope,
        "category": exemption.category.value,
        "reason": exemption.reason,
        "created_by": exemption.created_by,
        "created_at": micros(exemption.created_at),
        "resource": exemption.resource,
        "expires": None if exemption.expires is None else micros(exemption.expires),
        "approved_by": exemption.approved_by,
        "source": exemption.source or None,
    }
    connection.execute(delete(t.exemptions).where(t.exemptions.c.id == exemption.id))
    connection.execute(insert(t.exemptions).values(**values))
    revisions.note(connection, by, KIND, exemption.id, before, exemption)


def forget(connection: Connection, id: str, by: str, expected: str | None = None) -> None:
    """Take one back."""
    known = {each.id: each for each in every(connection)}
    if id not in known:
        raise UsageError(f"there is no exemption {id!r}{near(id, known)}")
    revisions.expect(known[id], expected, KIND, id)
    connection.execute(delete(t.exemptions).where(t.exemptions.c.id == id))
    revisions.note(connection, by, KIND, id, known[id], None)
