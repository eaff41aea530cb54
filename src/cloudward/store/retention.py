"""Which snapshots are kept, and what goes with the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from cloudward.store import tables as t
from cloudward.store.encoding import moment

RECENT = timedelta(days=2)
"""So long every snapshot is kept."""
DAYS = 90


@dataclass(frozen=True, slots=True)
class Removed:
    """What maintenance took away."""

    snapshots: int
    bytes: int


def surplus(moments: Iterable[datetime], now: datetime, days: int) -> set[datetime]:
    """Of the snapshots of a scope those that are not kept: the last of a day stays, later of a month."""
    kept: dict[tuple[int, ...], datetime] = {}
    gone = set()
    for at in sorted(moments):
        age = now - at
        if age <= RECENT:
            continue
        period = (at.year, at.month, at.day) if age <= timedelta(days=days) else (at.year, at.month)
        if period in kept:
            gone.add(kept[period])
        kept[period] = at
    return gone


def expire(connection: Connection, now: datetime, days: int) -> Removed:
    """Take surplus snapshots out of the manifest; their files are put down for removal. Scores stay."""
    m, s = t.manifest.c, t.scopes.c
    snapshots = size = 0
    for scope, current in connection.execute(select(s.key, s.scan)).all():
        rows = connection.execute(select(t.manifest).where(m.scope == scope)).all()
        gone = surplus((moment(row.published) for row in rows), now, days)
        for row in rows:
            if row.scan != current and moment(row.published) in gone:
                connection.execute(delete(t.manifest).where(m.scope == scope, m.scan == row.scan))
                connection.execute(insert(t.trash).values(path=row.path))
                snapshots, size = snapshots + 1, size + row.bytes
    if snapshots:  # looks at every assessment, so not after each scan
        connection.execute(delete(t.basis).where(t.basis.c.key.not_in(select(t.assessments.c.basis))))
    return Removed(snapshots, size)
