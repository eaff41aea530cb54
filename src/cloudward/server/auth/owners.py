"""Somebody must be able to let others in."""

from __future__ import annotations

from sqlalchemy import Connection

from cloudward.errors import UsageError
from cloudward.server.auth.roles import Role
from cloudward.store import bindings, users


def keep_an_owner(connection: Connection) -> None:
    """Refuse a change after which nobody is an owner of everything. Groups do not count: a provider may be
    away."""
    active = {each.id for each in users.every(connection) if each.active}
    owners = {b.holder for b in bindings.every(connection) if b.role == Role.OWNER and not b.scope}
    if not active & owners:
        raise UsageError("nobody would be an owner of everything", "make somebody else one first")
