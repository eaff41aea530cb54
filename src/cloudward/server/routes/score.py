"""The secure score: of scopes together and of each, by control, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AwareDatetime

from cloudward.assess.posture import Point, trend
from cloudward.errors import UsageError
from cloudward.model import ControlScore, Gain, Provider, Score
from cloudward.server.answers import DOCUMENTED, Listed, Page, Router, Strict, Word, Words, sliced
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.sight import seen, visible
from cloudward.server.state import Served, State

router = Router(prefix="/api/v1/score", tags=["score"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
LONGEST = timedelta(days=3 * 366)
FIRST = 20
"""So many gains are told; recommendations have them all."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The secure score of scopes together, each weighted by its resources."""

    __pydantic_config__ = DOCUMENTED

    percentage: float | None
    """0..1 at 4 decimals; null when there is nothing to earn."""
    floor: float | None
    """The score with unknown counted as unhealthy; null when it is not determined."""
    assessed: float | None
    """The share of answers that are definite; null when there are none."""
    current: float
    max: float
    weight: int
    """Resources that count."""
    scopes: int
    """How many scopes it is made of."""
    scanned: datetime | None
    """When the oldest of their snapshots was made."""
    unread: Sequence[str]
    """Types that the score needs and that were not read."""
    controls: Sequence[ControlScore]
    """What fixing brings the most first."""
    gains: Sequence[Gain]
    """What to fix first."""


@dataclass(frozen=True, slots=True)
class OfScope:
    """The score of one scope."""

    __pydantic_config__ = DOCUMENTED

    scope: str
    name: str
    provider: Provider
    percentage: float | None
    """0..1; null when there is nothing to earn."""
    floor: float | None
    assessed: float | None
    current: float
    max: float
    weight: int
    scan: str
    scanned: datetime
    unread: Sequence[str]


@dataclass(frozen=True, slots=True)
class History:
    """The score at the end of each day."""

    __pydantic_config__ = DOCUMENTED

    points: Sequence[Point]
    """Made of the last snapshot of each scope until then; before the first one there is none."""


class Asked(Strict):
    """Which scopes."""

    scope: Words = []
    """A scope, with all below it; all that the caller may see."""


class HistoryAsked(Asked):
    """Which scopes, and which time."""

    since: AwareDatetime | None = None
    """Its first moment; 30 days before its last."""
    until: AwareDatetime | None = None
    """Its last moment; now."""


class ScopesAsked(Listed):
    """Which scopes."""

    scope: Words = []
    """A scope, with all below it; all that the caller may see."""
    search: Word = ""
    """Part of a name or id, in any case."""


@router.get("")
def score(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Whole:
    """The score of the scopes together."""
    return _whole(state, seen(state, caller, asked.scope))


@router.get("/scopes")
def by_scope(state: Served, caller: Reader, asked: Annotated[ScopesAsked, Query()]) -> Page[OfScope]:
    """The score of each scope, the lowest first."""
    ids = seen(state, caller, asked.scope)
    found = _each(state, caller, ids, asked.search.casefold())
    return sliced(state, "scores", asked, found, lambda each: (each.percentage or 0.0, each.scope))


@router.get("/history")
def history(state: Served, caller: Reader, asked: Annotated[HistoryAsked, Query()]) -> History:
    """How the score went."""
    until = (asked.until or datetime.now(UTC)).astimezone(UTC)
    since = (asked.since or until - timedelta(days=30)).astimezone(UTC)
    if not since < until <= since + LONGEST:
        raise UsageError("since is not before until, or more than three years before")
    ids = seen(state, caller, asked.scope)
    return History(trend(state.store.trend(ids), since, until))


def _whole(state: State, ids: list[str] | None) -> Whole:
    found, whole = state.posture.scores(ids), state.posture.score(ids)
    controls = sorted(whole.controls, key=lambda each: (-each.potential_increase, each.title))
    return Whole(
        percentage=whole.percentage if whole.max else None,
        floor=whole.floor,
        assessed=whole.assessed,
        current=whole.current,
        max=whole.max,
        weight=whole.weight,
        scopes=len(found),
        scanned=min((at for _, at, _ in found), default=None),
        unread=whole.unread,
        controls=controls,
        gains=whole.gains[:FIRST],
    )


def _each(state: State, caller: Caller, ids: list[str] | None, text: str) -> list[OfScope]:
    names = {each.id: each for each in visible(state, caller)}
    return [
        _of(score, scan, at, names[score.scope].name or score.scope, names[score.scope].provider)
        for scan, at, score in state.posture.scores(ids)
        if score.scope in names
        and (text in names[score.scope].name.casefold() or text in score.scope.casefold())
    ]


def _of(score: Score, scan: str, at: datetime, name: str, provider: Provider) -> OfScope:
    return OfScope(
        scope=score.scope,
        name=name,
        provider=provider,
        percentage=score.percentage if score.max else None,
        floor=score.floor,
        assessed=score.assessed,
        current=score.current,
        max=score.max,
        weight=score.weight,
        scan=scan,
        scanned=at,
        unread=score.unread,
    )
