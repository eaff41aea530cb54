"""A job in the hands of a worker: what it works on, how far it is, and whether it has to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from cloudward.server.outgoing import Allowed
from cloudward.store import Store
from cloudward.store.jobs import Job


class Why(StrEnum):
    """Why a job has to stop."""

    CANCELLED = "cancelled"  # somebody wants it to end
    CLOSING = "closing"  # the worker ends; another one goes on
    LOST = "lost"  # another worker has it


class StoppedError(Exception):
    """Raised by a job that stops because it has to."""


class AgainError(Exception):
    """Raised by a job that cannot do its work now, and is to be tried again in some seconds."""

    def __init__(self, message: str, seconds: float, counted: bool = True) -> None:
        super().__init__(message)
        self.seconds, self.counted = seconds, counted


class FinalError(Exception):
    """Raised by a job that will never do: trying again would change nothing."""


@dataclass(eq=False)
class Task:
    """What a job is given."""

    store: Store
    job: Job
    content: Sequence[Path]
    """Folders of policies of one's own."""
    clock: Callable[[], datetime]
    allowed: Allowed = field(default_factory=Allowed)
    """What may be called although it is loopback or private."""
    progress: Mapping[str, Any] | None = None
    """Set by the job: how far it is, for people."""
    why: Why | None = None
    """Why it has to stop; None: it has not."""
    _stop: Callable[[], None] = field(default=lambda: None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def stop(self, why: Why) -> None:
        """Tell the job to stop; the first reason stays."""
        with self._lock:
            first, self.why = self.why is None, self.why or why
        if first:
            self._stop()

    def on_stop(self, act: Callable[[], None]) -> None:
        """Say how the job is stopped; called at once when it has to stop already."""
        with self._lock:
            self._stop = act
            late = self.why is not None
        if late:
            act()

    def check(self) -> None:
        """Raise when the job has to stop: called between steps by jobs that have many."""
        if self.why is not None:
            raise StoppedError


class Kind(Protocol):
    """A module of `jobs`."""

    SLOT: str

    def run(self, task: Task) -> Mapping[str, Any] | None: ...
