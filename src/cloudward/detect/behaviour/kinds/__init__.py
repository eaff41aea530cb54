"""Kinds of behaviour, a file each: what it learns of an event, and when it finds one unusual."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from cloudward.detect.behaviour import Behaviour, Verdict
from cloudward.detect.behaviour.memory import Entity, Key, Memory, Usual

DAY = 86400
USUAL = 50_000
"""So many values of a detection are found at once."""


class Seen(NamedTuple):
    """What a kind is told of an event."""

    key: Key
    value: str
    """What is compared; of several features, one behind the other."""
    amount: int
    """What is added up, where something is."""
    at: float
    """Seconds since 1970."""
    day: int
    """Days since 1970."""
    fresh: bool
    """It was not learnt before."""
    learn: bool
    """Its source is trusted, and its day is not unlearnt."""
    places: tuple[tuple[str, str, float, float], ...] = ()
    """Address, country, latitude and longitude of the addresses that have them."""


Judge = Callable[[Behaviour, Memory, Seen], Verdict | None]


@dataclass(frozen=True)
class Kind:
    """One way to be unusual. `judge` learns and judges in one."""

    name: str
    title: str
    judge: Judge
    options: Mapping[str, float | str] = field(default_factory=lambda: MappingProxyType({}))
    """Option -> what it is when it is not given."""
    features: bool = True
    """It asks `of` what."""
    quick: bool = False
    """A value that was seen today and before is only counted: `judge` need not be asked."""


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by name."""
    from cloudward.registry import modules

    found = [module.KIND for module in modules("cloudward.detect.behaviour.kinds")]
    return {kind.name: kind for kind in sorted(found, key=lambda kind: kind.name)}


def date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).strftime("%Y-%m-%d")


def history(asked: Behaviour, entity: Entity | None, day: int) -> tuple[int, int]:
    """On how many of the days before it there were events, and how many."""
    if entity is None:
        return 0, 0
    counts = entity.before(day, asked.days)
    return len(counts) - counts.count(0), sum(counts)


def enough(asked: Behaviour, days: int, events: int) -> bool:
    """Enough is known to judge."""
    return days >= asked.least_days and events >= asked.least_events


def told(asked: Behaviour, days: int, events: int, day: int) -> str:
    """`in the 30 days before 2026-01-31, on 7 of them, 212 events`."""
    return f"in the {asked.days} days before {date(day)}, on {days} of them, {events:,} events"


def learn(memory: Memory, seen: Seen, value: str = "", *, peers: bool = False) -> None:
    """Count an event, and know a value; for all of the scope too where `peers` count."""
    if not seen.learn:
        return
    day = seen.day
    for key in (seen.key, (seen.key[0], "")) if peers else (seen.key,):
        entity = memory.entity(key, day)
        if entity is None:
            continue
        place = day - entity.origin
        if seen.fresh:
            entity.counts[place] += 1
        if value and not entity.values.get(value, 0) >> place & 1:
            entity.see(value, day)
        elif day == entity.last and key in memory.dirty:
            continue
        memory.touched(key, entity, day)


def usual(
    memory: Memory, scope: str, name: str, value: str, day: int, days: int, peers: bool
) -> Usual | None:
    """Whose value was seen on this day and on one of those before; None when it was not.

    This is what nearly all events are. To count them is all that `learn` would do with them.
    """
    key = (scope, name)
    entity = memory.settled.get(key)
    if entity is None or entity.last != day or key not in memory.dirty:
        return None
    bits = entity.values.get(value, 0)
    if not bits >> day - entity.origin & 1 or not bits & entity.mask(day, days):
        return None
    others = memory.settled.get((scope, "")) if peers else None
    found = (day, entity.origin, entity, others)
    if others is not None or not peers:
        if len(memory.usual) >= USUAL:
            memory.usual.clear()
        memory.usual[scope, name, value] = found
    return found


def count(known: Usual) -> None:
    """Count an event of those that are `usual`."""
    day, origin, entity, others = known
    entity.counts[day - origin] += 1
    if others is not None and others.last == day:
        others.counts[day - others.origin] += 1


def listed(values: Iterable[str], most: int = 5) -> str:
    """A few of them, and how many more there are."""
    found = sorted(values)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more
