"""Users, roles and tokens, as an owner and as others see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from cloudward.store import bindings
from tests.server.auth.people import Browser, World


@pytest.fixture
def admin(world: World) -> Browser:
    return world.signed_in()


def grant(browser: Browser, status: int = 201, **fields: str) -> Any:
    answer = browser.call("POST", "/api/v1/bindings", fields)
    assert answer.status_code == status, answer.text
    return answer.json()


def invited(world: World, admin: Browser, name: str) -> tuple[str, Browser]:
    made = admin.call("POST", "/api/v1/users", {"name": name}).json()
    browser = Browser(world.client())
    browser.follow(made["link"])
    return made["user"]["id"], browser


def test_a_user_is_invited_given_a_role_and_sees_only_his_scope(world: World, admin: Browser) -> None:
    id, ann = invited(world, admin, "ann")
    assert ann.learn()["to_do"] == ["credential"]
    grant(admin, user=id, role="security-reader", scope="ou")
    token = world.token(id)
    seen = {each["id"] for each in world.client(token).get("/api/v1/scopes").json()["items"]}
    assert seen == {"ou", "inside"}


def test_an_owner_of_a_scope_gives_roles_below_it_only(world: World, admin: Browser) -> None:
    admin_id = admin.learn()["user"]
    bob = world.user("bob", "owner", "ou")
    token = world.client(world.token(bob))
    listed = token.get("/api/v1/bindings").json()["items"]
    assert [each["scope"] for each in listed] == ["ou"]
    _, cyd = invited(world, admin, "cyd")
    cyd_id = cyd.learn()["user"]
    grant(admin, user=cyd_id, role="owner", scope="ou")
    with world.store.database.write() as connection:
        connection.execute(text("UPDATE sessions SET method = 'passkey'"))
    grant(cyd, user=bob, role="security-reader", scope="inside")
    grant(cyd, 404, user=bob, role="security-reader", scope="outside")
    grant(cyd, 403, user=bob, role="security-reader", scope="")
    with world.store.database.read() as connection:
        root = next(each for each in bindings.of(connection, admin_id) if not each.scope)
    assert cyd.call("DELETE", f"/api/v1/bindings/{root.id}").status_code == 404


def test_nobody_gives_himself_more(world: World, admin: Browser) -> None:
    id, ann = invited(world, admin, "ann")
    grant(admin, user=id, role="security-admin", scope="")
    with world.store.database.write() as connection:
        connection.execute(text("UPDATE sessions SET method = 'passkey'"))
    grant(ann, 403, user=id, role="owner", scope="inside")
    assert ann.call("POST", "/api/v1/users", {"name": "eve"}).status_code == 403


def test_somebody_stays_an_owner(world: World, admin: Browser) -> None:
    me = admin.learn()["user"]
    binding = admin.client.get("/api/v1/bindings").json()["items"][0]["id"]
    assert admin.call("DELETE", f"/api/v1/bindings/{binding}").status_code == 422
    assert switched_off(admin, me).status_code == 422
    grant(admin, user=world.user("ann"), role="owner")
    assert admin.call("DELETE", f"/api/v1/bindings/{binding}").status_code == 204
    assert admin.client.get("/api/v1/users").status_code == 403


def switched_off(admin: Browser, user: str) -> Any:
    path = f"/api/v1/users/{user}"
    return admin.call(
        "PATCH", path, {"active": False}, **{"if-match": admin.client.get(path).headers["etag"]}
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/v1/users/{id}", {"email": "a@acme.example"}),
        ("PUT", "/api/v1/settings/security", {"idle": 30}),
    ],
)
def test_what_somebody_changed_meanwhile_is_not_changed(
    world: World, admin: Browser, method: str, path: str, body: dict[str, Any]
) -> None:
    path = path.format(id=invited(world, admin, "ann")[0])
    read = {"if-match": admin.client.get(path).headers["etag"]}
    assert admin.call(method, path, body).status_code == 428
    assert admin.call(method, path, body, **read).status_code == 200
    assert admin.call(method, path, body, **read).status_code == 412


def test_users_come_page_by_page(world: World, admin: Browser) -> None:
    for name in ("ann", "bea", "cyd"):
        world.user(name, "owner")
    first = admin.client.get("/api/v1/users?limit=2").json()
    assert ([each["name"] for each in first["items"]], first["total"]) == (["admin", "ann"], 4)
    rest = admin.client.get("/api/v1/users", params={"limit": 2, "cursor": first["next"]}).json()
    assert ([each["name"] for each in rest["items"]], rest["next"]) == (["bea", "cyd"], None)
    assert [each["name"] for each in admin.client.get("/api/v1/users?search=EA").json()["items"]] == ["bea"]
    held = admin.client.get("/api/v1/bindings?limit=1").json()
    assert (len(held["items"]), held["total"]) == (1, 4)


def test_who_is_switched_off_is_out_at_once(world: World, admin: Browser) -> None:
    id, ann = invited(world, admin, "ann")
    assert ann.client.get("/api/v1/session").status_code == 200
    assert switched_off(admin, id).json()["active"] is False
    assert ann.client.get("/api/v1/session").status_code == 401


def test_two_users_have_two_names(world: World, admin: Browser) -> None:
    invited(world, admin, "ann")
    assert admin.call("POST", "/api/v1/users", {"name": "ANN"}).status_code == 422
    assert admin.call("POST", "/api/v1/users", {"name": "ａｎｎ"}).status_code == 422
    assert admin.call("POST", "/api/v1/users", {"name": "<script>"}).status_code == 422


def test_a_token_is_shown_once_and_works_until_it_is_removed(world: World, admin: Browser) -> None:
    made = admin.call("POST", "/api/v1/tokens", {"name": "ci", "role": "security-reader"})
    token = made.json()["token"]
    assert made.headers["cache-control"] == "no-store"
    assert world.client(token).get("/api/v1/scopes").status_code == 200
    assert world.client(token).get("/api/v1/users").status_code == 403
    listed = admin.client.get("/api/v1/tokens").text
    assert token not in listed
    assert made.json()["id"] in listed
    assert admin.call("DELETE", f"/api/v1/tokens/{made.json()['id']}").status_code == 204
    assert world.client(token).get("/api/v1/scopes").status_code == 401


def test_a_token_lets_nobody_in(world: World) -> None:
    token = world.client(world.token(world.user("ann", "owner")))
    for path, body in (
        ("/api/v1/tokens", {"name": "another"}),
        ("/api/v1/users", {"name": "eve"}),
        ("/api/v1/bindings", {"user": "x", "role": "owner"}),
        ("/api/v1/me/passkeys/start", None),
    ):
        answer = token.post(path, json=body)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:cloudward:problem:proof"), path


def test_tokens_of_others_are_not_there(world: World) -> None:
    theirs = world.token(world.user("bob", "owner", "inside"))
    ann = world.client(world.token(world.user("ann", "owner", "ou")))
    assert ann.delete(f"/api/v1/tokens/{theirs[:15]}").status_code == 404
    assert ann.get("/api/v1/tokens/all").status_code == 403
    assert theirs[:15] not in ann.get("/api/v1/tokens").text


def test_what_lets_others_in_needs_a_fresh_proof(world: World, admin: Browser) -> None:
    old = int((datetime.now(UTC) - timedelta(minutes=16)).timestamp() * 1_000_000)
    with world.store.database.write() as connection:
        connection.execute(text(f"UPDATE sessions SET verified = {old}"))
    answer = admin.call("POST", "/api/v1/users", {"name": "eve"})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:cloudward:problem:proof")
    assert admin.client.get("/api/v1/users").status_code == 200


def test_sign_ins_are_listed_and_ended(world: World, admin: Browser) -> None:
    _, ann = invited(world, admin, "ann")
    listed = ann.client.get("/api/v1/me/sessions").json()["items"]
    assert [each["current"] for each in listed] == [True]
    other = admin.client.get("/api/v1/me/sessions").json()["items"][0]["id"]
    assert ann.call("DELETE", f"/api/v1/me/sessions/{other}").status_code == 404
    assert ann.call("DELETE", f"/api/v1/me/sessions/{listed[0]['id']}").status_code == 204
    assert ann.client.get("/api/v1/session").status_code == 401


def test_the_audit_log_has_it_all_and_is_whole(world: World, admin: Browser) -> None:
    id, _ = invited(world, admin, "ann")
    grant(admin, user=id, role="auditor", scope="ou")
    kinds = [each["kind"] for each in admin.client.get("/api/v1/audit").json()["items"]]
    assert {"user", "binding", "session", "link"} <= set(kinds)
    verdict = admin.client.get("/api/v1/audit/verify").json()
    assert verdict["whole"] is True
    noted = {"noted": verdict["digest"]}
    assert admin.client.get("/api/v1/audit/verify", params=noted).json()["noted"] is True
    exported = admin.client.get("/api/v1/audit/export").text.splitlines()
    assert len(exported) == verdict["length"]


def test_an_auditor_of_a_scope_reads_what_counts_there(world: World, admin: Browser) -> None:
    id, _ = invited(world, admin, "ann")
    grant(admin, user=id, role="auditor", scope="ou")
    grant(admin, user=world.user("bob"), role="security-reader", scope="outside")
    ann = world.client(world.token(id))
    assert [each["scope"] for each in ann.get("/api/v1/audit").json()["items"]] == ["ou"]
    assert "outside" not in ann.get("/api/v1/audit/export").text
    assert ann.get("/api/v1/audit/verify").status_code == 403


def test_what_a_token_does_stands_beside_the_name_of_its_user(world: World, admin: Browser) -> None:
    token = world.token(admin.learn()["user"])
    other = world.token(world.user("bob"))
    assert world.client(token).delete(f"/api/v1/tokens/{other[:15]}").status_code == 204
    assert admin.client.get("/api/v1/audit").json()["items"][0]["by"] == f"admin (token {token[:15]})"
    admin.call("POST", "/api/v1/users", {"name": "cyd"})
    assert admin.client.get("/api/v1/audit").json()["items"][0]["by"] == "admin"


def test_the_log_goes_on_in_pages(world: World, admin: Browser) -> None:
    first = admin.client.get("/api/v1/audit", params={"limit": 2}).json()
    rest = admin.client.get("/api/v1/audit", params={"limit": 500, "before": first["next"]}).json()
    whole = admin.client.get("/api/v1/audit").json()
    assert first["items"] + rest["items"] == whole["items"]
    assert rest["next"] is None
