"""More than ever: events, different values, or the sum of a field, in a day or an hour."""

from __future__ import annotations

from typing import Any

from cloudward.detect.behaviour import Behaviour, Verdict
from cloudward.detect.behaviour.kinds import Kind, Seen, date, enough
from cloudward.detect.behaviour.memory import DISTINCT, Entity, Memory

HOUR = 3600
SIZES = ("KiB", "MiB", "GiB", "TiB")


def judge(asked: Behaviour, memory: Memory, seen: Seen) -> Verdict | None:
    """An event that was counted before is not counted again, and judged no more."""
    if not (seen.learn and seen.fresh):
        return None
    entity = memory.entity(seen.key, seen.day)
    if entity is None:
        return None
    now = _add(asked, entity, seen)
    memory.touched(seen.key, entity, seen.day)
    if asked.peers:
        _tell(memory, seen, entity.counts[seen.day - entity.origin])
    return _unusual(asked, memory, entity, seen, now)


def _add(asked: Behaviour, entity: Entity, seen: Seen) -> int:
    """What there is of the day or hour with this event. Only the two latest days are open."""
    day, part = seen.day, "d"
    if asked.option("per") == "hour":
        part = f"{int(seen.at // HOUR) % 24:02}"
    name = f"{day}.{part}"
    kept: Any = entity.open.get(name)
    if kept is None:
        if day < entity.newest - 1:
            return 0
        entity.open = {
            each: old for each, old in entity.open.items() if int(each.partition(".")[0]) >= day - 1
        }
        entity.count_held()
        kept = set() if asked.of else 0
    if not asked.of:
        kept += seen.amount
    elif len(kept) < DISTINCT and seen.value not in kept:
        kept.add(seen.value)
        entity.held += 1
    entity.open[name] = kept
    now: int = len(kept) if asked.of else kept
    place = day - entity.origin
    entity.counts[place] = max(entity.counts[place], now)
    return now


def _tell(memory: Memory, seen: Seen, count: int) -> None:
    """The most of anyone in the scope, for each day."""
    key = (seen.key[0], "")
    others = memory.entity(key, seen.day)
    if others is not None:
        place = seen.day - others.origin
        others.counts[place] = max(others.counts[place], count)
        memory.touched(key, others, seen.day)


def _unusual(asked: Behaviour, memory: Memory, entity: Entity, seen: Seen, now: int) -> Verdict | None:
    above, factor = int(asked.option("above")), float(asked.option("factor"))
    if now <= above:
        return None
    own = [count for count in entity.before(seen.day, asked.days) if count]
    others = memory.get((seen.key[0], "")) if asked.peers else None
    theirs = [count for count in others.before(seen.day, asked.days) if count] if others else []
    known = _enough(asked, own)
    if not known and not _enough(asked, theirs):
        return None
    bound = max(above, int(factor * max(own if known else [0])), int(factor * max(theirs or [0])))
    if now <= bound:
        return None
    return Verdict((seen.key[1], date(seen.day)), tuple(_told(asked, seen, bound, own, theirs)))


def _enough(asked: Behaviour, counts: list[int]) -> bool:
    """Enough days. The number of different values says nothing of how many events there were."""
    return enough(asked, len(counts), asked.least_events if asked.of else sum(counts))


def _told(asked: Behaviour, seen: Seen, bound: int, own: list[int], theirs: list[int]) -> list[str]:
    per = asked.option("per")
    days = f"in the {asked.days} days before"
    found = [f"More than {_amount(asked, bound)} in one {per} on {date(seen.day)} by {seen.key[1]}"]
    if own:
        highest = " of the highest of each day" if per == "hour" else ""
        found.append(
            f"{days.capitalize()}, on {len(own)} of them, at most {_amount(asked, max(own))} a {per}, "
            f"{_amount(asked, sum(own) // len(own))} on average{highest}"
        )
    else:
        found.append(f"Nothing of it {days}")
    if theirs:
        found.append(f"The busiest in the same scope: at most {_amount(asked, max(theirs))} a {per}")
    return found


def _amount(asked: Behaviour, count: int) -> str:
    """With its unit: events, different values, or what the sum is of."""
    if asked.of:
        return f"{count:,} different {' and '.join(asked.of)}"
    unit = asked.option("unit") or asked.option("sum") or "events"
    return size(count) if unit == "bytes" else f"{count:,} {unit}"


def size(count: int) -> str:
    """Bytes as a person reads them: `2,700 bytes`, `95.4 MiB`."""
    if count < 10 << 10:
        return f"{count:,} bytes"
    place = min((count.bit_length() - 1) // 10, len(SIZES))
    return f"{count / (1 << 10 * place):,.1f} {SIZES[place - 1]}"


KIND = Kind(
    "volume",
    "more than ever",
    judge,
    {"above": 100.0, "factor": 3.0, "per": "day", "sum": "", "unit": ""},
    features=False,
)
