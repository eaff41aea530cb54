"""What the state of a control is made of, against counting one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from cloudward.model import Coverage, Exemption, ExemptionCategory, Resource, Status
from cloudward.store import Store
from cloudward.store.encoding import STATUSES
from tests.store.build import (
    BUCKET,
    DAY,
    KEY,
    NOW,
    ONE,
    TWO,
    assessed,
    assessment,
    buckets,
    company,
    keys,
    listed,
    scanned,
)

POLICIES = ("bucket-public", "bucket-logging", "key-rotation")
SCOPES = (ONE, TWO)


def one_by_one(store: Store, policies: tuple[str, ...]) -> dict[str, Counter[Status]]:
    categories = {each.id: each.category for each in store.exemptions()}
    found: dict[tuple[str, str], list[Status]] = defaultdict(list)
    for row in store.assessments(policy=policies):
        each = row.assessment
        status = each.status
        if categories.get(each.exemption or "") is ExemptionCategory.WAIVER:
            status = Status.NOT_APPLICABLE
        elif categories.get(each.exemption or "") and status is Status.UNHEALTHY:
            status = Status.HEALTHY
        found[each.scope, each.resource].append(status)
    counts: dict[str, Counter[Status]] = {scope: Counter() for scope in SCOPES}
    for (scope, _), statuses in found.items():
        counts[scope][min(statuses, key=STATUSES.index)] += 1
    return counts


@pytest.mark.parametrize("policies", [POLICIES, POLICIES[:1], POLICIES[:2], ("nosuch",)])
@pytest.mark.parametrize("category", [None, *ExemptionCategory])
def test_each_resource_counts_once_by_the_worst(
    store: Store, policies: tuple[str, ...], category: ExemptionCategory | None
) -> None:
    found = [replace(each, exemption="x1" if number % 2 else None) for number, each in enumerate(assessed())]
    given: list[Resource | Coverage] = [
        *buckets(),
        *keys(),
        listed(),
        listed(scope=TWO),
        listed(KEY, region=None),
    ]
    scanned(store, *given, assessments=found, scopes=SCOPES)
    if category:
        store.exempt(Exemption("x1", "bucket-public", ONE, category, "why", "ann", NOW))
    assert store.worst(SCOPES, policies) == one_by_one(store, policies)


def test_tallies_are_the_assessments_counted(store: Store) -> None:
    company(store)
    expected: Counter[tuple[str, str, Status, str | None]] = Counter()
    for row in store.assessments(policy=POLICIES[:2], scope=ONE):
        each = row.assessment
        expected[each.scope, each.policy, each.status, each.exemption] += 1
    found = {tuple(each[:4]): each.resources for each in store.tallies([ONE], POLICIES[:2])}
    assert found == dict(expected)
    assert expected


def test_held_are_the_types_that_a_scope_has(store: Store) -> None:
    company(store)
    assert store.held(SCOPES) == {ONE: {BUCKET, KEY}, TWO: {BUCKET}}
    assert store.held([TWO, "nosuch"]) == {TWO: {BUCKET}, "nosuch": set()}


def test_since_when_something_is_unhealthy_is_kept_for_each_scope_and_for_all(store: Store) -> None:
    company(store)
    assert store.standing() == {
        "bucket-logging": (NOW - DAY, NOW - DAY),
        "bucket-public": (NOW - DAY, NOW - DAY),
    }, "what is exempt does not count"
    item = buckets()[1]
    later = assessment(item, status=Status.UNHEALTHY, since=NOW)
    scanned(store, item, listed(scope=TWO), assessments=[later], scopes=(TWO,))
    assert store.standing() == {
        "bucket-logging": (NOW - DAY, NOW - DAY),
        "bucket-public": (NOW - DAY, NOW),
    }
    assert store.standing(scope=[TWO]) == {"bucket-public": (NOW, NOW)}
    assert store.standing(["bucket-public"], [ONE]) == {"bucket-public": (NOW - DAY, NOW - DAY)}
    scanned(store, item, listed(scope=TWO), scopes=(TWO,))
    assert store.standing(["bucket-public"]) == {"bucket-public": (NOW - DAY, NOW - DAY)}
