"""Counts over many scopes, added up once: only scopes that were published since are counted anew.

Who may see half of an estate would else have a hundred thousand counts added up for each of his pages.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from itertools import groupby
from threading import Lock
from typing import Any

from sqlalchemy import Connection, func, select

from cloudward.store import tables as t
from cloudward.store.filters import Place, Wanted

FEW = 20
"""So many scopes are counted at once, without keeping anything."""
PART = 32
"""Scopes with neighbouring keys whose sum is kept."""
REMEMBERED = 20_000
"""Values in the sums that are kept, of some 200 bytes each."""

Rows = list[tuple[tuple[Any, ...], int]]


class Sums:
    """Those of one store."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[object, Rows] = OrderedDict()
        self._size = 0

    def counted(self, connection: Connection, want: Wanted, by: Sequence[str]) -> Rows:
        """Assessments by the combinations of these columns of the table of counts."""
        if want.places is None or len(want.places) <= FEW or "scope" in by:
            return [(values, n) for _, values, n in _asked(connection, want, by, apart=False)]
        parts = {part: tuple(places) for part, places in groupby(want.places, _part)}
        keys = {part: (*by, *want.alike, places) for part, places in parts.items()}
        with self._lock:
            known = {part: self._kept[key] for part, key in keys.items() if key in self._kept}
        missing = [place for part, places in parts.items() if part not in known for place in places]
        if missing:
            new: dict[int, Rows] = {part: [] for part in parts if part not in known}
            for part, values, n in _asked(connection, want.within(missing), by, apart=True):
                new[part].append((values, n))
            known.update(new)
        self._keep({keys[part]: rows for part, rows in known.items()})
        total: Counter[tuple[Any, ...]] = Counter()
        for rows in known.values():
            for values, n in rows:
                total[values] += n
        return list(total.items())

    def _keep(self, found: dict[object, Rows]) -> None:
        with self._lock:
            for key, rows in found.items():
                self._size += 0 if key in self._kept else len(rows) + 1
                self._kept[key] = rows
                self._kept.move_to_end(key)
            while self._size > REMEMBERED:
                self._size -= len(self._kept.popitem(last=False)[1]) + 1


def _part(place: Place) -> int:
    return place.key // PART


def _asked(
    connection: Connection, want: Wanted, by: Sequence[str], apart: bool
) -> Iterator[tuple[int, tuple[Any, ...], int]]:
    """Part, values and their count; 0 for each part unless they are wanted `apart`."""
    c = t.counts.c
    columns = [*([c.scope.op("/")(PART)] if apart else []), *(c[name] for name in by)]
    query = select(*columns, func.sum(c.n)).where(*want.counted(*by)).group_by(*columns)
    for *values, n in connection.execute(query):
        yield (values.pop(0) if apart else 0), tuple(values), int(n)
