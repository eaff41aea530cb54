"""What is remembered: of each entity a count for a day, and of each value the days on which it was seen.

A value has one bit for a day. To ask what was known before a day, and to unlearn days, is to mask bits; both
are exact. Memory is bounded: whoever came on one day alone is forgotten before whoever came on several, so
that a flood of new names does not push out those that are known.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from cloudward.detect.behaviour import WINDOW

SPAN = WINDOW + 3
"""Days in an entity's reach, so that a value's days fit in 63 bits."""
VALUES = 500
"""Values of an entity that are remembered. One that has more has no habit, and is not judged."""
DISTINCT = 2_000
"""Values of a day that are told apart; beyond, there are at least so many."""

Key: TypeAlias = tuple[str, str]
"""Scope and entity; the entity "" stands for all of the scope together."""


class Entity:
    """One that is watched, by one detection."""

    __slots__ = ("counts", "held", "last", "open", "origin", "values")

    def __init__(self, origin: int) -> None:
        self.origin = origin
        """The first day in reach, counted from 1970."""
        self.counts = array("Q")
        """For each day from `origin` on what was counted."""
        self.values: dict[str, int] = {}
        """Value -> a bit for each day from `origin` on."""
        self.open: dict[str, Any] = {}
        """What a kind keeps of the latest days."""
        self.held = 0
        """Values in `open`, as the kind that keeps them counts."""
        self.last = -1
        """The day of the event that touched it last."""

    @property
    def size(self) -> int:
        """Keys that it holds in memory."""
        return 1 + len(self.values) + len(self.open) + self.held

    @property
    def newest(self) -> int:
        return self.origin + len(self.counts) - 1

    def reach(self, day: int) -> bool:
        """Make room for a day; false when it is too long ago."""
        place = day - self.origin
        if place < 0:
            if len(self.counts) - place > SPAN:
                return False
            self.counts = array("Q", bytes(-place * 8)) + self.counts
            self.values = {value: days << -place for value, days in self.values.items()}
            self.origin = day
        elif place >= SPAN:
            self._forget(place - WINDOW)
            place = day - self.origin
        if len(self.counts) <= place:
            self.counts.extend(bytes(place + 1 - len(self.counts)))
        return True

    def _forget(self, days: int) -> None:
        """The first days go out of reach."""
        self.counts = self.counts[days:]
        self.values = {value: seen >> days for value, seen in self.values.items() if seen >> days}
        self.origin += days

    def add(self, day: int, number: int = 1) -> None:
        self.counts[day - self.origin] += number

    def see(self, value: str, day: int) -> None:
        seen = self.values.get(value, 0)
        if seen or len(self.values) <= VALUES:
            self.values[value] = seen | 1 << day - self.origin

    def before(self, day: int, days: int) -> array[int]:
        """The counts of the days before a day, 0 for those without events."""
        end = max(0, day - self.origin)
        return self.counts[max(0, end - days) : end]

    def known(self, value: str, day: int, days: int) -> bool:
        """A value was seen on one of the days before a day."""
        return bool(self.values.get(value, 0) & self.mask(day, days))

    def mask(self, day: int, days: int) -> int:
        """The bits of the days before a day."""
        end = day - self.origin
        if end <= 0:
            return 0
        return (1 << end) - 1 & ~((1 << max(0, end - days)) - 1)

    def unlearn(self, since: int, until: int) -> None:
        """Forget the days from `since` to `until`, the latter included."""
        for place in range(max(0, since - self.origin), min(len(self.counts), until + 1 - self.origin)):
            self.counts[place] = 0
            clear = ~(1 << place)
            self.values = {value: seen & clear for value, seen in self.values.items() if seen & clear}
        self.open = {
            name: kept for name, kept in self.open.items() if not since <= int(name.split(".")[0]) <= until
        }
        self.count_held()

    def count_held(self) -> None:
        """Count what `open` holds anew."""
        self.held = sum(len(each) for each in self.open.values() if isinstance(each, set | list))

    @property
    def empty(self) -> bool:
        return not any(self.counts) and not self.values and not self.open

    def state(self) -> list[Any]:
        """For `restored`: plain lists, maps, texts and numbers."""
        kept = {name: sorted(each) if isinstance(each, set) else each for name, each in self.open.items()}
        return [self.origin, self.counts.tolist(), self.values, kept]

    @classmethod
    def restored(cls, state: list[Any]) -> Entity:
        made = cls(state[0])
        made.counts = array("Q", state[1])
        made.values = state[2]
        made.open = {
            name: set(each) if isinstance(each, list) and each and isinstance(each[0], str) else each
            for name, each in state[3].items()
        }
        made.count_held()
        return made


Usual: TypeAlias = "tuple[int, int, Entity, Entity | None]"
"""A day, and an entity that had a value on it and on one of those before: the day that was the first in its
reach then, the entity, and all of the scope together where they count too."""


@dataclass
class Counts:
    """What was not learnt."""

    evicted: int = 0
    """Entities that were forgotten because there were too many."""
    late: int = 0
    """Events of a day that was out of reach."""


class Memory:
    """The entities of one detection: those of one day, and those of several."""

    def __init__(self) -> None:
        self.fresh: OrderedDict[Key, Entity] = OrderedDict()
        self.settled: OrderedDict[Key, Entity] = OrderedDict()
        self.sizes: dict[Key, int] = {}
        self.size = 0
        """Keys that are held: entities, and values of them."""
        self.dirty: set[Key] = set()
        self.stored: set[Key] = set()
        """Those that are kept elsewhere too; of others nothing need be taken out there."""
        self.gone: set[Key] = set()
        self.counts = Counts()
        self.usual: dict[tuple[str, str, str], Usual] = {}
        """Scope, entity and value of events that need only be counted; empty when something is given up."""

    def __len__(self) -> int:
        return len(self.fresh) + len(self.settled)

    def __iter__(self) -> Iterator[tuple[Key, Entity]]:
        yield from self.fresh.items()
        yield from self.settled.items()

    def get(self, key: Key) -> Entity | None:
        found = self.settled.get(key)
        return self.fresh.get(key) if found is None else found

    def entity(self, key: Key, day: int) -> Entity | None:
        """The entity with room for a day, made when it is not known; None when the day is out of reach."""
        found = self.get(key)
        if found is None:
            found = self.fresh[key] = Entity(day)
            self.gone.discard(key)
        if 0 <= day - found.origin < len(found.counts):
            return found
        if not found.reach(day):
            self.counts.late += 1
            return None
        return found

    def touched(self, key: Key, entity: Entity, day: int) -> None:
        """It has learnt something of a day."""
        self.dirty.add(key)
        size = 1 + len(entity.values) + len(entity.open) + entity.held
        before = self.sizes.get(key, 0)
        if size != before:
            self.size += size - before
            self.sizes[key] = size
        if day == entity.last:
            return
        entity.last = day
        if key in self.settled:
            self.settled.move_to_end(key)
        elif len(entity.counts) > 1 or not key[1]:
            self.settled[key] = self.fresh.pop(key)
        else:
            self.fresh.move_to_end(key)

    def saved(self) -> None:
        """What was learnt is kept elsewhere now."""
        self.stored |= self.dirty
        self.dirty, self.gone, self.counts = set(), set(), Counts()
        self.usual.clear()

    def keep(self, key: Key, entity: Entity) -> None:
        """Take up one that was kept elsewhere."""
        (self.settled if len(entity.counts) > 1 or not key[1] else self.fresh)[key] = entity
        self.stored.add(key)
        self.sizes[key] = entity.size
        self.size += self.sizes[key]

    def evict(self) -> None:
        """Forget the one that was touched longest ago; whoever came on one day alone goes first."""
        key, _ = (self.fresh or self.settled).popitem(last=False)
        self.drop(key)
        self.counts.evicted += 1

    def drop(self, key: Key) -> None:
        self.fresh.pop(key, None)
        self.settled.pop(key, None)
        self.size -= self.sizes.pop(key, 0)
        self.usual.clear()
        self.dirty.discard(key)
        if key in self.stored:
            self.stored.discard(key)
            self.gone.add(key)
