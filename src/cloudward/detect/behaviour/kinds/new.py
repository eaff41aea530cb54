"""A value that an entity never had before: a country, a client, a call, a process, an hour."""

from __future__ import annotations

from cloudward.detect.behaviour import Behaviour, Verdict
from cloudward.detect.behaviour.kinds import Kind, Seen, date, enough, history, learn, listed, told
from cloudward.detect.behaviour.memory import VALUES, Entity, Memory


def judge(asked: Behaviour, memory: Memory, seen: Seen) -> Verdict | None:
    entity = memory.get(seen.key)
    found = _unusual(asked, memory, entity, seen) if entity is not None else None
    learn(memory, seen, seen.value, peers=asked.peers)
    return found


def _unusual(asked: Behaviour, memory: Memory, entity: Entity, seen: Seen) -> Verdict | None:
    day = seen.day
    if _known(asked, entity, seen.value, day) or len(entity.values) > VALUES:
        return None
    days, events = history(asked, entity, day)
    if not enough(asked, days, events):
        return None
    others = memory.get((seen.key[0], "")) if asked.peers else None
    if others is not None and (_known(asked, others, seen.value, day) or len(others.values) > VALUES):
        return None
    mask = entity.mask(day, asked.days)
    usual = listed(value for value, bits in entity.values.items() if bits & mask)
    named = " and ".join(asked.of)
    reason = f"{told(asked, days, events, day)} of {seen.key[1]}, never with the {named} {seen.value}"
    end = ", nor of anyone else there" if others is not None else ""
    return Verdict(
        (seen.key[1], seen.value, date(day)), (f"{reason[0].upper()}{reason[1:]}{end} (known: {usual})",)
    )


def _known(asked: Behaviour, entity: Entity, value: str, day: int) -> bool:
    if asked.of != ("hour",):
        return entity.known(value, day, asked.days)
    hour = int(value)  # an hour beside one that is usual is usual
    return any(entity.known(f"{(hour + by) % 24:02}", day, asked.days) for by in (-1, 0, 1))


KIND = Kind("new", "a value that it never had", judge, quick=True)
