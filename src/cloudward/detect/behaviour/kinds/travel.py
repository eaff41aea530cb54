"""Two places between which nobody travels in that time. Needs a database of addresses that knows places."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import Any

from cloudward.detect.behaviour import Behaviour, Verdict
from cloudward.detect.behaviour.kinds import DAY, Kind, Seen, date
from cloudward.detect.behaviour.memory import Entity, Memory

EARTH = 6371.0
"""Kilometres."""
PLACES = 16
"""Addresses of a day that are remembered, with when each was first and last used."""


def judge(asked: Behaviour, memory: Memory, seen: Seen) -> Verdict | None:
    if not seen.places or not seen.learn:
        return None
    entity = memory.entity(seen.key, seen.day)
    if entity is None:
        return None
    address, country, north, east = seen.places[0]
    usual = _usual(asked, entity, country, seen)
    before = [kept for name in _days(seen.day) for kept in entity.open.get(name, ())]
    far = [
        each for each in before if each[0] != address and not (usual and _usual(asked, entity, each[1], seen))
    ]
    found = next((each for each in far if _too_fast(asked, each, (north, east), seen.at)), None)
    _remember(entity, [address, country, north, east], seen)
    memory.touched(seen.key, entity, seen.day)
    return None if found is None else _told(found, seen)


def _days(day: int) -> tuple[str, ...]:
    return f"{day - 1}.p", f"{day}.p", f"{day + 1}.p"


def _usual(asked: Behaviour, entity: Entity, country: str, seen: Seen) -> bool:
    """It is there often: whoever uses a network of his company is in two countries every day."""
    days = entity.values.get(country, 0) & entity.mask(seen.day, asked.days)
    return days.bit_count() >= 3


def _remember(entity: Entity, place: list[Any], seen: Seen) -> None:
    entity.open = {name: kept for name, kept in entity.open.items() if abs(int(name[:-2]) - seen.day) < 3}
    kept = entity.open.setdefault(f"{seen.day}.p", [])
    entity.see(place[1], seen.day)
    if seen.fresh:
        entity.add(seen.day)
    for each in kept:
        if each[0] == place[0]:
            each[4], each[5] = min(each[4], seen.at), max(each[5], seen.at)
            return
    if len(kept) < PLACES:
        kept.append([*place, seen.at, seen.at])
    entity.count_held()


def _too_fast(asked: Behaviour, other: list[Any], here: tuple[float, float], at: float) -> bool:
    way = distance((other[2], other[3]), here)
    if way < float(asked.option("distance")):
        return False
    seconds: float = min(abs(at - other[4]), abs(at - other[5]))
    return seconds < DAY and way > float(asked.option("speed")) * max(seconds, 60) / 3600


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres between two places of (latitude, longitude), along the surface."""
    north, east, to_north, to_east = map(radians, (*one, *other))
    half = sin((to_north - north) / 2) ** 2 + cos(north) * cos(to_north) * sin((to_east - east) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(half)))


def _told(other: list[Any], seen: Seen) -> Verdict:
    address, country, north, east = seen.places[0]
    way = distance((other[2], other[3]), (north, east))
    ends = sorted([(address, country), (other[0], other[1])])
    minutes = int(min(abs(seen.at - other[4]), abs(seen.at - other[5])) // 60)
    named = " and ".join(f"{each} ({where})" for each, where in ends)
    return Verdict(
        (seen.key[1], date(seen.day), *(each for each, _ in ends)),
        (f"{seen.key[1]} came from {named}, {way:,.0f} km apart, within {minutes:,} minutes",),
    )


KIND = Kind(
    "travel",
    "too far in too short a time",
    judge,
    {"speed": 1000.0, "distance": 500.0},
    features=False,
)
