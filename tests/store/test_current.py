from __future__ import annotations

from dataclasses import fields

import pytest

from cloudward.errors import UsageError
from cloudward.model import (
    Assessment,
    Coverage,
    Exemption,
    ExemptionCategory,
    LastKnown,
    Outcome,
    Provider,
    Resource,
    Severity,
    Source,
    Status,
)
from cloudward.store import Store
from cloudward.store.filters import Filters
from tests.store.build import (
    BUCKET,
    DAY,
    DENIED,
    KEY,
    NOW,
    ONE,
    TWO,
    account,
    assessed,
    assessment,
    buckets,
    company,
    keys,
    listed,
    resource,
    scanned,
    score,
)


def names(store: Store, **filters: object) -> list[str]:
    return [row.name for row in store.assessments(**filters)]  # type: ignore[arg-type]


def counted(store: Store, by: str, **filters: object) -> dict[str, int]:
    return {facet.value: facet.count for facet in store.facets(by, **filters)}  # type: ignore[arg-type]


def test_every_assessment_comes_back_as_it_was(store: Store) -> None:
    company(store)
    found = [row.assessment for row in store.assessments()]
    assert sorted(found, key=repr) == sorted(assessed(), key=repr)


def test_every_field_of_the_model_is_kept(store: Store) -> None:
    item = Resource(
        "id", "T", Provider.AZURE, "s", "eu", "n", {"p": 1}, {"t": "v"}, {"u": DENIED}, Source("f", 3), "g"
    )
    row = Coverage("s", "eu", "T", "call", Outcome.DENIED, True, 3, NOW, DENIED)
    made = Assessment(
        "p", "id", "T", "s", "eu", Status.UNKNOWN, Severity.HIGH, DENIED, NOW, LastKnown(Status.HEALTHY, NOW),
        "scan", "dh", "ph", {"x": [1]}, "e", NOW, NOW + DAY, "x1", "key", True,
    )  # fmt: skip
    agreed = Exemption("i", "p", "s", ExemptionCategory.WAIVER, "r", "a", NOW, "res", NOW, "b", "f")
    for record in (item, row, made, agreed):
        for part in fields(record):
            given, default = getattr(record, part.name), part.default
            assert given != default, f"{part.name} of {type(record).__name__} is not told apart by this test"
    with store.begin(Provider.AZURE, "t", [], ["u"]) as staging:
        with staging.unit("u") as unit:
            unit.add(item)
            unit.add(row)
        staging.publish("s", [made])
    store.exempt(agreed)
    assert store.resource("id") == item
    assert [*store.snapshot("s").resources()] == [item]
    assert [*store.coverage()] == [*store.snapshot("s").coverage()] == [row]
    assert [row.assessment for row in store.assessments()] == [made]
    assert [*store.snapshot("s").assessments()] == [*store.previous("s", "T")] == [made]
    assert store.exemptions() == [agreed]


def test_the_most_severe_come_first_then_by_policy_and_status(store: Store) -> None:
    company(store)
    found = [row.assessment for row in store.assessments()]
    order = [(item.severity.value, item.policy, item.status.value) for item in found]
    assert [*dict.fromkeys(order)] == [
        ("high", "bucket-public", "unhealthy"),
        ("high", "bucket-public", "unknown"),
        ("high", "bucket-public", "healthy"),
        ("high", "bucket-public", "not_applicable"),
        ("medium", "key-rotation", "unhealthy"),
        ("low", "bucket-logging", "unhealthy"),
    ]


FILTERS: list[tuple[Filters, list[int]]] = [
    ({"policy": "bucket-public"}, [0, 1, 2, 3, 4, 5]),
    ({"policy": "bucket-public", "status": "unhealthy"}, [0, 3]),
    ({"policy": "bucket-public", "status": ["unknown", "healthy"]}, [1, 4]),
    ({"policy": "bucket-public", "scope": TWO}, [1, 3, 5]),
    ({"policy": "bucket-public", "scope": [ONE, TWO], "region": "us-east-1"}, [1, 4]),
    ({"policy": "bucket-public", "region": ""}, [2, 5]),
    ({"policy": "bucket-public", "region": ["", "us-east-1"]}, [1, 2, 4, 5]),
    ({"policy": "bucket-public", "tag": "env=prod"}, [0, 2, 4]),
    ({"policy": "bucket-public", "tag": ["env=dev", "Env"]}, [1, 3, 5]),
    ({"policy": "bucket-public", "search": "BUCKET-3"}, [3]),
    ({"policy": "bucket-public", "search": "%"}, []),
    ({"policy": "bucket-public", "provider": "azure"}, []),
    ({"policy": "bucket-public", "scope": []}, []),
    ({"severity": "high"}, [0, 1, 2, 3, 4, 5]),
    ({"severity": "high", "type": KEY}, []),
    ({"severity": ["high", "low"], "resource": buckets()[2].id}, [2, 2]),
]


