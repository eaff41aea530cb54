"""A scan that is kept nowhere: what units give stays in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from cloudward.model import Assessment, Coverage, Resource, Scope


@dataclass
class Taker:
    """What one unit gives."""

    items: list[Resource | Coverage] = field(default_factory=list)
    resources: int = 0

    def add(self, item: Resource | Coverage) -> None:
        self.items.append(item)
        self.resources += isinstance(item, Resource)


class Memory:
    """Stands where a staging stands, for one run in one process."""

    scan = "memory"

    def __init__(self) -> None:
        self._resources: dict[tuple[str, str], dict[str, Resource]] = {}
        self._coverage: dict[str, list[Coverage]] = {}
        self._scopes: dict[str, Scope] = {}
        self._lock = Lock()

    def done(self, _unit: str) -> bool:
        return False

    @contextmanager
    def unit(self, _unit: str) -> Iterator[Taker]:
        taker = Taker()
        yield taker
        with self._lock:
            for item in taker.items:
                self._take(item)

    def know(self, scopes: Iterable[Scope]) -> None:
        """Say more of scopes than their resources do."""
        self._scopes.update({scope.id: scope for scope in scopes})

    def scopes(self) -> list[Scope]:
        return [self._scopes[id] for id in sorted(self._scopes)]

    def resources(self, scope: str, type: str) -> Sequence[Resource]:
        found = self._resources.get((scope, type), {})
        return [found[id] for id in sorted(found)]

    def coverage(self, scope: str) -> Sequence[Coverage]:
        return self._coverage.get(scope, [])

    def previous(self, _scope: str, _type: str) -> Sequence[Assessment]:
        return ()

    def all(self) -> Iterator[Resource]:
        """Every resource, by scope, type and id."""
        for scope, type in sorted(self._resources):
            yield from self.resources(scope, type)

    def resource(self, scope: str, type: str, id: str) -> Resource:
        return self._resources[scope, type][id]

    def _take(self, item: Resource | Coverage) -> None:
        if isinstance(item, Coverage):
            self._coverage.setdefault(item.scope, []).append(item)
            return
        self._resources.setdefault((item.scope, item.type), {}).setdefault(item.id, item)
        self._scopes.setdefault(item.scope, Scope(item.scope, item.provider, ""))
