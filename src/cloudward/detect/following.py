"""Following files and prefixes of storage: what is new is evaluated, and how far that went is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from time import monotonic

from cloudward.connect.events import Event, Unparsed
from cloudward.connect.events.prefixes import Prefix
from cloudward.connect.events.reading import read_parts
from cloudward.connect.events.storages import Object
from cloudward.connect.events.tailing import Tail, checked
from cloudward.detect.run import Run, Summary
from cloudward.detect.state import State
from cloudward.errors import InputError, SignInError
from cloudward.store import Store, batches
from cloudward.store.batches import Heard

FOLDER = "followed"
TRIES = 3
"""How often a run that ends asks for what is replaced while it is fetched."""


def heard(summary: Summary, way: str, begun: datetime) -> Iterator[Heard]:
    """What a run says for the health of its sources."""
    now = datetime.now(UTC)
    for name in {*summary.events, *summary.broken}:
        count, broken = summary.events[name], summary.broken[name]
        first, last = (summary.first, summary.last) if count else (None, None)
        yield Heard(name, way, begun, now, count, broken, 0, first, last)


class Following:
    """Files and prefixes that are read on from where they were. `told` is called with what a round found,
    before it counts as done; between two lists of a prefix are `pause` seconds, since each costs."""

    def __init__(
        self,
        store: Store,
        run: Run,
        paths: Sequence[Path],
        prefixes: Sequence[str],
        source: str = "",
        told: Callable[[Summary], None] = lambda _: None,
        pause: float = 0.0,
    ) -> None:
        self._store, self._run, self._source, self._told = store, run, source, told
        self._pause, self._looked = pause, monotonic() - pause
        paths = checked(paths)
        names = "\0".join([*sorted(map(str, paths)), *sorted(prefixes), source])
        id = blake2b(names.encode(), digest_size=8).hexdigest()
        self._state = State(store, store.folder / FOLDER, f"follow/{id}", f"{id}-")
        known = self._state.restore(run)
        self._tail = Tail(paths, known.get("files") or {})
        self._prefixes = [Prefix(each, (known.get("prefixes") or {}).get(each)) for each in prefixes]
        self._waiting: list[tuple[Prefix, list[Object] | Unparsed]] = []
        self._listed: dict[str, bool] = {}
        """Of prefixes that were listed whether they could be the last time."""

    def round(self) -> Summary | None:
        """Evaluate what is new, or a part of it; None: nothing is."""
        parts = self._tail.new()
        if parts:
            return self._over(read_parts(parts, self._source), "files")
        if not self._waiting and monotonic() - self._looked >= self._pause:
            self._waiting, self._looked = [*self._look()], monotonic()
        while self._waiting:
            prefix, objects = self._waiting.pop(0)
            if isinstance(objects, Unparsed):
                return self._over([objects], prefix.way)
            with prefix.fetched(objects) as (fetched, broken):
                if fetched or broken:
                    return self._over(chain(broken, read_parts(fetched, self._source)), prefix.way)
        return None

    def once(self) -> Iterator[Summary]:
        """Evaluate all that is there. What is replaced again and again before it is fetched is told at the
        end, since nobody looks for it later."""
        for _ in range(TRIES):
            while (found := self.round()) is not None:
                yield found
            if not any(prefix.changed for prefix in self._prefixes):
                return
        for prefix in self._prefixes:
            if prefix.changed:
                yield self._over(prefix.changed, prefix.way)

    def _look(self) -> Iterator[tuple[Prefix, list[Object] | Unparsed]]:
        """What is new under the prefixes. One that could be listed before costs no other, and is told."""
        for prefix in self._prefixes:
            try:
                groups = prefix.new()
            except (InputError, SignInError) as error:
                if prefix.address not in self._listed:
                    raise
                if self._listed[prefix.address]:
                    yield prefix, Unparsed(prefix.address, 0, str(error))
                self._listed[prefix.address] = False
                continue
            self._listed[prefix.address] = True
            for objects in groups:
                yield prefix, objects

    def _over(self, found: Iterable[Event | Unparsed], way: str) -> Summary:
        begun = datetime.now(UTC)
        summary = self._run.over(found)
        self._told(summary)
        name, now = self._state.save(self._run), datetime.now(UTC)
        more = {
            "files": self._tail.state(),
            "prefixes": {each.address: each.state() for each in self._prefixes},
        }
        with self._store.database.write(alone=False) as connection:
            self._state.reached(connection, name, more, now)
            for each in heard(summary, way, begun):
                batches.hear(connection, each)
        self._state.clean(name)
        return summary
