"""Correlations over a stream of events: windows that slide on the events' own time, bounded and kept."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import islice, product
from typing import Any, NamedTuple

import msgspec

from cloudward.detect.detection import Correlation
from cloudward.detect.detections import Detections
from cloudward.detect.event import first, flat
from cloudward.detect.text import fold, plain
from cloudward.detect.windows import Entry, Group
from cloudward.errors import StoreError
from cloudward.pack.mappings import Source
from cloudward.store.correlations import Memory, Remembered

COMBINATIONS = 16
"""An event with lists in its group fields belongs to at most so many groups."""
LONG = 200
"""Characters of a value; of a longer one the rest is a hash."""
SHOWN = 100
"""So many events of a window are named."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A correlation holds: told once, when it begins to, and again when it did not hold in between."""

    id: str
    group: Mapping[str, str]
    """Field of `group-by` -> value, as the event that completed it has it."""
    first: float
    last: float
    """Seconds since 1970, of the first and last event of the window."""
    count: int
    events: tuple[str, ...]
    """References of the events in the window, the latest ones."""


@dataclass
class Counts:
    """What a correlation did not look at."""

    late: int = 0
    """Events beyond the bound of lateness."""
    evicted: int = 0
    """Groups given up because there were too many; the one touched longest ago goes first."""
    dropped: int = 0
    """Events of a group given up because it had too many."""
    ungrouped: int = 0
    """Events without a field of `group-by`: they belong to no group."""


