"""Saved states of lists, which people come back to and share."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select

from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import micros, moment

KIND = "view"


@dataclass(frozen=True, slots=True)
class View:
    """One state of one list."""

    id: str
    list: str
    """Which list: `recommendations`, `inventory`, ..."""
    title: str
    query: str
    """The state: what stands behind `?` in the address of the page."""
    shared: bool
    """Everybody sees it; what it shows is still what each may see."""
    user: str
    """The id of who saved it."""
    created_by: str
    created_at: datetime


def new(list: str, title: str, query: str, shared: bool, user: str, by: str) -> View:
    """A view that nobody kept yet."""
    return View(secrets.token_hex(8), list, title, query, shared, user, by, datetime.now(UTC))


def seen(connection: Connection, user: str) -> list[View]:
    """One's own and those that are shared, in order of title."""
    c = t.views.c
    query = select(t.views).where(or_(c.user == user, c.shared)).order_by(c.title, c.id)
    return [_made(row) for row in connection.execute(query)]


def keep(connection: Connection, view: View, by: str) -> None:
    """A new one."""
    values = {
        name: getattr(view, name) for name in ("id", "list", "title", "query", "shared", "user", "created_by")
    }
    connection.execute(insert(t.views).values(**values, created_at=micros(view.created_at)))
    revisions.note(connection, by, KIND, view.id, None, view)


def forget(connection: Connection, view: View, by: str) -> None:
    """Take one away."""
    connection.execute(delete(t.views).where(t.views.c.id == view.id))
    revisions.note(connection, by, KIND, view.id, view, None)


def _made(row: Row[Any]) -> View:
    return View(
        row.id, row.list, row.title, row.query, row.shared, row.user, row.created_by, moment(row.created_at)
    )
