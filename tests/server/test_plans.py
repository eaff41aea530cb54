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
    read = {"If-Match": answer.headers["etag"]}
    assert client("DELETE", "/api/v1/plans/storage", params={"scope": ONE}).status_code == 428
    assert client("DELETE", "/api/v1/plans/storage", params={"scope": ONE}, headers=read).status_code == 200
    assert all(enabled(client, ONE).values())
    assert client("DELETE", "/api/v1/plans/storage", params={"scope": ONE}, headers=read).status_code == 404


def test_nobody_switches_what_somebody_else_switched_meanwhile(client: Client) -> None:
    path, asked = "/api/v1/plans/storage", {"scope": ONE}
    assert client.get(path, **asked)["form"] is None
    assert "etag" not in client("GET", path, params=asked).headers
    first = client("PUT", path, json={"enabled": False, **asked})
    read = client("GET", path, params=asked)
    assert read.headers["etag"] == first.headers["etag"] == f'"{first.json()["form"]}"'
    listed = {each["id"]: each["form"] for each in client.get("/api/v1/plans", **asked)["items"]}
    assert (listed["storage"], listed["servers"]) == (first.json()["form"], None)
    assert client("PUT", path, json={"enabled": True, **asked}).status_code == 428
    changed = client("PUT", path, json={"enabled": True, **asked}, headers={"If-Match": listed["storage"]})
    assert changed.status_code == 200, changed.text
    for method, more in (("PUT", {"json": {"enabled": False, **asked}}), ("DELETE", {"params": asked})):
        stale = client(method, path, headers={"If-Match": listed["storage"]}, **more)
        assert stale.status_code == 412, stale.text
    assert enabled(client, ONE)["storage"]
    early = client("PUT", "/api/v1/plans/servers", json={"enabled": False}, headers={"If-Match": '"x"'})
    assert early.status_code == 412


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
