"""Saved views are one's own until they are shared."""

from __future__ import annotations

from cloudward.pack import Pack
from cloudward.server.needs import Caller
from cloudward.store import Store
from tests.server.client import Client, only, serving

VIEW = {"list": "recommendations", "title": "Open to all", "query": "?severity=high&status=unhealthy"}


def titles(client: Client) -> list[str]:
    return [each["title"] for each in client.get("/api/v1/views", list="recommendations")["items"]]


def other(store: Store, pack: Pack) -> Client:
    caller = only([])
    return serving(store, pack, Caller(caller.id, caller.name, lambda _: frozenset({"x"}), lambda _: False))


def test_a_view_is_seen_by_who_saved_it_until_he_shares_it(client: Client, store: Store, pack: Pack) -> None:
    bob = other(store, pack)
    assert client("POST", "/api/v1/views", json=VIEW).status_code == 201
    assert titles(client) == ["Open to all"]
    assert titles(bob) == []
    assert (
        client("POST", "/api/v1/views", json={**VIEW, "title": "For all", "shared": True}).status_code == 201
    )
    assert titles(bob) == ["For all"]


def test_only_who_saved_a_view_or_may_grant_removes_it(client: Client, store: Store, pack: Pack) -> None:
    bob = other(store, pack)
    anns = client("POST", "/api/v1/views", json={**VIEW, "shared": True}).json()["id"]
    assert bob("DELETE", f"/api/v1/views/{anns}").status_code == 404
    bobs = bob("POST", "/api/v1/views", json={**VIEW, "shared": True}).json()["id"]
    assert client("DELETE", f"/api/v1/views/{bobs}").status_code == 204
    assert client("DELETE", f"/api/v1/views/{anns}").status_code == 204
    assert titles(bob) == []


def test_saving_and_removing_stand_in_the_log(client: Client, store: Store) -> None:
    id = client("POST", "/api/v1/views", json=VIEW).json()["id"]
    client("DELETE", f"/api/v1/views/{id}")
    changes = [each for each in store.revisions() if each.kind == "view"]
    assert [(each.before is None, each.after is None) for each in changes] == [(False, True), (True, False)]


def test_what_is_no_state_of_a_list_is_refused(client: Client) -> None:
    for wrong in ({"query": "javascript:alert(1)"}, {"title": " "}, {"list": "../x"}, {"query": "?a b"}):
        assert client("POST", "/api/v1/views", json={**VIEW, **wrong}).status_code == 422
