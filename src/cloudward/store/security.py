"""Settings of sign-in, by name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select

from cloudward.store import revisions
from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json

KIND = "setting"


def setting(connection: Connection, name: str) -> Any:
    """As it was kept; None when it never was."""
    text = connection.scalar(select(t.security.c.document).where(t.security.c.name == name))
    return None if text is None else decode_json(text)


def keep(connection: Connection, name: str, document: Any, by: str, told: Any = None) -> None:
    """Set it, or forget it (None). `told` is what the log says of it, when it holds what must not be seen."""
    before = setting(connection, name)
    connection.execute(delete(t.security).where(t.security.c.name == name))
    if document is not None:
        text = encode_json(document).decode()
        connection.execute(insert(t.security).values(name=name, document=text))
    if told is None:
        revisions.note(connection, by, KIND, name, before, document)
    else:
        revisions.note(connection, by, KIND, name, None, told)
