"""Counts over many scopes, added up once: only scopes that were published since are counted anew.

Who may see half of an estate would else have a hundred thousand counts added up for each of his pages.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import add
from threading import Lock
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from cloudward.store import tables as t
from cloudward.store.filters import Place, Wanted

FEW = 20
"""So many scopes are counted at once, without keeping anything."""
PART = 32
"""Scopes with neighbouring keys whose sum is kept."""
REMEMBERED = 100_000
"""Values in the sums that are kept, of some 200 bytes each."""

Values = tuple[Any, ...]
Ask = Callable[[Wanted, bool], Iterable[tuple[int, Values, Any]]]
"""What a query gives for some scopes: part (0 when these are not asked for), values and what there is."""


class Sums:
    """Those of one store."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[object, dict[Values, Any]] = OrderedDict()
        self._size = 0

    def counted(self, connection: Connection, want: Wanted, by: Sequence[str]) -> dict[Values, int]:
        """Assessments by the combinations of these columns of the table of counts."""
        c = t.counts.c

        def ask(some: Wanted, apart: bool) -> Iterator[tuple[int, Values, int]]:
            columns = [*parts(c.scope, apart), *(c[name] for name in by)]
            query = select(*columns, func.sum(c.n)).where(*some.counted(*by)).group_by(*columns)
            for *values, n in connection.execute(query):
                yield (values.pop(0) if apart else 0), tuple(values), int(n)

        return self.over(want, ("counts", *by) if "scope" not in by else None, ask, add)

    def over(
        self, want: Wanted, name: object, ask: Ask, join: Callable[[Any, Any], Any]
    ) -> dict[Values, Any]:
        """What `ask` gives for all scopes together. Without a name nothing is kept."""
        if want.places is None or len(want.places) <= FEW or name is None:
            return {values: n for _, values, n in ask(want, False)}
        groups = {part: tuple(places) for part, places in groupby(want.places, _part)}
        keys = {part: (name, want.alike, places) for part, places in groups.items()}
        with self._lock:
            known = {part: self._kept[key] for part, key in keys.items() if key in self._kept}
        missing = [place for part, places in groups.items() if part not in known for place in places]
        if missing:
            new: dict[int, dict[Values, Any]] = {part: {} for part in groups if part not in known}
            for part, values, n in ask(want.within(missing), True):
                new[part][values] = n
            known.update(new)
        self._keep({keys[part]: found for part, found in known.items()})
        return _joined(known.values(), join)

    def _keep(self, new: Mapping[object, dict[Values, Any]]) -> None:
        with self._lock:
            for key, found in new.items():
                self._size += 0 if key in self._kept else len(found) + 1
                self._kept[key] = found
                self._kept.move_to_end(key)
            while self._size > REMEMBERED:
                self._size -= len(self._kept.popitem(last=False)[1]) + 1


def parts(scope: ColumnElement[int], apart: bool) -> list[ColumnElement[int]]:
    """The column that tells parts apart, where they are wanted apart."""
    return [scope.op("/")(PART)] if apart else []


def _part(place: Place) -> int:
    return place.key // PART


def _joined(some: Iterable[Mapping[Values, Any]], join: Callable[[Any, Any], Any]) -> dict[Values, Any]:
    total: dict[Values, Any] = {}
    for each in some:
        for values, n in each.items():
            total[values] = join(total[values], n) if values in total else n
    return total