@pytest.mark.parametrize(("filters", "numbers"), FILTERS)
def test_filters_leave_what_they_ask_for(store: Store, filters: Filters, numbers: list[int]) -> None:
    company(store)
    assert sorted(row.name for row in store.assessments(**filters)) == [f"bucket-{n}" for n in numbers]


@pytest.mark.parametrize(("filters", "numbers"), FILTERS)
def test_facets_count_what_the_list_shows(store: Store, filters: Filters, numbers: list[int]) -> None:
    company(store)
    rows = [row.assessment for row in store.assessments(**filters)]
    for by in ("scope", "policy", "type", "status", "severity"):
        shown = [str(getattr(row, by)) for row in rows]
        assert counted(store, by, **filters) == {value: shown.count(value) for value in shown}
    regions = [row.region or "" for row in rows]
    assert counted(store, "region", **filters) == {value: regions.count(value) for value in regions}


def test_facets_tell_exempt_and_provider(store: Store) -> None:
    company(store)
    assert counted(store, "exempt") == {"no": 12, "yes": 2}
    assert counted(store, "provider", exempt=True) == {"aws": 2}
    assert sorted(names(store, exempt=True)) == ["key-0", "key-1"]


def test_pages_join_to_the_whole_list(store: Store) -> None:
    company(store)
    whole = [row.assessment for row in store.assessments()]
    for size in (1, 3, 5):
        found, after = [], None
        while page := list(store.assessments(limit=size, after=after)):
            found += page
            after = page[-1].cursor
        assert [row.assessment for row in found] == whole


def test_pages_of_a_resource_join_too(store: Store) -> None:
    company(store)
    wanted = [item.id for item in buckets()[:3]]
    whole = [row.assessment for row in store.assessments(resource=wanted)]
    first = list(store.assessments(resource=wanted, limit=4))
    rest = list(store.assessments(resource=wanted, after=first[-1].cursor))
    assert [row.assessment for row in (*first, *rest)] == whole
    assert len(whole) == 6


@pytest.mark.parametrize("cursor", ["nonsense", "WzFd", "IiI"])
def test_a_cursor_that_we_did_not_make_is_refused(store: Store, cursor: str) -> None:
    company(store)
    with pytest.raises(UsageError, match="not a cursor"):
        list(store.assessments(after=cursor))


def test_a_status_that_there_is_not_is_refused_with_the_near_one(store: Store) -> None:
    with pytest.raises(UsageError, match="'unhealty'; did you mean 'unhealthy'"):
        list(store.assessments(status="unhealty"))


def test_a_facet_that_there_is_not_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="cannot count by 'colour'"):
        store.facets("colour")


def test_headers_have_tags_region_and_scope(store: Store) -> None:
    company(store)
    rows = list(store.resources(scope=ONE, type=BUCKET))
    assert [(row.name, row.region, row.tags, row.read) for row in rows] == [
        ("bucket-0", "eu-west-1", {"env": "prod", "Env": "other"}, True),
        ("bucket-2", None, {"env": "prod", "Env": "other"}, True),
        ("bucket-4", "us-east-1", {"env": "prod", "Env": "other"}, True),
    ]
    assert [row.name for row in store.resources(after=rows[0].cursor, limit=1)] == ["bucket-2"]


def test_the_inventory_counts_resources(store: Store) -> None:
    company(store)
    assert [(facet.value, facet.count) for facet in store.inventory()] == [(BUCKET, 6), (KEY, 2)]
    assert [(facet.value, facet.count) for facet in store.inventory("scope")] == [(ONE, 5), (TWO, 3)]
    assert [(facet.value, facet.count) for facet in store.inventory(tag="env=dev")] == [(BUCKET, 3)]
    regions = {facet.value: facet.count for facet in store.inventory("region", scope=ONE)}
    assert regions == {"": 1, "eu-west-1": 3, "us-east-1": 1}


