"""The baselines of a run: what events teach, what is unusual, and what is kept of it between runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any

import msgspec

from cloudward.detect.behaviour import Verdict
from cloudward.detect.behaviour.features import Feature, amount, joined, places
from cloudward.detect.behaviour.kinds import DAY, Seen, count, kinds, usual
from cloudward.detect.behaviour.learnt import Learnt
from cloudward.detect.behaviour.memory import Counts, Entity, Key, Memory
from cloudward.detect.detection import Detection
from cloudward.detect.detections import Detections
from cloudward.detect.interpreter import matches
from cloudward.pack.mappings import Source, sources
from cloudward.rules.inline import bare
from cloudward.store.baselines import Kept

KEYS = 400_000
"""Entities and values that are in memory at most, of all detections together."""
DAYS = 70
"""Days of sources whose learnt events are in memory between two savings."""
PLANS = 1000
"""So many sets of detections are remembered that looked at an event together."""


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
        self._plans: dict[tuple[str, tuple[str, ...]], _Plan] = {}
        self._memories: dict[str, Memory] = {}
        self._learnt: dict[tuple[str, int], Learnt] = {}
        self._open: dict[tuple[str, int], tuple[bool, Learnt]] = {}
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
        learn, learnt = self._open.get((source, day)) or self._opened(source, day)
        fresh = learn and learnt.add(id)
        found = []
        ids = tuple(ids)
        plan = self._plans.get((source, ids)) or self._plan(source, ids)
        texts = [feature(event, at) for feature in plan.features]
        for way, scope, entity, value in plan.ways:
            name = texts[entity]
            of = texts[value] if value >= 0 else ""
            if not name or (value >= 0 and not of):
                continue  # the event does not say for whom, or of what
            memory = way.memory
            if way.quick and learn:
                known = memory.usual.get((texts[scope], name, of))
                if known is None or known[0] != day or known[1] != known[2].origin:
                    known = usual(memory, texts[scope], name, of, day, way.asked.days, way.asked.peers)
                if known is not None and known[2].last == day:
                    if fresh:
                        count(known)
                    continue
            before = memory.size
            verdict = way.judged(event, (texts[scope], name), of, at, day, fresh, learn)
            self.size += memory.size - before
            if verdict is not None:
                found.append((way.id, verdict))
        while self.size > self.keys:
            self._evict()
        return found

    def _opened(self, source: str, day: int) -> tuple[bool, Learnt]:
        """Whether a day is learnt, and which of its events were."""
        learn = (source, day) not in self._unlearnt and self._trusts(source)
        found = self._open[source, day] = (learn, self._of(source, day) if learn else Learnt())
        return found

    def _plan(self, source: str, ids: tuple[str, ...]) -> _Plan:
        made = _Plan([self._ways.get((id, source)) or self._way(id, source) for id in ids])
        if len(self._plans) >= PLANS:
            self._plans.clear()
        self._plans[source, ids] = made
        return made

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
        self._open.clear()


class _Way:
    """A detection on the events of a source: how its features are found, and what it remembers."""

    def __init__(self, detection: Detection, source: Source, memory: Memory) -> None:
        assert detection.behaviour is not None
        self.id, self.asked, self.on = detection.id, detection.behaviour, detection.on
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
        self, event: Mapping[str, Any], key: Key, value: str, at: float, day: int, fresh: bool, learn: bool
    ) -> Verdict | None:
        """What it finds unusual; it is learnt."""
        number = self.amount(event) if self.amount else 1
        there = self.places(event) if self.places else ()
        verdict = self.judge(self.asked, self.memory, Seen(key, value, number, at, day, fresh, learn, there))
        if verdict is None or self.on is None or matches(self.on, event, self.source):
            return verdict
        return None


class _Plan:
    """Detections that look at an event together: each feature is found once."""

    def __init__(self, ways: Sequence[_Way]) -> None:
        features: dict[Feature, int] = {}
        self.ways = [
            (
                way,
                features.setdefault(way.scope, len(features)),
                features.setdefault(way.entity, len(features)),
                -1 if way.value is None else features.setdefault(way.value, len(features)),
            )
            for way in ways
        ]
        """With the places of its features, -1 for none."""
        self.features = tuple(features)


def model(detection: Detection) -> str:
    """What must be the same for what was learnt to count: what is asked of which events, wherever it stands
    in its file."""
    behaviour, condition = msgspec.to_builtins([detection.behaviour, bare(detection.condition)])
    behaviour["options"].pop("unit", None)  # only a word of the alert
    told = msgspec.json.encode([behaviour, condition], order="deterministic")
    return blake2b(told, digest_size=8).hexdigest()


def saved(entity: Entity) -> bytes:
    return msgspec.msgpack.encode(entity.state())


def restored(data: bytes) -> Entity:
    return Entity.restored(msgspec.msgpack.decode(data))
