"""A token or a cookie tells who calls; nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from cloudward.server.auth.limits import Buckets
from cloudward.store import bindings, tokens, users
from tests.server.auth.people import World

SCOPES = "/api/v1/scopes"


def seen(world: World, token: str) -> set[str]:
    answer = world.client(token).get(SCOPES)
    assert answer.status_code == 200, answer.text
    return {each["id"] for each in answer.json()["items"]}


def test_nobody_is_nobody(world: World) -> None:
    answer = world.client().get(SCOPES)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "cw_000000000000_" + "A" * 43,
        "cw_000000000000_" + "A" * 43 + "\n",
        "cw_' OR 1=1",
        "A" * 100_000,
        "ü",
    ],
)
def test_what_is_no_token_is_refused(world: World, token: str) -> None:
    answer = world.client().get(SCOPES, headers={b"authorization": f"Bearer {token}".encode()})
    assert answer.status_code == 401


def test_a_role_reaches_its_scope_and_all_below(world: World) -> None:
    assert seen(world, world.token(world.user("ann", "owner"))) == {"org", "ou", "inside", "outside"}
    assert seen(world, world.token(world.user("bob", "security-reader", "ou"))) == {"ou", "inside"}
    assert seen(world, world.token(world.user("cyd", "security-reader", "outside"))) == {"outside"}


def test_a_user_without_a_role_sees_nothing(world: World) -> None:
    assert world.client(world.token(world.user("ann"))).get(SCOPES).status_code == 403


def test_a_role_that_there_is_not_gives_nothing(world: World) -> None:
    assert world.client(world.token(world.user("ann", "root"))).get(SCOPES).status_code == 403


def test_a_token_may_never_more_than_its_owner(world: World) -> None:
    ann = world.user("ann", "security-reader", "ou")
    assert seen(world, world.token(ann, "owner", "")) == {"ou", "inside"}
    assert seen(world, world.token(ann, "owner", "inside")) == {"inside"}
    assert world.client(world.token(ann, "owner", "outside")).get(SCOPES).status_code == 403


def test_what_the_owner_loses_his_tokens_lose_at_once(world: World) -> None:
    ann = world.user("ann", "owner")
    token = world.token(ann)
    assert seen(world, token)
    with world.store.database.write() as connection:
        bindings.forget(connection, bindings.of(connection, ann)[0], "test")
    assert world.client(token).get(SCOPES).status_code == 403


def test_a_token_of_a_user_who_is_switched_off_is_none(world: World) -> None:
    ann = world.user("ann", "owner")
    token = world.token(ann)
    with world.store.database.write() as connection:
        user = users.one(connection, ann)
        assert user is not None
        users.keep(connection, replace(user, active=False), "test")
    assert world.client(token).get(SCOPES).status_code == 401


def test_a_token_ends(world: World) -> None:
    token = world.token(world.user("ann", "owner"), seconds=-1)
    assert world.client(token).get(SCOPES).status_code == 401


def test_the_public_part_of_a_token_is_no_token(world: World) -> None:
    token = world.token(world.user("ann", "owner"))
    assert world.client(token[:-43] + "A" * 43).get(SCOPES).status_code == 401


def test_the_store_keeps_no_token(world: World) -> None:
    token = world.token(world.user("ann", "owner"))
    assert token.encode() not in (world.store.folder / "state.sqlite").read_bytes()
    wal = world.store.folder / "state.sqlite-wal"
    assert token.encode() not in wal.read_bytes()


def test_the_use_of_a_token_is_noted_behind_the_call(world: World) -> None:
    token = world.token(world.user("ann", "owner"))
    seen(world, token)
    world.guard.close()
    with world.store.database.read() as connection:
        found = tokens.one(connection, token[:15])
    assert found is not None
    assert found.used is not None


def test_bad_tokens_slow_down_their_address_and_no_good_one(world: World) -> None:
    token = world.token(world.user("ann", "owner"))
    assert seen(world, token)
    world.guard.bad = Buckets(burst=20, rate=1, clock=lambda: 0)
    flood = world.client("cw_000000000000_" + "A" * 43)
    statuses = [flood.get(SCOPES).status_code for _ in range(30)]
    assert statuses[:20] == [401] * 20
    assert statuses[20:] == [429] * 10
    assert seen(world, token)
    elsewhere = world.client("cw_000000000000_" + "A" * 43, address="192.0.2.1")
    assert elsewhere.get(SCOPES).status_code == 401


def test_the_cookie_of_a_sign_in(world: World) -> None:
    browser = world.signed_in()
    assert browser.client.get(SCOPES).status_code == 200
    cookie = browser.client.cookies["cloudward"]
    assert cookie.encode() not in (world.store.folder / "state.sqlite-wal").read_bytes()


def test_signing_out_ends_the_session_on_the_server(world: World) -> None:
    browser = world.signed_in()
    cookie = browser.client.cookies["cloudward"]
    assert browser.call("DELETE", "/api/v1/session").status_code == 204
    assert world.client().get(SCOPES, headers={"cookie": f"cloudward={cookie}"}).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"x-csrf-token": ""},
        {"x-csrf-token": "0" * 64},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_call_that_another_site_makes_is_refused(world: World, headers: dict[str, str]) -> None:
    browser = world.signed_in()
    assert browser.call("DELETE", "/api/v1/session", **headers).status_code == 403
    assert browser.client.get(SCOPES).status_code == 200


@pytest.mark.parametrize(
    ("column", "ago"), [("seen", timedelta(minutes=61)), ("expires", timedelta(seconds=1))]
)
def test_a_sign_in_ends(world: World, column: str, ago: timedelta) -> None:
    browser = world.signed_in()
    moment = int((datetime.now(UTC) - ago).timestamp() * 1_000_000)
    with world.store.database.write() as connection:
        connection.execute(text(f"UPDATE sessions SET {column} = {moment}"))
    assert browser.client.get(SCOPES).status_code == 401


def test_buckets_fill_again_and_forget_the_oldest() -> None:
    now = 0.0
    buckets = Buckets(burst=2, rate=1, most=2, clock=lambda: now)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 1]
    now = 1.5
    assert buckets.take("a") == 0
    assert buckets.take("a") == pytest.approx(0.5)
    for key in "bc":
        buckets.take(key)
    assert buckets.wait("a") == 0
