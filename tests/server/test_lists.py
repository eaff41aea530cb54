"""Lists: one shape, pages that join to the whole, nothing beyond what the caller may see."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.client import Client
from tests.store.build import BUCKET, ONE, TWO

LISTS = (
    "resources",
    "assessments",
    "recommendations",
    "scopes",
    "policies",
    "coverage",
    "scans",
    "score/scopes",
)
EVERY: dict[str, dict[str, Any]] = {
    "policies": {"type": BUCKET},
    "coverage": {"outcome": ["read", "empty", "denied"]},
    "recommendations": {"found": ["unhealthy", "unknown", "healthy", "not_applicable", "exempt"]},
}


@pytest.mark.parametrize("name", LISTS)
def test_pages_join_to_the_whole_list(client: Client, name: str) -> None:
    path, query = f"/api/v1/{name}", EVERY.get(name, {})
    whole = client.get(path, **query, limit=500)
    assert whole["next"] is None
    assert whole["total"] == len(whole["items"]) > 0
    size = max(1, len(whole["items"]) // 3)
    page = client.get(path, **query, limit=size)
    found = page["items"]
    while page["next"]:
        page = client.get(path, **query, limit=size, cursor=page["next"])
        found += page["items"]
    assert found == whole["items"]


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_of_another_list_is_refused(client: Client, name: str) -> None:
    of = "assessments" if name != "assessments" else "resources"
    cursor = client.get(f"/api/v1/{of}", limit=1)["next"]
    answer = client("GET", f"/api/v1/{name}", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "cursor" in answer.json()["detail"]


def test_a_cursor_holds_for_its_filters_alone(client: Client) -> None:
    cursor = client.get("/api/v1/resources", limit=1, scope=ONE)["next"]
    assert client("GET", "/api/v1/resources", params={"cursor": cursor, "scope": TWO}).status_code == 422
    assert client.get("/api/v1/resources", cursor=cursor, scope=ONE, limit=500)["next"] is None


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_that_there_is_not_is_refused(client: Client, name: str) -> None:
    answer = client("GET", f"/api/v1/{name}", params={"colour": "red"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.colour"


@pytest.mark.parametrize("name", ["resources", "assessments", "coverage", "score/scopes"])
def test_who_may_see_one_scope_sees_no_other(narrow: Client, name: str) -> None:
    found = narrow.get(f"/api/v1/{name}", limit=500, **EVERY.get(name, {}))
    assert {each["scope"] for each in found["items"]} == {ONE}
    assert found["total"] == len(found["items"])
    other = narrow.get(f"/api/v1/{name}", scope=TWO, **EVERY.get(name, {}))
    assert (other["items"], other["total"]) == ([], 0)


def test_the_counts_of_who_sees_one_scope_are_of_that_scope(client: Client, narrow: Client) -> None:
    for path in ("resources/facets", "assessments/facets", "recommendations/facets"):
        every, own = client.get(f"/api/v1/{path}"), narrow.get(f"/api/v1/{path}")
        assert [each["value"] for each in own["facets"]["scope"]] == [ONE]
        assert {each["value"] for each in every["facets"]["scope"]} == {ONE, TWO}
        mine = next(each["count"] for each in every["facets"]["scope"] if each["value"] == ONE)
        assert own["facets"]["scope"][0]["count"] == mine


def test_a_facet_is_counted_under_all_filters_but_its_own(client: Client) -> None:
    found = client.get("/api/v1/resources/facets", type=BUCKET, scope=TWO, by=["type", "scope"])["facets"]
    assert {each["value"]: each["count"] for each in found["type"]} == {BUCKET: 3}
    assert {each["value"]: each["count"] for each in found["scope"]} == {ONE: 3, TWO: 3}