class Correlator:
    """All correlations of some detections.

    An event may be `late` seconds older than the window that ends with the latest event of its group. Of each
    correlation at most `groups` groups are kept, with at most `entries` events in all.
    """

    def __init__(
        self, detections: Detections, *, late: float = 600, groups: int = 100_000, entries: int = 500_000
    ) -> None:
        self.late, self.most, self.entries = late, groups, entries
        self.counts: dict[str, Counts] = {}
        self._correlations: dict[str, Correlation] = {}
        self._all: list[Correlation] = []
        self._asked: dict[str, list[int]] = {}
        self._groups: dict[str, OrderedDict[tuple[str, ...], Group]] = {}
        self._held: dict[str, int] = {}
        self._arrival = 0
        self._dirty: dict[tuple[str, tuple[str, ...]], None] = {}
        self._gone: set[tuple[str, str]] = set()
        for each in detections.correlations:
            self._know(each)

    def _know(self, each: Correlation) -> None:
        self._correlations[each.id] = each
        self.counts[each.id], self._groups[each.id], self._held[each.id] = Counts(), OrderedDict(), 0
        for id in dict.fromkeys(each.rules):
            self._asked.setdefault(id, []).append(len(self._all))
        self._all.append(each)

    @property
    def arrival(self) -> int:
        """Another number whenever what it knows is another."""
        return self._arrival

    @property
    def kept(self) -> int:
        """Groups in memory."""
        return sum(map(len, self._groups.values()))

    def total(self) -> Counts:
        """What no correlation looked at, since the beginning."""
        counts = (vars(each).values() for each in self.counts.values())
        return Counts(*(sum(each) for each in zip(*counts, strict=True)))

    @property
    def held(self) -> int:
        """Events in memory."""
        return sum(self._held.values())

    def asks(self, ids: Iterable[str]) -> bool:
        """Whether a correlation joins one of these detections."""
        return not self._asked.keys().isdisjoint(ids)

    def feed(
        self,
        ids: Iterable[str],
        event: Mapping[str, Any],
        source: Source,
        at: float | datetime,
        reference: str = "",
    ) -> Iterator[Joined]:
        """The correlations that begin to hold with one event more; `ids` are the detections that it fits.

        `at` is the event's own time, in seconds since 1970 or as a datetime with a zone. `reference` is how
        the caller finds it again.
        """
        moment = at.timestamp() if isinstance(at, datetime) else float(at)
        told = frozenset(id for id in ids if id in self._asked)
        waiting = deque([_Hit(told, told, event, source, moment, reference)] if told else [])
        while waiting:
            hit = waiting.popleft()
            for place in sorted({place for id in hit.ids for place in self._asked.get(id, ())}):
                correlation = self._all[place]
                holding: dict[float, bool] = {}
                for joined, moment, new in self._fed(correlation, hit):
                    holding[moment] = holding.get(moment, False) or new
                    if new:
                        yield joined
                for moment, new in holding.items():
                    own = frozenset([correlation.id])
                    waiting.append(_Hit(own, own if new else frozenset(), event, source, moment, reference))

    def _fed(self, each: Correlation, hit: _Hit) -> Iterator[tuple[Joined, float, bool]]:
        """Where it holds with this event and did not without: what that is, when, and whether it is new."""
        for values, rules, value in self._entries(each, hit):
            self._arrival += 1
            entry = Entry(hit.at, self._arrival, rules, value, hit.reference)
            group = self._group(each, tuple(map(fold, values)))
            if not group.reaches(hit.at):
                self.counts[each.id].late += 1
                continue
            before, dropped = len(group.entries), group.dropped
            found = group.add(entry)
            self.counts[each.id].dropped += group.dropped - dropped
            self._hold(each, len(group.entries) - before)
            for last, count in found:
                yield _joined(each, values, group, last, count), last.at, group.is_new(last)

    def _entries(
        self, each: Correlation, hit: _Hit
    ) -> Iterator[tuple[tuple[str, ...], tuple[int, ...], str]]:
        """What the event is in this correlation: values of the group, places of rules, value that counts."""
        temporal = each.type.startswith("temporal")
        told = hit.ids if temporal else hit.new
        rules = [(place, id) for place, id in enumerate(each.rules) if id in told]
        found: dict[tuple[str, ...], list[int]] = {}
        for place, rule in rules if temporal else rules[:1]:
            names = [each.aliases.get(name, {}).get(rule, name) for name in each.group_by]
            groups = [_texts(hit.event, hit.source, name) for name in names]
            self.counts[each.id].ungrouped += not all(groups)
            for values in islice(product(*groups), COMBINATIONS):
                found.setdefault(values, []).append(place)
        for values, places in found.items():
            for value in self._counted(each, hit.event, hit.source):
                yield values, tuple(places), value

    def _counted(self, each: Correlation, event: Mapping[str, Any], source: Source) -> list[str]:
        """The values that count, hashed when they are long; one empty text where events count."""
        if each.type != "value_count":
            return [""]
        lists = [_texts(event, source, name) for name in each.counted]
        return [_short("\x00".join(map(fold, values))) for values in islice(product(*lists), COMBINATIONS)]

    def _group(self, each: Correlation, key: tuple[str, ...]) -> Group:
        groups = self._groups[each.id]
        self._dirty[each.id, key] = None
        group = groups.get(key)
        if group is None:
            group = groups[key] = Group(each, self.late)
            if len(groups) > self.most:
                self._evict(each)
        else:
            groups.move_to_end(key)
        group.touched = self._arrival
        return group

    def _hold(self, each: Correlation, more: int) -> None:
        self._held[each.id] += more
        while self._held[each.id] > self.entries and len(self._groups[each.id]) > 1:
            self._evict(each)

    def _evict(self, each: Correlation) -> None:
        """Give up the group that was touched longest ago."""
        key, group = self._groups[each.id].popitem(last=False)
        self._dirty.pop((each.id, key), None)
        if group.kept:
            self._gone.add((each.id, _hash(key)))
        self._held[each.id] -= len(group.entries)
        self.counts[each.id].evicted += 1

    # Between runs

    def changed(self) -> Memory:
        """What changed since the last time, to be kept."""
        made = Memory(gone=sorted(self._gone))
        for id in dict.fromkeys([*(id for id, _ in self._dirty), *(id for id, _ in self._gone)]):
            counts = msgspec.msgpack.encode(vars(self.counts[id]))
            made.rules[id] = _fingerprint(self._correlations[id]), counts
        for id, key in self._dirty:
            group = self._groups[id][key]
            data = msgspec.msgpack.encode([key, *group.state()])
            made.groups.append(Remembered(id, _hash(key), group.touched, data))
            group.kept = True
        self._dirty, self._gone = {}, set()
        return made

    def take_up(self, kept: Memory) -> list[str]:
        """Take up what was kept; gives the ids of those that changed since, of which nothing is taken."""
        known = {id: each for id, each in kept.rules.items() if id in self._correlations}
        same = {id for id, (asked, _) in known.items() if asked == _fingerprint(self._correlations[id])}
        try:
            for id in same:
                self.counts[id] = Counts(**msgspec.msgpack.decode(known[id][1]))
            for each in kept.groups:
                if each.correlation in same:
                    self._taken(each)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(f"the state of correlations cannot be read: {type(error).__name__}") from error
        return sorted(known.keys() - same)

    def _taken(self, kept: Remembered) -> None:
        correlation = self._correlations[kept.correlation]
        key, *state = msgspec.msgpack.decode(kept.data)
        group = Group.restored(correlation, self.late, state)
        group.touched, group.kept = kept.touched, True
        self._arrival = max(self._arrival, kept.touched)
        self._groups[correlation.id][tuple(key)] = group
        if len(self._groups[correlation.id]) > self.most:
            self._evict(correlation)
        self._hold(correlation, len(group.entries))

    # A snapshot

    def save(self) -> bytes:
        """The whole state, for `restore`."""
        made = {
            id: {
                "rule": _fingerprint(self._correlations[id]),
                "counts": vars(self.counts[id]),
                "groups": [[key, *group.state()] for key, group in groups.items()],
            }
            for id, groups in self._groups.items()
        }
        return msgspec.msgpack.encode({"arrival": self._arrival, "correlations": made})

    def restore(self, data: bytes) -> list[str]:
        """Take up a state; gives the ids of those that changed since or are gone, whose state is left out."""
        try:
            state = msgspec.msgpack.decode(data)
            self._arrival = max(self._arrival, int(state["arrival"]))
            return [id for id, kept in state["correlations"].items() if not self._restored(id, kept)]
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(f"the state of correlations cannot be read: {type(error).__name__}") from error

    def _restored(self, id: str, kept: Mapping[str, Any]) -> bool:
        each = self._correlations.get(id)
        if each is None or kept["rule"] != _fingerprint(each):
            return False
        self.counts[id] = Counts(**kept["counts"])
        groups = self._groups[id]
        for key, *state in kept["groups"][-self.most :]:
            before = groups.get(tuple(key))
            group = groups[tuple(key)] = Group.restored(each, self.late, state)
            self._held[id] += len(group.entries) - (len(before.entries) if before else 0)
        return True


