"""Counts that answer facets: of each leaf scope, of all scopes together, in several grains.

A grain keeps some of policy, type and region and sums over the others, so that a facet reads few rows:
status, severity and exempt stand in every one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, literal, select

from cloudward.store import tables as t
from cloudward.store.database import bulk

GRAINS: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset({"policy"}),
    frozenset({"type"}),
    frozenset({"region"}),
    frozenset({"policy", "type", "region"}),
)
EVERYWHERE = 0
"""The scope of the counts over all scopes."""


class Cell(NamedTuple):
    """What is counted together."""

    policy: int
    type: int
    region: str
    severity: int
    status: int
    exempt: bool


def grain(*columns: Iterable[str]) -> int:
    """The smallest that keeps these columns."""
    needed = {name for names in columns for name in names} & GRAINS[-1]
    return next(number for number, kept in enumerate(GRAINS) if needed <= kept)


def recount(connection: Connection, scope: int, cells: Counter[Cell], held: Counter[tuple[int, str]]) -> None:
    """Put new counts in the place of a scope's, and change those over all scopes by the difference."""
    c, i = t.counts.c, t.inventory.c
    columns = [c[name] for name in ("grain", *Cell._fields)]
    _replace(connection, t.counts, scope, columns, Counter(_grains(cells)))
    _replace(connection, t.inventory, scope, [i.type, i.region], held)


def _grains(cells: Counter[Cell]) -> dict[tuple[Any, ...], int]:
    found: Counter[tuple[Any, ...]] = Counter()
    for cell, n in cells.items():
        for number, kept in enumerate(GRAINS):
            policy = cell.policy if "policy" in kept else 0
            type = cell.type if "type" in kept else 0
            region = cell.region if "region" in kept else ""
            found[number, policy, type, region, cell.severity, cell.status, cell.exempt] += n
    return found


def _replace(
    connection: Connection, table: Table, scope: int, columns: list[Any], new: Counter[tuple[Any, ...]]
) -> None:
    c = table.c
    old = {
        tuple(row)[:-1]: row.n for row in connection.execute(select(*columns, c.n).where(c.scope == scope))
    }
    change = {cell: new[cell] - old.get(cell, 0) for cell in {*new, *old} if new[cell] != old.get(cell, 0)}
    if not change:
        return
    names = [column.name for column in columns]
    values = dict(zip(names, zip(*change, strict=True), strict=True))
    for owner in (scope, EVERYWHERE):
        bulk(connection, table, {**values, "scope": [owner] * len(change), "n": [*change.values()]}, add=True)
        if old:
            connection.execute(delete(table).where(c.scope == owner, c.n == 0))


def stand(connection: Connection, scope: int, ages: Mapping[int, tuple[int, int]]) -> None:
    """Put new ages in the place of a scope's, and those over all scopes in theirs where they changed."""
    c = t.standing.c
    columns = (c.policy, c.oldest, c.newest)
    old = {row[0]: (row[1], row[2]) for row in connection.execute(select(*columns).where(c.scope == scope))}
    changed = [policy for policy in {*old, *ages} if old.get(policy) != ages.get(policy)]
    if not changed:
        return
    places = c.scope.in_([scope, EVERYWHERE])
    connection.execute(delete(t.standing).where(places, c.policy.in_(_keys(changed))))
    new = [policy for policy in changed if policy in ages]
    if new:
        oldest, newest = zip(*(ages[policy] for policy in new), strict=True)
        rows = {"scope": [scope] * len(new), "policy": new, "oldest": oldest, "newest": newest}
        bulk(connection, t.standing, rows)
    whole = select(literal(EVERYWHERE), c.policy, func.min(c.oldest), func.max(c.newest))
    whole = whole.where(c.policy.in_(_keys(changed))).group_by(c.policy)
    connection.execute(insert(t.standing).from_select(["scope", "policy", "oldest", "newest"], whole))


def _keys(keys: Iterable[int]) -> Any:
    """Keys of any number: they stand in the statement, which has a limit on parameters only."""
    return bindparam(None, list(keys), expanding=True, literal_execute=True)
