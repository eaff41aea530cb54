"""Single sign-on at a provider that runs beside the tests, as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest

from cloudward.server.auth.guard import Options
from cloudward.store import bindings, users
from tests.server.auth.people import Browser, World
from tests.server.auth.people import world as made
from tests.server.auth.provider import provider

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as found:
        yield found


@pytest.fixture
def admin(world: World, issuer: str) -> Iterator[Browser]:
    near = made(world.store, options=Options(addresses=("127.0.0.1", "localhost")))
    browser = near.signed_in()
    setting = {"issuer": issuer, "client_id": "cloudward", "client_secret": "hush", "title": "Acme"}
    answer = browser.call("PUT", "/api/v1/settings/oidc", setting)
    assert answer.status_code == 200, answer.text
    assert "hush" not in answer.text
    yield browser
    near.guard.close()


def start(browser: Browser, purpose: str = "sign-in", back: str = "/inventory") -> Any:
    return browser.call("POST", "/api/v1/session/oidc", {"purpose": purpose, "back": back})


def agreed(url: str, subject: str) -> str:
    """Where the provider sends the browser back to, after somebody signed in there."""
    answer = httpx.post(url, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


def back(browser: Browser, url: str) -> Any:
    parts = urlsplit(url)
    return browser.client.get(f"{parts.path}?{parts.query}", follow_redirects=False)


def sign_in(world: World, app: Any, subject: str) -> tuple[Browser, Any]:
    browser = Browser(other(app))
    url = start(browser).json()["url"]
    return browser, back(browser, agreed(url, subject))


def other(admin: Browser) -> Any:
    return type(admin.client)(admin.client.app, "http://localhost", client=("127.0.0.1", 5000))


def names(world: World) -> list[str]:
    with world.store.database.read() as connection:
        return [each.name for each in users.every(connection)]


def give(world: World, issuer: str, group: str, role: str, scope: str) -> None:
    with world.store.database.write() as connection:
        bindings.keep(connection, bindings.new(group, role, scope, "test", issuer), "test")


def test_a_group_of_the_provider_has_a_role(world: World, admin: Browser, issuer: str) -> None:
    give(world, issuer, "sec", "security-reader", "ou")
    browser, answer = sign_in(world, admin, "s-ann")
    assert (answer.status_code, answer.headers["location"]) == (303, "/inventory")
    assert browser.learn()["name"] == "ann"
    seen = {each["id"] for each in browser.client.get("/api/v1/scopes").json()["items"]}
    assert seen == {"ou", "inside"}


def test_who_has_no_group_with_a_role_is_not_let_in(world: World, admin: Browser, issuer: str) -> None:
    give(world, issuer, "sec", "security-reader", "ou")
    browser, answer = sign_in(world, admin, "s-eve")
    assert answer.headers["location"] == "/sign-in?problem=none"
    assert browser.client.get("/api/v1/session").status_code == 401
    assert "eve" not in names(world)


@pytest.mark.parametrize(
    ("wanted", "subject", "enough"),
    [
        (["phr"], "s-ann", True),
        (["mfa", "hwk"], "s-ann", True),
        (["mfa"], "s-ann", False),
        (["phr"], "s-admin", False),
    ],
)
def test_who_signed_in_there_too_weakly_is_not_let_in(
    world: World, admin: Browser, issuer: str, wanted: list[str], subject: str, enough: bool
) -> None:
    give(world, issuer, "sec", "security-reader", "ou")
    setting = {"issuer": issuer, "client_id": "cloudward", "client_secret": "hush", "acr": wanted}
    tag = {"if-match": admin.client.get("/api/v1/settings/oidc").headers["etag"]}
    assert admin.call("PUT", "/api/v1/settings/oidc", setting, **tag).json()["provider"]["acr"] == wanted
    asked = parse_qs(urlsplit(start(Browser(other(admin))).json()["url"]).query)
    assert asked["acr_values"] == [" ".join(wanted)]
    _, answer = sign_in(world, admin, subject)
    assert answer.headers["location"] == ("/inventory" if enough else "/sign-in?problem=provider")


def test_a_group_of_another_provider_has_none(world: World, admin: Browser) -> None:
    give(world, "https://other.example", "sec", "owner", "")
    _, answer = sign_in(world, admin, "s-ann")
    assert answer.headers["location"] == "/sign-in?problem=none"


def test_nobody_becomes_a_local_user_by_name_or_mail(world: World, admin: Browser, issuer: str) -> None:
    give(world, issuer, "sec", "security-reader", "ou")
    browser, _ = sign_in(world, admin, "s-admin")
    found = browser.learn()
    assert found["name"] == "admin-2"
    assert "grant" not in found["permissions"]
    assert names(world) == ["admin", "admin-2"]
    again, _ = sign_in(world, admin, "s-admin")
    assert again.learn()["user"] == found["user"]


def test_a_local_user_links_his_identity_himself(world: World, admin: Browser) -> None:
    url = start(admin, "link", "/me").json()["url"]
    assert back(admin, agreed(url, "s-admin")).headers["location"] == "/me"
    browser, _ = sign_in(world, admin, "s-admin")
    assert browser.learn()["name"] == "admin"
    assert browser.learn()["permissions"]["grant"] is True


def test_an_answer_is_for_the_browser_that_asked_and_once(world: World, admin: Browser, issuer: str) -> None:
    give(world, issuer, "sec", "owner", "")
    mine, theirs = Browser(other(admin)), Browser(other(admin))
    url = agreed(start(mine).json()["url"], "s-ann")
    assert back(theirs, url).headers["location"] == "/sign-in?problem=provider"
    cookie = mine.client.cookies["cloudward-oidc"]
    assert back(mine, url).headers["location"] == "/inventory"
    theirs.client.cookies.set("cloudward-oidc", cookie)
    assert back(theirs, url).headers["location"] == "/sign-in?problem=provider"


@pytest.mark.parametrize("name", ["state", "code", "iss"])
def test_an_answer_that_was_changed_is_none(world: World, admin: Browser, issuer: str, name: str) -> None:
    give(world, issuer, "sec", "owner", "")
    browser = Browser(other(admin))
    url = urlsplit(agreed(start(browser).json()["url"], "s-ann"))
    query = {key: values[0] for key, values in parse_qs(url.query).items()} | {name: "x"}
    answer = browser.client.get(url.path, params=query, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?problem=provider"


def test_the_question_has_a_challenge_a_nonce_and_a_state(admin: Browser) -> None:
    query = parse_qs(urlsplit(start(Browser(other(admin))).json()["url"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["response_type"] == ["code"]
    assert {"state", "nonce", "code_challenge", "redirect_uri"} <= set(query)


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "\t//evil.example"]
)
def test_the_way_back_leads_nowhere_else(admin: Browser, path: str) -> None:
    assert start(Browser(other(admin)), back=path).status_code == 422


def test_a_provider_inside_the_network_is_not_called_unless_it_is_listed(world: World, issuer: str) -> None:
    browser = world.signed_in()
    setting = {"issuer": issuer, "client_id": "cloudward"}
    assert browser.call("PUT", "/api/v1/settings/oidc", setting).status_code == 422
    setting["issuer"] = "https://169.254.169.254"
    answer = browser.call("PUT", "/api/v1/settings/oidc", setting)
    assert answer.status_code == 422
    assert "is not called" in answer.json()["detail"]


def test_the_secret_is_sealed_where_it_lies(world: World, admin: Browser) -> None:
    folder = world.store.folder
    kept = (folder / "state.sqlite").read_bytes() + (folder / "state.sqlite-wal").read_bytes()
    assert b"hush" not in kept
    assert admin.client.get("/api/v1/settings/oidc").json()["provider"]["has_secret"] is True
    assert "hush" not in admin.client.get("/api/v1/audit").text
