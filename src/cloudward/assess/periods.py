"""The states of a control over time, from the snapshots that are kept.

Between two snapshots nothing was looked at. The retention bounds how long that is: a day while snapshots
are kept daily, a month later. Where the time between two is longer, nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from cloudward.model import ControlState, Period
from cloudward.store.retention import DAYS

DAY = timedelta(days=1)


class Gap(NamedTuple):
    """A time of which nothing is known."""

    start: datetime
    end: datetime
    cause: str


class Point(NamedTuple):
    """From here on, until the next one, a control has this state."""

    at: datetime
    state: ControlState
    cause: str = ""
    seen: bool = True
    """A snapshot shows it; it does not only follow from an earlier one."""


def bounded(one: datetime, other: datetime, now: datetime, days: int = DAYS) -> bool:
    """Whether no more time passed between two snapshots than the retention takes away by itself."""
    if (other.date() - one.date()).days <= 1:
        return True
    if now - one <= timedelta(days=days):
        return False
    return (other.year * 12 + other.month) - (one.year * 12 + one.month) <= 1


def around(moments: Iterable[datetime], since: datetime, until: datetime) -> list[datetime]:
    """The moments of a time, with the last before it and the first behind it."""
    every = sorted(moments)
    before = [at for at in every if at < since][-1:]
    behind = [at for at in every if at > until][:1]
    return [*before, *(at for at in every if since <= at <= until), *behind]


def gaps(
    moments: Sequence[datetime], since: datetime, until: datetime, now: datetime, days: int = DAYS
) -> list[Gap]:
    """The times without a snapshot that are longer than the retention explains.

    `moments` are those of `around`.
    """
    if not moments:
        return [Gap(since, until, "there is no snapshot")]
    found = []
    if moments[0] > since:
        found.append(Gap(since, min(moments[0], until), f"there is no snapshot before {_at(moments[0])}"))
    ends = [*moments, until] if moments[-1] < until else moments
    for one, other in pairwise(ends):
        if not bounded(one, other, now, days):
            behind = f" and {_at(other)}" if other in moments else ""
            word = "between" if behind else "after"
            cause = f"there is no snapshot {word} {_at(one)}{behind}"
            found.append(Gap(max(one, since), min(other, until), cause))
    return found


def longest(moments: Sequence[datetime], until: datetime) -> timedelta | None:
    """The longest time between two snapshots; None when there are fewer than two."""
    ends = [*moments, until] if moments and moments[-1] < until else moments
    return max((other - one for one, other in pairwise(ends)), default=None)


def periods(
    points: Sequence[Point], holes: Iterable[Gap], since: datetime, until: datetime
) -> tuple[Period, ...]:
    """The states of a time in turn. In a hole nothing is known, but a failure at its very start was seen."""
    cuts = sorted(holes)
    found: list[Period] = []
    for point, end in zip(points, [*(point.at for point in points[1:]), until], strict=True):
        piece = Period(point.state, max(point.at, since), min(end, until), point.cause)
        if piece.start < piece.end or piece.start == point.at == until:
            _merge(found, _cut(piece, cuts, point.state is ControlState.FAILED and point.seen))
    return tuple(found)


def _cut(piece: Period, holes: Iterable[Gap], seen: bool) -> Iterator[Period]:
    """A piece without the parts of it of which nothing is known; its start stays where it was `seen`."""
    start = piece.start
    for hole in holes:
        low, high = max(start, hole.start), min(piece.end, hole.end)
        if low >= high:
            continue
        if low > start or (seen and low == piece.start):
            yield replace(piece, start=start, end=low)
        yield Period(ControlState.NOT_DETERMINED, low, high, hole.cause)
        start = high
    if start < piece.end or piece.start == piece.end:
        yield replace(piece, start=start)


def _merge(found: list[Period], more: Iterable[Period]) -> None:
    for each in more:
        last = found[-1] if found else None
        if last and (last.state, last.cause) == (each.state, each.cause) and last.end >= each.start:
            found[-1] = replace(last, end=each.end)
        else:
            found.append(each)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
