"""Somebody who was known comes back after a long silence in which the log went on."""

from __future__ import annotations

from cloudward.detect.behaviour import Behaviour, Verdict
from cloudward.detect.behaviour.kinds import Kind, Seen, date, enough, history, learn, told
from cloudward.detect.behaviour.memory import Memory


def judge(asked: Behaviour, memory: Memory, seen: Seen) -> Verdict | None:
    found = _unusual(asked, memory, seen)
    learn(memory, seen, peers=True)
    return found


def _unusual(asked: Behaviour, memory: Memory, seen: Seen) -> Verdict | None:
    entity, others = memory.get(seen.key), memory.get((seen.key[0], ""))
    if entity is None or others is None:
        return None
    day, silence = seen.day, int(asked.option("silence"))
    if any(entity.before(day, silence)):
        return None
    heard = sum(1 for count in others.before(day, silence) if count)
    days, events = history(asked, entity, day)
    if heard < silence / 2 or not enough(asked, days, events):
        return None  # nobody was heard: the log was not read, and nothing is known
    reason = (
        f"{seen.key[1]} was not seen in the {silence} days before {date(day)}, on {heard} of which "
        f"others were; {told(asked, days, events, day)}"
    )
    return Verdict((seen.key[1], date(day)), (reason,))


KIND = Kind("dormant", "back after a long silence", judge, {"silence": 30.0}, features=False)
