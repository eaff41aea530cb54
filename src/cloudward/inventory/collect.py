"""From a connector into staging, unit by unit."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeAlias

from cloudward.connect import Connector, Unit
from cloudward.errors import CloudwardError, SignInError, StoreError
from cloudward.model import Cause, Coverage, Outcome, Reason, Resource
from cloudward.runtime import Runtime
from cloudward.runtime.local import Local


class Taker(Protocol):
    """Where the items of one unit go."""

    resources: int

    def add(self, item: Resource | Coverage) -> None: ...


class Journal(Protocol):
    """What keeps units: the staging of a store, or memory."""

    def done(self, unit: str) -> bool:
        """True when the unit is kept already."""

    def unit(self, unit: str) -> AbstractContextManager[Taker]:
        """Take what a unit gives, all or nothing."""


class Progress(Protocol):
    """Told how a scan goes on. Called from the threads of units, one call at a time."""

    def begun(self, units: Sequence[Unit], done: int) -> None:
        """The units to collect, and how many others an interrupted scan had already collected."""

    def started(self, unit: Unit) -> None: ...

    def counted(self, unit: Unit, resources: int) -> None:
        """How many resources a unit gave until now; not for each one."""

    def ended(self, unit: Unit, resources: int, error: str | None) -> None:
        """A unit is in the journal; `error` is what went wrong in it, its resources until then are kept."""


class Silent:
    """Progress for nobody."""

    def begun(self, units: Sequence[Unit], done: int) -> None: ...

    def started(self, unit: Unit) -> None: ...

    def counted(self, unit: Unit, resources: int) -> None: ...

    def ended(self, unit: Unit, resources: int, error: str | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Collected:
    """What a run of `collect` did; units of an earlier run are not counted."""

    units: int
    resources: int
    failed: tuple[str, ...]
    """Units that broke; coverage says how."""


STEP = 100
"""Resources between two calls of `counted`."""
Item: TypeAlias = Resource | Coverage
FATAL = (SignInError, StoreError)
"""What ends a scan; everything else that a unit raises is coverage."""


class _StoppedError(Exception):
    """The scan is ending; this unit is not kept."""


def collect(
    connector: Connector,
    staging: Journal,
    progress: Progress | None = None,
    workers: int = 8,
    runtime: Runtime | None = None,
) -> Collected:
    """Run the units that are not in the journal yet.

    A unit that raises keeps what it gave until then and gets a failed coverage row. `SignInError` and
    `StoreError` end the run; so does an interrupt. What is journaled is kept, and `collect` on the resumed
    scan goes on behind it.
    """
    units = list(connector.units())
    waiting = [unit for unit in units if not staging.done(unit.id)]
    watcher = _Watcher(progress or Silent())
    watcher.progress.begun(waiting, len(units) - len(waiting))
    stop = threading.Event()

    def work(unit: Unit) -> tuple[int, str | None]:
        return _collect_unit(connector, staging, unit, watcher, stop)

    resources, failed = 0, []
    for unit, result in (runtime or Local(workers)).run(waiting, work, stop):
        if isinstance(result, Exception):
            raise result
        resources += result[0]
        if result[1]:
            failed.append(unit.id)
    return Collected(len(waiting), resources, tuple(failed))


def _collect_unit(
    connector: Connector, staging: Journal, unit: Unit, watcher: _Watcher, stop: threading.Event
) -> tuple[int, str | None]:
    watcher.started(unit)
    error = None
    with staging.unit(unit.id) as writer:
        begun: set[tuple[str, str]] = set()
        try:
            for item in _until(stop, connector.collect(unit)):
                if isinstance(item, Resource):
                    begun.add((item.scope, item.type))
                writer.add(item)
                if writer.resources % STEP == 0:
                    watcher.counted(unit, writer.resources)
        except (*FATAL, _StoppedError):
            raise
        except Exception as problem:  # whatever a provider's answer broke is coverage
            if stop.is_set():
                raise _StoppedError from problem
            error = described(problem)
            for row in _failed(unit, begun, error):
                writer.add(row)
    watcher.ended(unit, writer.resources, error)
    return writer.resources, error


def _until(stop: threading.Event, items: Iterator[Item]) -> Iterator[Item]:
    """The items, as long as nobody says stop."""
    while not stop.is_set():
        try:
            item = next(items)
        except StopIteration:
            return
        yield item
    raise _StoppedError


def _failed(unit: Unit, begun: set[tuple[str, str]], error: str) -> list[Coverage]:
    """A listing that failed for each type that the unit had begun to give.

    The row of no type is for those that it had not: nothing else shows them as read, so it is no listing,
    which would put in doubt what other units have read.
    """
    cause = Cause(Reason.FAILED, unit.id, error)
    now = datetime.now(UTC)
    return [
        Coverage(scope, unit.region, type, unit.id, Outcome.FAILED, bool(type), 0, now, cause)
        for scope, type in [(unit.scope.id, ""), *sorted(begun)]
    ]


def described(error: Exception) -> str:
    """What broke, without what a document held: our own messages, else the kind of error and its place."""
    if isinstance(error, CloudwardError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "cloudward" in Path(frame.filename).parts]
    if not own:
        return type(error).__name__
    path = Path(own[-1].filename).parts
    place = "/".join(path[len(path) - path[::-1].index("cloudward") :])
    return f"{type(error).__name__} at {place}:{own[-1].lineno}"


class _Watcher:
    """Passes progress on, one call at a time."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self._lock = progress, threading.Lock()

    def started(self, unit: Unit) -> None:
        with self._lock:
            self.progress.started(unit)

    def counted(self, unit: Unit, resources: int) -> None:
        with self._lock:
            self.progress.counted(unit, resources)

    def ended(self, unit: Unit, resources: int, error: str | None) -> None:
        with self._lock:
            self.progress.ended(unit, resources, error)
