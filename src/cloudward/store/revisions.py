"""Who changed what of that which people decide, and when. What is written here is never changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from cloudward.model import Revision
from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json, micros, moment


def note(connection: Connection, by: str, kind: str, id: str, before: Any, after: Any) -> None:
    """Say in the same transaction that `by` made `after` of `before`; None is nothing."""
    connection.execute(
        insert(t.revisions).values(
            at=micros(datetime.now(UTC)), who=by, kind=kind, id=id, before=_text(before), after=_text(after)
        )
    )


def every(connection: Connection, kind: str = "") -> list[Revision]:
    """The latest first, of one kind or of all."""
    c = t.revisions.c
    query = select(t.revisions).order_by(c.key.desc())
    if kind:
        query = query.where(c.kind == kind)
    return [
        Revision(moment(row.at), row.who, row.kind, row.id, _document(row.before), _document(row.after))
        for row in connection.execute(query)
    ]


def _text(thing: Any) -> str | None:
    return None if thing is None else encode_json(thing).decode()


def _document(text: str | None) -> Any:
    return None if text is None else decode_json(text)