def test_a_resource_has_its_document(store: Store) -> None:
    company(store)
    assert store.resource(buckets()[4].id) == buckets()[4]


def test_a_resource_that_there_is_not_is_said(store: Store) -> None:
    company(store)
    with pytest.raises(UsageError, match="no resource 'arn:nothing'"):
        store.resource("arn:nothing")


def test_an_id_in_two_scopes_asks_for_one(store: Store) -> None:
    both = [resource("x", scope=scope, id="same") for scope in (ONE, TWO)]
    scanned(store, *both, scopes=(ONE, TWO))
    with pytest.raises(UsageError, match="the id of 2 resources"):
        store.resource("same")
    assert store.resource("same", scope=TWO) == both[1]


def test_coverage_is_kept_in_order(store: Store) -> None:
    rows = [listed(), listed(KEY, outcome=Outcome.DENIED, listing=False, region=None), listed(count=7)]
    scanned(store, *rows)
    assert list(store.coverage()) == rows
    assert list(store.coverage(outcome=Outcome.DENIED)) == [rows[1]]
    assert list(store.coverage(outcome=[Outcome.READ], type=BUCKET)) == [rows[0], rows[2]]
    assert list(store.coverage(scope=TWO)) == []


def test_scores_of_now_and_before(store: Store) -> None:
    first, second = scanned(store, percentage=0.25), scanned(store, percentage=0.75)
    assert [(scan, found) for _, scan, found in store.scores()] == [(second, score(percentage=0.75))]
    assert [scan for _, scan, _ in store.scores(ONE, history=True)] == [second, first]
    assert list(store.scores(TWO)) == []


def test_exemptions_are_kept_changed_and_forgotten(store: Store) -> None:
    exemption = Exemption(
        "exempt-1", "p", ONE, ExemptionCategory.WAIVER, "why", "ann", NOW, "arn", NOW + DAY, "bob"
    )
    store.exempt(exemption)
    assert store.exemptions() == [exemption]
    changed = Exemption("exempt-1", "p", ONE, ExemptionCategory.MITIGATED, "because", "ann", NOW)
    store.exempt(changed)
    assert store.exemptions() == [changed]
    with pytest.raises(UsageError, match="no exemption 'exempt-2'; did you mean 'exempt-1'"):
        store.unexempt("exempt-2", "ann")
    store.unexempt("exempt-1", "ann")
    assert store.exemptions() == []


def test_previous_comes_by_resource(store: Store) -> None:
    company(store)
    found = [item.resource for item in store.previous(ONE, BUCKET)]
    assert found == sorted(found)
    assert len(found) == 6
    assert list(store.previous(ONE, "AWS::None")) == []
    assert list(store.previous("nowhere", BUCKET)) == []


def test_another_scan_takes_the_place_of_a_scope_alone(store: Store) -> None:
    company(store)
    bucket = buckets()[0]
    scanned(store, bucket, listed(), assessments=[assessment(bucket)])
    assert counted(store, "scope") == {ONE: 1, TWO: 6}
    assert {facet.value: facet.count for facet in store.inventory("scope")} == {ONE: 1, TWO: 3}
    assert counted(store, "status") == {"unhealthy": 4, "not_applicable": 1, "healthy": 2}
    assert [row.name for row in store.resources(tag="env=prod")] == ["bucket-0"]


def test_a_list_that_is_being_read_stays_as_it_was(store: Store) -> None:
    company(store)
    rows = store.assessments()
    first = next(rows)
    scanned(store, listed())
    assert sorted(map(repr, [first.assessment, *(row.assessment for row in rows)])) == sorted(
        map(repr, assessed())
    )
    assert counted(store, "scope") == {TWO: 6}


def test_scopes_are_known_with_kind_and_name(store: Store) -> None:
    company(store)
    assert store.scopes() == [account(ONE), account(TWO)]


def test_keys_stay_exempt_in_the_list(store: Store) -> None:
    company(store)
    rows = list(store.assessments(policy="key-rotation"))
    assert {row.assessment.resource for row in rows} == {item.id for item in keys()}
    assert {row.provider for row in rows} == {Provider.AWS}
    assert {row.assessment.status for row in rows} == {Status.UNHEALTHY}


def test_a_row_of_coverage_may_name_no_type(store: Store) -> None:
    row = Coverage(ONE, None, "", "broken.json:3", Outcome.FAILED, True, 1, NOW)
    scanned(store, row)
    assert list(store.coverage()) == [row]
