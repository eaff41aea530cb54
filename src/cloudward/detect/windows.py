"""What one correlation knows of one group: its events within reach, in the order of their own time.

An event is an entry; entries come mostly in order, and then each costs little. A late one is put where it
belongs and the group is counted anew, so the answer never depends on the order of arrival.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from cloudward.detect.detection import Correlation

MOST = 10_000
"""So many events of a group are kept, the latest; what is dropped is counted."""

HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    "gt": lambda count, bound: count > bound,
    "gte": lambda count, bound: count >= bound,
    "lt": lambda count, bound: count < bound,
    "lte": lambda count, bound: count <= bound,
    "eq": lambda count, bound: count == bound,
    "neq": lambda count, bound: count != bound,
}


class Entry(NamedTuple):
    """An event in a group, ordered by its time and then by its arrival."""

    at: float
    arrival: int
    rules: tuple[int, ...]
    """Places in the correlation of the rules that it fits."""
    value: str
    """What is counted, for `value_count`."""
    reference: str


class Counting:
    """How many events, or values, a window has that ends with an entry. Entries come in order."""

    def __init__(self, correlation: Correlation) -> None:
        self.span, self.distinct = correlation.timespan, correlation.type == "value_count"
        self.inside: deque[Entry] = deque()
        self.values: Counter[str] = Counter()

    def add(self, entry: Entry) -> int:
        """The count with this entry as the last."""
        self.inside.append(entry)
        self.values[entry.value] += self.distinct
        while self.inside[0].at < entry.at - self.span:
            gone = self.inside.popleft()
            self.values[gone.value] -= self.distinct
            if not self.values[gone.value]:
                del self.values[gone.value]
        return len(self.values) if self.distinct else len(self.inside)


class Meeting:
    """How many different rules a window has that ends with an entry."""

    def __init__(self, correlation: Correlation) -> None:
        self.span = correlation.timespan
        self.last: dict[int, float] = {}

    def add(self, entry: Entry) -> int:
        self.last.update(dict.fromkeys(entry.rules, entry.at))
        return sum(at >= entry.at - self.span for at in self.last.values())


class Following:
    """How many rules, from the first on, follow one another within the time, the last being an entry.

    For each number of rules it keeps the latest moment at which such a chain can begin.
    """

    def __init__(self, correlation: Correlation) -> None:
        self.span, self.rules = correlation.timespan, correlation.rules
        self.begun: list[float | None] = [None] * (len(self.rules) + 1)

    def add(self, entry: Entry) -> int:
        length = 0
        asked = {self.rules[place] for place in entry.rules}
        for place in range(len(self.rules) - 1, -1, -1):  # from the end: an event does not follow itself
            if self.rules[place] not in asked:
                continue
            begun = entry.at if place == 0 else self.begun[place]
            if begun is not None and begun >= entry.at - self.span:
                kept = self.begun[place + 1]
                self.begun[place + 1] = begun if kept is None else max(begun, kept)
                length = max(length, place + 1)
        return length


KINDS: Mapping[str, Callable[[Correlation], Counting | Meeting | Following]] = {
    "event_count": Counting,
    "value_count": Counting,
    "temporal": Meeting,
    "temporal_ordered": Following,
}


class Occurrence(NamedTuple):
    """Between `since` and `until` it holds again and again; it was told once, of an event at `told`."""

    since: float
    until: float
    told: float


class Group:
    """The entries of a group and the occurrences that were told, in order.

    `touched` is the last arrival; `kept` says that the store has it.
    """

    __slots__ = ("correlation", "counter", "dropped", "entries", "kept", "late", "occurrences", "touched")

    def __init__(self, correlation: Correlation, late: float) -> None:
        self.correlation, self.late = correlation, late
        self.entries: list[Entry] = []
        self.counter = KINDS[correlation.type](correlation)
        self.occurrences: list[Occurrence] = []
        self.dropped = self.touched = 0
        self.kept = False

    def reaches(self, at: float) -> bool:
        """Whether an event of that time is not too late."""
        return not self.entries or at >= self.entries[-1].at - self.correlation.timespan - self.late

    def add(self, entry: Entry) -> list[tuple[Entry, int]]:
        """The entries with which the correlation holds, and did not without this one; and their counts.

        An event that comes again changes nothing: what was told of it is told again.
        """
        if self.has(entry):
            return self.again(entry)
        if not self.entries or entry > self.entries[-1]:
            self.entries.append(entry)
            count = self.counter.add(entry)
            found = [(entry, count)] if self.holds(count) else []
        else:
            before = {each for each, _ in self.counted()}
            insort(self.entries, entry)
            found = [(each, count) for each, count in self.counted() if each not in before]
        self.forget()
        return found

    def counted(self) -> list[tuple[Entry, int]]:
        """Everything counted anew: the entries with which the correlation holds."""
        self.counter = KINDS[self.correlation.type](self.correlation)
        counts = [(each, self.counter.add(each)) for each in self.entries]
        return [(each, count) for each, count in counts if self.holds(count)]

    def holds(self, count: int) -> bool:
        return all(HOLDS[op](count, bound) for op, bound in self.correlation.condition.items())

    def forget(self) -> None:
        """Leave out what no event that is still taken can reach, and what is too much."""
        oldest = self.entries[-1].at - 2 * self.correlation.timespan - self.late
        gone = 0
        while self.entries[gone].at < oldest:
            gone += 1
        if len(self.entries) - gone > MOST:
            self.dropped += len(self.entries) - gone - MOST
            gone = len(self.entries) - MOST
        if gone > len(self.entries) // 4:
            del self.entries[:gone]
            first = self.entries[0].at - self.correlation.timespan
            self.occurrences = [each for each in self.occurrences if each.until >= first]

    def has(self, entry: Entry) -> bool:
        """Whether an event is in already; without a reference nobody knows."""
        if not entry.reference or not self.entries or entry.at > self.entries[-1].at:
            return False
        place = bisect_left(self.entries, (entry.at,))
        for each in islice(self.entries, place, None):
            if each.at > entry.at:
                return False
            if each.reference == entry.reference and each[2:] == entry[2:]:
                return True
        return False

    def again(self, entry: Entry) -> list[tuple[Entry, int]]:
        """What was told when an event came for the first time."""
        if not any(each.told == entry.at for each in self.occurrences):
            return []
        return [(each, count) for each, count in self.counted() if each.at == entry.at]

    def is_new(self, entry: Entry) -> bool:
        """Whether what holds with an entry is told: it is a new occurrence, or the telling of an old one."""
        at, span = entry.at, self.correlation.timespan
        for place, each in enumerate(self.occurrences):
            if each.since - span <= at <= each.until:
                until = max(each.until, at + span)
                self.occurrences[place] = Occurrence(min(each.since, at), until, each.told)
                return at == each.told
        insort(self.occurrences, Occurrence(at, at + span, at))
        return True

    def window(self, last: Entry, most: int) -> list[Entry]:
        """The entries of the window that ends with one, the latest `most`."""
        low = last.at - self.correlation.timespan
        back = (each for each in reversed(self.entries) if each <= last)
        inside = [each for each in islice(back, most) if each.at >= low]
        return inside[::-1]

    def state(self) -> list[Any]:
        """Plain data, from which `restored` makes the group again."""
        return [self.entries, self.occurrences, self.dropped]

    @classmethod
    def restored(cls, correlation: Correlation, late: float, state: list[Any]) -> Group:
        group = cls(correlation, late)
        group.entries = [Entry(at, arrival, tuple(rules), *rest) for at, arrival, rules, *rest in state[0]]
        group.occurrences = [Occurrence(*each) for each in state[1]]
        group.dropped = state[2]
        for each in group.entries:
            group.counter.add(each)
        return group
