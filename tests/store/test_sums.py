"""Counts over many scopes are kept, and are those of now."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import event

from cloudward.model import Resource, Severity, Status
from cloudward.store import Store, sums
from tests.store.build import assessment, resource, scanned

SCOPES = [f"{number:012}" for number in range(70)]
BY = ("policy", "severity", "status", "exempt")


def held(scope: str, count: int = 2) -> list[Resource]:
    return [resource(f"{scope}-{n}", scope=scope, region=("eu-west-1", None)[n % 2]) for n in range(count)]


def scan(store: Store, scopes: list[str], count: int = 2, status: Status = Status.UNHEALTHY) -> None:
    given = [each for scope in scopes for each in held(scope, count)]
    made = [
        assessment(each, policy, status=status, severity=Severity.HIGH)
        for each in given
        for policy in ("one", "two")[: 1 + int(each.scope) % 2]
    ]
    scanned(store, *given, assessments=made, scopes=scopes)


def one_by_one(store: Store, scopes: list[str], **filters: str) -> Counter[tuple[str, ...]]:
    """The same counted from the assessments themselves."""
    rows = (each.assessment for each in store.assessments(scope=scopes, **filters))  # type: ignore[arg-type]
    return Counter((row.policy, row.severity, row.status, "yes" if row.exemption else "no") for row in rows)


@pytest.mark.parametrize("remembered", [sums.REMEMBERED, 3])
def test_what_is_kept_is_counted_anew_where_a_scope_was_published(
    tmp_path: Path, remembered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "REMEMBERED", remembered)
    with Store.open(tmp_path / "store") as store:
        scan(store, SCOPES)
        some = SCOPES[1::2] + SCOPES[:10]
        for _ in range(2):
            assert dict(store.counted(*BY, scope=some)) == one_by_one(store, some)
            assert dict(store.counted(*BY, scope=SCOPES[:40])) == one_by_one(store, SCOPES[:40])
            narrow = {"region": "eu-west-1", "policy": "two"}
            assert dict(store.counted(*BY, scope=some, **narrow)) == one_by_one(store, some, **narrow)  # type: ignore[arg-type]
            scan(store, SCOPES[3:5], count=5, status=Status.HEALTHY)
        assert sum(n for _, n in store.counted("scope", scope=some)) == sum(one_by_one(store, some).values())


def test_a_sum_that_is_kept_is_not_added_up_again(tmp_path: Path) -> None:
    sent: list[str] = []
    with Store.open(tmp_path / "store") as store:
        scan(store, SCOPES)
        event.listen(store.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))

        def asked() -> int:
            sent.clear()
            store.counted("status", scope=SCOPES[:60])
            return sum("sum(" in statement for statement in sent)

        assert (asked(), asked()) == (1, 0)
        scan(store, SCOPES[:1])
        assert (asked(), asked()) == (1, 0)
