from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from cloudward.assess.scan import scan
from cloudward.connect import Unit
from cloudward.errors import SignInError
from cloudward.model import (
    Coverage,
    Resource,
    Scope,
    Severity,
    Status,
)
from cloudward.store import Store
from tests.assess.build import NOW
from tests.assess.content import CONTENT
from tests.assess.estate import Estate
from tests.assess.runs import ACCOUNT, READ, H, U, bucket, key


@dataclass
class Given:
    """A connector over an estate: a unit for each scope."""

    estate: Estate
    name: str = "given"
    broken: set[str] = field(default_factory=set)
    collected: list[str] = field(default_factory=list)

    def scopes(self) -> list[Scope]:
        return self.estate.accounts

    def units(self) -> list[Unit]:
        return [Unit(scope.id, scope, None, "all") for scope in self.estate.accounts]

    def collect(self, unit: Unit) -> Iterator[Resource | Coverage]:
        if unit.id in self.broken:
            raise SignInError("signed out")
        self.collected.append(unit.id)
        yield from (each for each in self.estate.given if each.scope == unit.scope.id)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as opened:
        yield opened


def company(*given: Resource | Coverage) -> Given:
    return Given(Estate(given=[*given, *READ]))


def at(moment: datetime) -> dict[str, object]:
    return {"clock": lambda: moment}


def statuses(store: Store) -> dict[tuple[str, str], Status]:
    found = (row.assessment for row in store.assessments())
    return {(each.policy, each.resource): each.status for each in found}


def test_a_scan_collects_assesses_and_publishes(store: Store) -> None:
    summary = scan(store, company(key(Owner="nobody"), bucket(), ACCOUNT), CONTENT, **at(NOW))  # type: ignore[arg-type]
    assert statuses(store)["key-owner", "key"] is U
    assert statuses(store)["key-used", "key"] is H
    assert (summary.resources, summary.evaluated, summary.kept, summary.exempt) == (3, 6, 0, 0)
    assert summary.counts[Severity.MEDIUM, U] == list(statuses(store).values()).count(U)
    assert summary.score == next(score for _, _, score in store.scores("s"))
    assert [each.state for each in store.scans()] == ["finished"]
