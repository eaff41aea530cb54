"""Many new values in one day: who suddenly makes calls that he never made looks around, or took over."""

from __future__ import annotations

from cloudward.detect.behaviour import Behaviour, Verdict
from cloudward.detect.behaviour.kinds import Kind, Seen, date, enough, history, learn, listed, told
from cloudward.detect.behaviour.memory import VALUES, Memory


def judge(asked: Behaviour, memory: Memory, seen: Seen) -> Verdict | None:
    learn(memory, seen, seen.value, peers=asked.peers)
    entity = memory.get(seen.key)
    if entity is None or not (seen.learn and seen.fresh) or len(entity.values) > VALUES:
        return None
    day = seen.day
    if entity.known(seen.value, day, asked.days):
        return None
    days, events = history(asked, entity, day)
    if not enough(asked, days, events):
        return None
    others = memory.get((seen.key[0], "")) if asked.peers else None
    bit, mask = entity.mask(day + 1, 1), entity.mask(day, asked.days)
    new = [
        value
        for value, bits in entity.values.items()
        if bits & bit and not bits & mask and not (others and others.known(value, day, asked.days))
    ]
    least = int(asked.option("count"))
    if len(new) < least or seen.value not in new:
        return None
    usual = sum(1 for bits in entity.values.values() if bits & mask)
    named = " and ".join(asked.of)
    reason = (
        f"At least {least} values of {named} that {seen.key[1]} never had "
        f"{told(asked, days, events, day)} ({usual} different)"
    )
    return Verdict((seen.key[1], date(day)), (reason, f"Among them {listed(new[:least], least)}"))


KIND = Kind("burst", "many values at once that it never had", judge, {"count": 5.0}, quick=True)
