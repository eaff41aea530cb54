"""Runs units of work: here in threads of this process, hostile parsing in children of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

U = TypeVar("U")
R = TypeVar("R")


class Runtime(Protocol):
    """Where units run. A cluster is another implementation."""

    def run(
        self, units: Iterable[U], worker: Callable[[U], R], stop: threading.Event | None = None
    ) -> Iterator[tuple[U, R | Exception]]:
        """Each unit with what the worker gave or raised, as they end.

        Units are taken from the iterable only as fast as their results are. When the consumer stops
        early or is interrupted, `stop` is set for the workers to see, nothing new is begun, and what
        runs is waited for; after an interrupt no longer than a moment.
        """
