"""Following files and buckets: what is new is evaluated, and how far that went is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from cloudward.connect.events.buckets import TOGETHER, Bucket
from cloudward.connect.events.reading import Part, read_parts
from cloudward.connect.events.tailing import Tail, checked
from cloudward.detect.run import Run, Summary
from cloudward.detect.state import State
from cloudward.store import Store, batches
from cloudward.store.batches import Heard

FOLDER = "followed"


def heard(summary: Summary, way: str, begun: datetime) -> Iterator[Heard]:
    """What a run says for the health of its sources."""
    now = datetime.now(UTC)
    for name in {*summary.events, *summary.broken}:
        count, broken = summary.events[name], summary.broken[name]
        first, last = (summary.first, summary.last) if count else (None, None)
        yield Heard(name, way, begun, now, count, broken, 0, first, last)


class Following:
    """Files and buckets that are read on from where they were. `told` is called with what a round found,
    before it counts as done."""

    def __init__(
        self,
        store: Store,
        run: Run,
        paths: Sequence[Path],
        buckets: Sequence[str],
        source: str = "",
        told: Callable[[Summary], None] = lambda _: None,
    ) -> None:
        self._store, self._run, self._source, self._told = store, run, source, told
        paths = checked(paths)
        names = "\0".join([*sorted(map(str, paths)), *sorted(buckets), source])
        id = blake2b(names.encode(), digest_size=8).hexdigest()
        self._state = State(store, store.folder / FOLDER, f"follow/{id}", f"{id}-")
        known = self._state.restore(run)
        self._tail = Tail(paths, known.get("files") or {})
        self._buckets = [Bucket(each, (known.get("buckets") or {}).get(each)) for each in buckets]
        self._waiting: list[tuple[Bucket, list[tuple[str, datetime, int]]]] = []

    def round(self) -> Summary | None:
        """Evaluate what is new, or a part of it; None: nothing is."""
        parts = self._tail.new()
        if parts:
            return self._over(parts, "files")
        if not self._waiting:
            self._waiting = [*self._objects()]
        if not self._waiting:
            return None
        bucket, objects = self._waiting.pop(0)
        with bucket.fetched(objects) as fetched:
            bucket.read(objects)
            return self._over(fetched, "s3")

    def _objects(self) -> Iterator[tuple[Bucket, list[tuple[str, datetime, int]]]]:
        for bucket in self._buckets:
            objects = bucket.new()
            for start in range(0, len(objects), TOGETHER):
                yield bucket, objects[start : start + TOGETHER]

    def _over(self, parts: Sequence[Part], way: str) -> Summary:
        begun = datetime.now(UTC)
        summary = self._run.over(read_parts(parts, self._source))
        self._told(summary)
        name, now = self._state.save(self._run), datetime.now(UTC)
        more = {
            "files": self._tail.state(),
            "buckets": {each.address: each.state() for each in self._buckets},
        }
        with self._store.database.write(alone=False) as connection:
            self._state.reached(connection, name, more, now)
            for each in heard(summary, way, begun):
                batches.hear(connection, each)
        self._state.clean(name)
        return summary
