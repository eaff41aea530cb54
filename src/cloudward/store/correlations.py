"""What correlations remember between runs: a row for a group, so that only what changed is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from cloudward.store import tables as t

ROWS = 500


class Remembered(NamedTuple):
    """A group of a correlation, in the words of the detection engine."""

    correlation: str
    group: str
    touched: int
    """A higher number was touched later; when there are too many the lowest go first."""
    data: bytes


@dataclass
class Memory:
    """What changed, or all there is."""

    rules: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Correlation -> fingerprint of what it asks, and what it counted. Another one voids all its groups."""
    groups: list[Remembered] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    """Correlation and group."""


def every(connection: Connection) -> Memory:
    """All that is remembered, what was touched last at the end."""
    c = t.correlation_groups.c
    rules = {row.id: (row.asked, row.counts) for row in connection.execute(select(t.correlations))}
    query = select(c.correlation, c.group, c.touched, c.data).order_by(c.touched, c.correlation, c.group)
    return Memory(rules, [Remembered(*row) for row in connection.execute(query)])


def keep(connection: Connection, changed: Memory) -> None:
    """Keep what changed."""
    c, groups = t.correlations.c, t.correlation_groups
    before = {row.id: row.asked for row in connection.execute(select(c.id, c.asked))}
    for id, (asked, _) in changed.rules.items():
        if before.get(id, asked) != asked:
            connection.execute(delete(groups).where(groups.c.correlation == id))
    _forget(connection, [*changed.gone, *((each.correlation, each.group) for each in changed.groups)])
    if changed.groups:
        connection.execute(insert(groups), [each._asdict() for each in changed.groups])
    if changed.rules:
        connection.execute(delete(t.correlations).where(c.id.in_([*changed.rules])))
        rows = [{"id": id, "asked": each[0], "counts": each[1]} for id, each in changed.rules.items()]
        connection.execute(insert(t.correlations), rows)


def _forget(connection: Connection, keys: Sequence[tuple[str, str]]) -> None:
    c = t.correlation_groups.c
    by_rule: dict[str, list[str]] = {}
    for correlation, group in keys:
        by_rule.setdefault(correlation, []).append(group)
    for correlation, found in by_rule.items():
        for start in range(0, len(found), ROWS):
            chosen = found[start : start + ROWS]
            connection.execute(
                delete(t.correlation_groups).where(c.correlation == correlation, c.group.in_(chosen))
            )
