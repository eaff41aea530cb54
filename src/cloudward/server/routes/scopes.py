"""Accounts, subscriptions and clusters, and what holds them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import ConfigDict

from cloudward.model import GROUPS, Provider, Scope, ScopeState
from cloudward.server.answers import Listed, Page, Router, Word, sliced
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.sight import visible
from cloudward.server.state import Served, State
from cloudward.store import Published

router = Router(prefix="/api/v1/scopes", tags=["scopes"])


@dataclass(frozen=True, slots=True)
class ScopeItem:
    """A node of the environment tree."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "111122223333",
                    "provider": "aws",
                    "kind": "account",
                    "name": "acme-prod",
                    "parent": "ou-a1b2-c3d4e5f6",
                    "state": "active",
                    "group": False,
                    "scan": "20260131-120000-a1b2c3",
                    "scanned": "2026-01-31T12:00:00Z",
                    "resources": 412,
                    "percentage": 0.6033,
                    "floor": 0.55,
                }
            ]
        },
    )

    id: str
    provider: Provider
    kind: str
    """`account`, `subscription`, `cluster`, `organizational unit`, ..."""
    name: str
    """Its name; its id where it has none."""
    parent: str | None
    """What it stands below; null at the top of what the caller may see."""
    state: ScopeState
    group: bool
    """It holds other scopes and is not scanned itself."""
    scan: str | None
    """The scan of its current snapshot; null for a group, and before the first scan."""
    scanned: datetime | None
    resources: int
    """Of a group: those of all below it."""
    percentage: float | None
    """Its secure score, 0..1; null for a group (`/api/v1/score?scope=` has it)."""
    floor: float | None
    """The score with unknown counted as unhealthy; null when it is not determined."""


class Asked(Listed):
    """Filters of scopes."""

    provider: list[Provider] = []
    search: Word = ""
    """Part of a name or id, in any case."""


@router.get("")
def scopes(
    state: Served,
    caller: Annotated[Caller, Depends(Needs(Permission.READ))],
    asked: Annotated[Asked, Query()],
) -> Page[ScopeItem]:
    """The environment tree as a list: every scope names what it stands below. In order of id."""
    return sliced(state, "scopes", asked, _items(state, caller, asked), lambda each: (each.id,))


def _items(state: State, caller: Caller, asked: Asked) -> list[ScopeItem]:
    found, now = visible(state, caller), state.store.published()
    parents = {each.id: each.parent for each in found}
    held: Counter[str] = Counter()
    for id, each in now.items():
        for place in _upwards(id, parents):
            held[place] += each.resources
    text = asked.search.casefold()
    return [
        _item(each, parents, now.get(each.id), held[each.id])
        for each in found
        if (not asked.provider or each.provider in asked.provider)
        and (text in each.name.casefold() or text in each.id.casefold())
    ]


def _upwards(id: str, parents: dict[str, str | None]) -> list[str]:
    path: list[str] = []
    place: str | None = id
    while place in parents and place not in path:
        path.append(place)
        place = parents[place]
    return path


def _item(scope: Scope, parents: dict[str, str | None], now: Published | None, held: int) -> ScopeItem:
    return ScopeItem(
        id=scope.id,
        provider=scope.provider,
        kind=scope.kind,
        name=scope.name or scope.id,
        parent=scope.parent if scope.parent in parents else None,
        state=scope.state,
        group=scope.kind in GROUPS,
        scan=now.scan if now else None,
        scanned=now.at if now else None,
        resources=held,
        percentage=now.percentage if now else None,
        floor=now.floor if now else None,
    )
