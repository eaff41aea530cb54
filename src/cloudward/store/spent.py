"""What is good for one use: links, challenges, codes."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert
from sqlalchemy.exc import IntegrityError

from cloudward.store import tables as t
from cloudward.store.encoding import micros


def spend(connection: Connection, id: str, expires: datetime) -> bool:
    """Use it; False when it was used before. It need not be remembered longer than it is good."""
    connection.execute(delete(t.spent).where(t.spent.c.expires <= micros(datetime.now(UTC))))
    try:
        with connection.begin_nested():
            connection.execute(insert(t.spent).values(id=id, expires=micros(expires)))
    except IntegrityError:
        return False
    return True
