"""A scan that reads again what events say has changed, and takes the rest from the scan before.

A unit (a service in a region) that no event speaks of is not asked at all. In one that some do, what there
is is listed anew; details are asked of what an event names, of what is new, and of what could not be read
before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Protocol

from cloudward.connect import Connector, Unit
from cloudward.model import Cause, Coverage, Outcome, Reason, Resource, Scope

LATE = timedelta(hours=1)
"""So long an event may be on its way: what happened so shortly before a unit was read may not be in it."""
KEPT = "kept"
EVENTS = "events "
"""Before the file, in the coverage of events that could not be read."""
TYPES = 64
"""Types whose earlier resources are held in memory."""


Keep = Callable[[str, str, str, str], Resource | None]
"""Scope, type, id and generation -> the resource, when it need not be read again."""


class Event(Protocol):
    """Somebody changed something."""

    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def names(self) -> Collection[str] | None: ...


class Earlier(Protocol):
    """The last snapshot of a scope."""

    def resources(self, type: str | None = None) -> Iterator[Resource]: ...

    def coverage(self) -> Iterator[Coverage]: ...


Place = tuple[str, str, str | None]
"""Scope, service, region; no region for a service that is asked once an account."""


class Renewal:
    """A connector over another one, which `connect` makes, given what need not be read again.

    `earlier` gives a scope's last snapshot, None when it has none. `services` tells which services a source
    of events changes, `owners` which service reads a type, and `regional` which services are asked in every
    region. `broken` are files of events that could not be read, with the reason.
    """

    def __init__(
        self,
        connect: Callable[[Keep], Connector],
        earlier: Callable[[str], Earlier | None],
        events: Iterable[Event],
        *,
        services: Callable[[str], Collection[str]],
        owners: Mapping[str, str],
        regional: Collection[str],
        broken: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._connector, self._earlier = connect(self.keep), lru_cache(maxsize=None)(earlier)
        self.name = self._connector.name
        self._services, self._owners, self._regional = services, owners, regional
        self._events, self._broken = list(events), broken
        self._known = lru_cache(maxsize=TYPES)(self._resources)

    def scopes(self) -> Sequence[Scope]:
        """Those of the connector."""
        return self._connector.scopes()

    def units(self) -> Sequence[Unit]:
        """The units in which something changed, all of those of a scope that is new, one for what stays."""
        scopes = {unit.scope.id: unit.scope for unit in self._connector.units()}
        known = [scope for id, scope in scopes.items() if self._earlier(id)]
        return [*self._asked, *(Unit(f"{scope.id}/{KEPT}", scope, None, KEPT) for scope in known)]

    def collect(self, unit: Unit) -> Iterator[Resource | Coverage]:
        """What the unit gives now, or all that stays as it was."""
        if unit.service != KEPT:
            yield from self._connector.collect(unit)
            return
        earlier = self._earlier(unit.scope.id)
        if earlier is not None:
            yield from (each for each in earlier.resources() if not self._renewed(each))
            yield from (row for row in earlier.coverage() if not self._renewed(row) and not _told(row))
        now = datetime.now(UTC)
        for file, problem in self._broken:
            cause = Cause(Reason.FAILED, EVENTS + file, problem)
            yield Coverage(unit.scope.id, None, "", EVENTS + file, Outcome.FAILED, False, 0, now, cause)

    def keep(self, scope: str, type: str, id: str, generation: str) -> Resource | None:
        """The resource as it was, when nothing says that it changed and all of it had been read."""
        found = self._known(scope, type).get(id)
        if found is None or found.generation != generation:
            return None
        if any(cause.reason is not Reason.NOT_REQUESTED for cause in found.unread.values()):
            return None
        names = self._named[scope, self._owners.get(type, "")]
        if None in names:
            return None
        return None if names & {id, found.name, id.rpartition(":")[2].rpartition("/")[2]} else found

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return int(getattr(self._connector, "requests", 0))

    def close(self) -> None:
        """Close the connector."""
        getattr(self._connector, "close", lambda: None)()

    @cached_property
    def _asked(self) -> list[Unit]:
        return [unit for unit in self._connector.units() if self._is_asked(unit)]

    def _is_asked(self, unit: Unit) -> bool:
        if self._earlier(unit.scope.id) is None:
            return True
        return (unit.scope.id, unit.service, unit.region) in self._changed

    @cached_property
    def _pending(self) -> list[tuple[Event, str]]:
        """Events that the last reading may not have seen, each with the services that it concerns."""
        return [
            (event, service)
            for event in self._events
            for service in self._services(event.source)
            if event.at > self._read_at(event, service) - LATE
        ]

    def _read_at(self, event: Event, service: str) -> datetime:
        region = event.region if service in self._regional else None
        return self._times.get((event.account, service, region), datetime.min.replace(tzinfo=UTC) + LATE)

    @cached_property
    def _times(self) -> dict[Place, datetime]:
        """When each unit was read, by the oldest of its lists."""
        times: dict[Place, datetime] = {}
        for scope in {event.account for event in self._events}:
            for row in self._coverage(scope):
                if row.listing and row.type in self._owners:
                    place = scope, self._owners[row.type], row.region
                    times[place] = min(times.get(place, row.at), row.at)
        return times

    def _coverage(self, scope: str) -> Iterator[Coverage]:
        earlier = self._earlier(scope)
        return earlier.coverage() if earlier else iter(())

    @cached_property
    def _changed(self) -> set[Place]:
        return {
            (event.account, service, event.region if service in self._regional else None)
            for event, service in self._pending
        }

    @cached_property
    def _named(self) -> Mapping[tuple[str, str], set[str | None]]:
        """The names that events mention, by scope and service; None where one mentions more than it tells."""
        named: dict[tuple[str, str], set[str | None]] = defaultdict(set)
        for event, service in self._pending:
            named[event.account, service].update([None] if event.names is None else event.names)
        return named

    def _renewed(self, item: Resource | Coverage) -> bool:
        """A unit of this scan gives it anew."""
        if isinstance(item, Coverage) and any(item.call == unit.id for unit in self._asked):
            return True  # the unit broke the last time
        service = self._owners.get(item.type, "")
        region = item.region if service in self._regional else None
        return (item.scope, service, region) in self._places

    @cached_property
    def _places(self) -> set[Place]:
        return {(unit.scope.id, unit.service, unit.region) for unit in self._asked}

    def _resources(self, scope: str, type: str) -> dict[str, Resource]:
        earlier = self._earlier(scope)
        return {each.id: each for each in earlier.resources(type)} if earlier else {}


def _told(row: Coverage) -> bool:
    """It says that events of an earlier scan could not be read."""
    return row.call.startswith(EVENTS)
