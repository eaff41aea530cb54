"""The one-time link: once, for minutes, on the machine of the server."""

from __future__ import annotations

from typing import Any

import pytest

from cloudward.errors import UsageError
from cloudward.server.auth import tickets
from cloudward.server.auth.guard import Options
from cloudward.server.auth.links import CONSOLE, first_link, invitation, sign_in_link
from cloudward.store import bindings, credentials, users
from cloudward.store.credentials import CredentialKind
from tests.server.auth.people import Browser, World
from tests.server.auth.people import world as made


def follow(world: World, link: str | None, address: str = "127.0.0.1") -> Any:
    assert link is not None
    ticket = {"ticket": link.partition("#")[2]}
    return Browser(world.client(address=address)).call("POST", "/api/v1/session/link", ticket)


def test_the_first_start_makes_an_administrator(world: World) -> None:
    browser = world.signed_in()
    found = browser.learn()
    assert found["name"] == "admin"
    assert found["permissions"]["grant"] is True
    assert found["to_do"] == ["credential"]
    with world.store.database.read() as connection:
        assert [each.name for each in users.every(connection)] == ["admin"]
        assert [(each.role, each.scope) for each in bindings.every(connection)] == [("owner", "")]


def test_a_link_is_good_once(world: World) -> None:
    link = first_link(world.store)
    assert follow(world, link).status_code == 204
    assert follow(world, link).status_code == 401


def test_a_link_fits_into_a_line(world: World) -> None:
    assert len(f"http://localhost:8080{first_link(world.store)}") <= 72


def test_a_link_of_one_kind_is_none_of_the_other(world: World) -> None:
    link = tickets.link(world.store, "device", world.user("ann", "owner"), 60)
    assert follow(world, f"/sign-in#{link}").status_code == 401


def test_a_link_is_over_after_its_minutes(world: World) -> None:
    link = tickets.link(world.store, CONSOLE, world.user("ann", "owner"), -1)
    assert follow(world, f"/sign-in#{link}").status_code == 401


def test_a_link_of_the_terminal_is_not_for_other_machines(world: World) -> None:
    link = first_link(world.store)
    assert follow(world, link, "192.0.2.1").status_code == 403
    assert follow(world, link).status_code == 204


def test_unless_the_server_was_told_otherwise(world: World) -> None:
    far = made(world.store, options=Options(links_anywhere=True))
    assert follow(far, first_link(world.store), "192.0.2.1").status_code == 204


def test_an_invitation_is_for_every_machine(world: World) -> None:
    ann = world.user("ann")
    with world.store.database.read() as connection:
        user = users.one(connection, ann)
    assert user is not None
    assert follow(world, invitation(world.store, user), "192.0.2.1").status_code == 204


def test_an_invitation_is_over_when_its_user_can_sign_in_without_it(world: World) -> None:
    ann = world.user("ann")
    with world.store.database.write() as connection:
        user = users.one(connection, ann)
        credentials.keep(connection, credentials.new(ann, CredentialKind.PASSWORD, "hash"), "ann")
    assert user is not None
    assert follow(world, invitation(world.store, user)).status_code == 401


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-4] + "AAAA", lambda t: t[1:], lambda _: "x" * 10, lambda _: ""]
)
def test_a_forged_link_is_none(world: World, damage: Any) -> None:
    link = first_link(world.store)
    assert link is not None
    path, _, ticket = link.partition("#")
    assert follow(world, f"{path}#{damage(ticket)}").status_code == 401


def test_there_is_no_first_link_once_somebody_can_sign_in(world: World) -> None:
    assert first_link(world.store) is not None
    with world.store.database.write() as connection:
        admin = users.every(connection)[0]
        password = credentials.new(admin.id, CredentialKind.PASSWORD, "hash")
        credentials.keep(connection, password, "admin")
    assert first_link(world.store) is None
    assert sign_in_link(world.store, "ADMIN", "root").startswith("/sign-in#")


def test_a_link_for_somebody_who_is_not_there(world: World) -> None:
    world.user("ann")
    with pytest.raises(UsageError, match="there is no user 'anm'; did you mean 'ann'"):
        sign_in_link(world.store, "anm", "root")


def test_the_cookie_is_for_this_server_alone(world: World) -> None:
    kept = follow(world, first_link(world.store)).headers["set-cookie"]
    assert kept.startswith("cloudward=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(kept.split("; "))


def test_over_https_the_cookie_is_bound_to_the_host(world: World) -> None:
    far = made(world.store, options=Options(url="https://cloudward.example", secure=True))
    link = first_link(world.store)
    assert link is not None
    body = {"ticket": link.partition("#")[2]}
    answer = far.client().post(
        "/api/v1/session/link", json=body, headers={"origin": "https://cloudward.example"}
    )
    kept = answer.headers["set-cookie"]
    assert kept.startswith("__Host-cloudward=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(kept.split("; "))
    assert "Domain" not in kept


def test_a_sign_in_takes_the_place_of_the_one_before(world: World) -> None:
    browser = world.signed_in()
    old = browser.client.cookies["cloudward"]
    browser.follow(sign_in_link(world.store, "admin", "root"))
    assert browser.client.cookies["cloudward"] != old
    assert world.client().get("/api/v1/session", headers={"cookie": f"cloudward={old}"}).status_code == 401
