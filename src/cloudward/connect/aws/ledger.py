"""What the calls for one type in one place came to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from cloudward.model import Cause, Coverage, Outcome


@dataclass(slots=True)
class _Row:
    count: int
    listing: bool
    at: datetime
    cause: Cause | None


class Ledger:
    """Counts outcomes per call; threads may write to it at the same time."""

    def __init__(self, scope: str, region: str | None, type: str) -> None:
        self._place = scope, region, type
        self._rows: dict[tuple[str, Outcome, bool], _Row] = {}
        self._lock = Lock()

    def add(
        self,
        call: str,
        outcome: Outcome,
        at: datetime,
        *,
        count: int = 1,
        listing: bool = False,
        cause: Cause | None = None,
    ) -> None:
        """Note one ending; rows keep the oldest time and the first cause."""
        with self._lock:
            row = self._rows.get((call, outcome, listing))
            if row is None:
                self._rows[call, outcome, listing] = _Row(count, listing, at, cause)
                return
            row.count += count
            row.at = min(row.at, at)
            row.cause = row.cause or cause

    def rows(self) -> Iterator[Coverage]:
        """In the order of the calls' names, whatever order the answers came in."""
        scope, region, type = self._place
        for (call, outcome, _), row in sorted(self._rows.items(), key=lambda item: item[0]):
            yield Coverage(scope, region, type, call, outcome, row.listing, row.count, row.at, row.cause)
