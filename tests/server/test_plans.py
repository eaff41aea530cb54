"""Plans are switched where the caller may, and nowhere else."""

from __future__ import annotations

from typing import Any

from cloudward.pack import Pack
from cloudward.server.needs import Permission
from cloudward.store import Store
from tests.server.client import Client, only, serving
from tests.store.build import ONE, TWO


def enabled(client: Client, scope: str = "") -> dict[str, bool]:
    items: list[dict[str, Any]] = client.get("/api/v1/plans", scope=scope)["items"]
    return {each["id"]: each["enabled"] for each in items}


def test_a_plan_is_switched_in_a_scope_and_back(client: Client) -> None:
    assert all(enabled(client).values())
    answer = client(
        "PUT", "/api/v1/plans/storage", json={"enabled": False, "scope": ONE, "reason": "A sandbox."}
    )
    assert answer.status_code == 200, answer.text
    assert [(each["scope"], each["enabled"], each["reason"]) for each in answer.json()["switches"]] == [
        (ONE, False, "A sandbox.")
    ]
    assert (enabled(client, ONE)["storage"], enabled(client, TWO)["storage"]) == (False, True)
    assert client("DELETE", "/api/v1/plans/storage", params={"scope": ONE}).status_code == 200
    assert all(enabled(client, ONE).values())
    assert client("DELETE", "/api/v1/plans/storage", params={"scope": ONE}).status_code == 404


def test_a_plan_or_scope_that_there_is_not_is_not_switched(client: Client) -> None:
    assert client("PUT", "/api/v1/plans/storrage", json={"enabled": False}).status_code == 404
    assert client("PUT", "/api/v1/plans/storage", json={"enabled": False, "scope": "x"}).status_code == 422
    assert client("PUT", "/api/v1/plans/storage", json={"enabled": False, "x": 1}).status_code == 422
    assert client("GET", "/api/v1/plans", params={"scope": "x"}).status_code == 404


def test_who_has_one_scope_switches_there_alone_and_sees_no_other(store: Store, pack: Pack) -> None:
    whole, narrow = serving(store, pack), serving(store, pack, only([ONE], Permission))
    whole("PUT", "/api/v1/plans/storage", json={"enabled": False, "scope": TWO})
    assert narrow("PUT", "/api/v1/plans/servers", json={"enabled": False, "scope": ONE}).status_code == 200
    assert narrow("PUT", "/api/v1/plans/servers", json={"enabled": False, "scope": TWO}).status_code == 404
    assert narrow("PUT", "/api/v1/plans/servers", json={"enabled": False}).status_code == 403
    seen = [each["scope"] for plan in narrow.get("/api/v1/plans")["items"] for each in plan["switches"]]
    assert seen == [ONE]
    assert narrow("GET", "/api/v1/plans", params={"scope": TWO}).status_code == 404
    reader = serving(store, pack, only([ONE], [Permission.READ]))
    assert reader("PUT", "/api/v1/plans/servers", json={"enabled": True, "scope": ONE}).status_code == 403
