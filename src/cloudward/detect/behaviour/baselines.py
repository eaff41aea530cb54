"""The baselines of a run: what events teach, what is unusual, and what is kept of it between runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import blake2b
from typing import Any

import msgspec

from cloudward.detect.behaviour import Verdict
from cloudward.detect.behaviour.features import Feature, amount, joined, places
from cloudward.detect.behaviour.kinds import DAY, Seen, counted, kinds
from cloudward.detect.behaviour.learnt import Learnt
from cloudward.detect.behaviour.memory import Counts, Entity, Memory
from cloudward.detect.detection import Detection
from cloudward.detect.detections import Detections
from cloudward.detect.interpreter import matches
from cloudward.pack.mappings import Source, sources
from cloudward.store.baselines import Kept

KEYS = 400_000
"""Entities and values that are in memory at most, of all detections together."""
DAYS = 70
"""Days of sources whose learnt events are in memory between two savings."""


class Baselines:
    """What is usual. Without `kept` it is learnt from what is fed alone, of every source."""

    def __init__(self, detections: Detections, kept: Kept | None = None, *, keys: int = KEYS) -> None:
        self.keys, self._kept = keys, kept
        self._asked = {each.id: each for each in detections.detections if each.behaviour is not None}
        self.renew()

    def renew(self) -> None:
        """Begin with what is kept now, which others changed. What was learnt here has to be kept before."""
        self._trusted = self._kept.trusted() if self._kept else {}
        self._unlearnt = self._kept.unlearnt() if self._kept else frozenset()
        self._trusts = cache(self.trusts)
        self._ways: dict[tuple[str, str], _Way] = {}
        self._memories: dict[str, Memory] = {}
        self._learnt: dict[tuple[str, int], Learnt] = {}
        self.size = 0
        """Keys in memory."""

    @property
    def counts(self) -> Mapping[str, Counts]:
        """Detection -> what was not learnt, since the run began."""
        return {id: memory.counts for id, memory in self._memories.items()}

    def trusts(self, source: str) -> bool:
        """Events of this source are learnt from: as somebody decided, else by what its mapping says."""
        if self._kept is None:
            return True
        return self._trusted.get(source, source in sources() and sources()[source].trusted)

    def feed(
        self, ids: Iterable[str], event: Mapping[str, Any], source: str, at: float, id: str
    ) -> list[tuple[str, Verdict]]:
        """What is unusual about an event that the rules of these detections fit; it is learnt."""
        day = int(at // DAY)
        learn = (source, day) not in self._unlearnt and self._trusts(source)
        fresh = learn and self._of(source, day).add(id)
        found = []
        known: dict[Feature, str] = {}
        for detection in ids:
            way = self._ways.get((detection, source)) or self._way(detection, source)
            before = way.memory.size
            verdict = way.judged(event, known, at, day, fresh, learn)
            self.size += way.memory.size - before
            if verdict is not None:
                found.append((detection, verdict))
        while self.size > self.keys:
            self._evict()
        return found

    def _of(self, source: str, day: int) -> Learnt:
        known = self._learnt.get((source, day))
        if known is None:
            data = self._kept.learnt(source, day) if self._kept else None
            known = self._learnt[source, day] = Learnt.load(data) if data else Learnt()
        return known

    def _way(self, id: str, source: str) -> _Way:
        detection = self._asked[id]
        if id not in self._memories:
            self._memories[id] = self._remembered(detection)
        made = _Way(detection, sources()[source], self._memories[id])
        self._ways[id, source] = made
        return made

    def _remembered(self, detection: Detection) -> Memory:
        memory = Memory()
        for scope, entity, data in self._kept.entities(detection.id, model(detection)) if self._kept else ():
            memory.keep((scope, entity), restored(data))
        self.size += memory.size
        return memory

    def _evict(self) -> None:
        """The detection that holds the most gives one up."""
        memory = max(self._memories.values(), key=lambda memory: memory.size)
        before = memory.size
        memory.evict()
        self.size += memory.size - before

    def save(self) -> None:
        """Keep what was learnt since, in one transaction."""
        if self._kept is None:
            return
        with self._kept.saving() as saving:
            for id, memory in self._memories.items():
                dirty = ((key, memory.get(key)) for key in sorted(memory.dirty))
                saving.entities(
                    id,
                    model(self._asked[id]),
                    [
                        (scope, name, entity.newest, saved(entity))
                        for (scope, name), entity in dirty
                        if entity is not None
                    ],
                    memory.gone,
                )
                saving.counts(id, memory.counts.evicted, memory.counts.late)
            changed = {key: each for key, each in self._learnt.items() if each.changed}
            saving.learnt((source, day, each.count, each.save()) for (source, day), each in changed.items())
        for memory in self._memories.values():
            memory.saved()
        for each in changed.values():
            each.changed = False
        for key in sorted(self._learnt, key=lambda key: key[1])[:-DAYS]:
            del self._learnt[key]


class _Way:
    """A detection on the events of a source: how its features are found, and what it remembers."""

    def __init__(self, detection: Detection, source: Source, memory: Memory) -> None:
        assert detection.behaviour is not None
        self.asked, self.on = detection.behaviour, detection.on
        self.source, self.memory = source, memory
        kind = kinds()[self.asked.kind]
        self.judge, self.quick = kind.judge, kind.quick
        self.scope = joined(["scope"], source)
        self.entity = joined(self.asked.entity, source)
        self.value = joined(self.asked.of, source) if self.asked.of else None
        field = self.asked.option("sum")
        self.amount = amount(field, source) if field else None
        self.places = places if self.asked.kind == "travel" else None

    def judged(
        self,
        event: Mapping[str, Any],
        known: dict[Feature, str],
        at: float,
        day: int,
        fresh: bool,
        learn: bool,
    ) -> Verdict | None:
        """None where the event does not say for whom, or of what. `known` are its features so far."""
        value = ""
        if self.value is not None:
            value = _text(self.value, event, known, at)
            if not value:
                return None
        entity = _text(self.entity, event, known, at)
        if not entity:
            return None
        key = (_text(self.scope, event, known, at), entity)
        asked = self.asked
        if self.quick and learn and counted(self.memory, key, value, day, asked.days, fresh, asked.peers):
            return None
        number = self.amount(event) if self.amount else 1
        there = self.places(event) if self.places else ()
        verdict = self.judge(self.asked, self.memory, Seen(key, value, number, at, day, fresh, learn, there))
        if verdict is None or self.on is None or matches(self.on, event, self.source):
            return verdict
        return None


def _text(feature: Feature, event: Mapping[str, Any], known: dict[Feature, str], at: float) -> str:
    text = known.get(feature)
    if text is None:
        text = known[feature] = feature(event, at)
    return text


def model(detection: Detection) -> str:
    """What must be the same for what was learnt to count: what is asked of which events."""
    behaviour, condition = msgspec.to_builtins([detection.behaviour, detection.condition])
    behaviour["options"].pop("unit", None)  # only a word of the alert
    told = msgspec.json.encode([behaviour, condition], order="deterministic")
    return blake2b(told, digest_size=8).hexdigest()


def saved(entity: Entity) -> bytes:
    return msgspec.msgpack.encode(entity.state())


def restored(data: bytes) -> Entity:
    return Entity.restored(msgspec.msgpack.decode(data))
