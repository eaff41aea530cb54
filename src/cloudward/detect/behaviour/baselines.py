"""The baselines of a run: what events teach, what is unusual, and what is kept of it between runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import msgspec

from cloudward.detect.behaviour import Behaviour, Verdict
from cloudward.detect.behaviour.features import amount, joined, places
from cloudward.detect.behaviour.kinds import DAY, Judge, Seen, kinds
from cloudward.detect.behaviour.learnt import Learnt
from cloudward.detect.behaviour.memory import Counts, Entity, Memory
from cloudward.detect.detection import Detection
from cloudward.detect.detections import Detections
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
        self._trusted = kept.trusted() if kept else {}
        self._unlearnt = kept.unlearnt() if kept else frozenset()
        self._asked = {each.id: each for each in detections.detections if each.behaviour is not None}
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
        learn = (source, day) not in self._unlearnt and self.trusts(source)
        fresh = learn and self._of(source, day).add(id)
        found = []
        for detection in ids:
            way = self._ways.get((detection, source)) or self._way(detection, source)
            before = way.memory.size
            verdict = way.judged(event, at, fresh=fresh, learn=learn)
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
        made = _Way(detection.behaviour, sources()[source], self._memories[id])  # type: ignore[arg-type]
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
            memory.dirty, memory.gone, memory.counts = set(), set(), Counts()
        for each in changed.values():
            each.changed = False
        for key in sorted(self._learnt, key=lambda key: key[1])[:-DAYS]:
            del self._learnt[key]


@dataclass
class _Way:
    """A detection on the events of a source: how its features are found, and what it remembers."""

    asked: Behaviour
    source: Source
    memory: Memory

    @cached_property
    def judge(self) -> Judge:
        return kinds()[self.asked.kind].judge

    @cached_property
    def scope(self) -> Callable[[Any, float], str]:
        return joined(["scope"], self.source)

    @cached_property
    def entity(self) -> Callable[[Any, float], str]:
        return joined(self.asked.entity, self.source)

    @cached_property
    def value(self) -> Callable[[Any, float], str] | None:
        return joined(self.asked.of, self.source) if self.asked.of else None

    @cached_property
    def amount(self) -> Callable[[Any], int] | None:
        field = self.asked.option("sum")
        return amount(field, self.source) if field else None

    @cached_property
    def places(self) -> bool:
        return self.asked.kind == "travel"

    def judged(self, event: Mapping[str, Any], at: float, *, fresh: bool, learn: bool) -> Verdict | None:
        """None where the event does not say for whom, or of what."""
        value = self.value(event, at) if self.value else ""
        if self.value and not value:
            return None
        entity = self.entity(event, at)
        if not entity:
            return None
        number = self.amount(event) if self.amount else 1
        there = places(event) if self.places else ()
        seen = Seen((self.scope(event, at), entity), value, number, at, fresh, learn, there)
        return self.judge(self.asked, self.memory, seen)


def model(detection: Detection) -> str:
    """What must be the same for what was learnt to count: what is asked of which events."""
    asked = msgspec.to_builtins([detection.behaviour, detection.condition])
    return blake2b(msgspec.json.encode(asked, order="deterministic"), digest_size=8).hexdigest()


def saved(entity: Entity) -> bytes:
    return msgspec.msgpack.encode(entity.state())


def restored(data: bytes) -> Entity:
    return Entity.restored(msgspec.msgpack.decode(data))