class _Hit(NamedTuple):
    """An event and what it fits: rules, or a correlation that it completes; `new` begin to hold with it."""

    ids: frozenset[str]
    new: frozenset[str]
    event: Mapping[str, Any]
    source: Source
    at: float
    reference: str


def _joined(each: Correlation, values: Iterable[str], group: Group, last: Entry, count: int) -> Joined:
    window = group.window(last, SHOWN)
    named = dict(zip(each.group_by, values, strict=True))
    references = tuple(dict.fromkeys(entry.reference for entry in window if entry.reference))
    return Joined(each.id, named, window[0].at, last.at, count, references)


def _texts(event: Mapping[str, Any], source: Source, field: str) -> list[str]:
    """The different texts that a field has."""
    found = flat(first(event, source.paths(field)))
    return list(dict.fromkeys(_short(plain(value)) for value in found if value is not None))


def _short(text: str) -> str:
    return (
        text
        if len(text) <= 256
        else f"{text[:200]}#{blake2b(text.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"
    )


def _hash(key: tuple[str, ...]) -> str:
    return blake2b(msgspec.msgpack.encode(key), digest_size=16).hexdigest()


def _fingerprint(each: Correlation) -> str:
    """What must be the same for a state to go on."""
    asked = (each.type, each.rules, each.group_by, each.timespan, each.condition, each.counted, each.aliases)
    return blake2b(msgspec.json.encode(asked), digest_size=8).hexdigest()
