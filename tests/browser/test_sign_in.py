"""Signing in as people do: with a passkey of their device, and at their identity provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from cloudward.store import Store, bindings, security
from tests.browser.browser import Seen, seen
from tests.browser.server import Served, serving
from tests.server.auth.provider import provider

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as found:
        yield found


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, issuer: str) -> Iterator[Served]:
    """A server that nobody has signed in to, with a provider whose group may read."""
    folder = tmp_path_factory.mktemp("fresh") / "store"
    with Store.open(folder) as store, store.database.write() as connection:
        secret = store.vault.seal("hush", "oidc")
        setting = {"issuer": issuer, "client_id": "cloudward", "client_secret": secret, "title": "Acme"}
        security.keep(connection, "oidc", setting, "test", {"issuer": issuer})
        bindings.keep(connection, bindings.new("sec", "security-reader", "", "test", issuer), "test")
    with serving(folder, "--allow-address", "127.0.0.1", "--allow-address", "localhost") as found:
        yield found


def device(page: Page) -> None:
    """Gives the browser what makes passkeys, and a finger that is always there."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    about = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    able = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": {**about, **able}})


def who(portal: Seen) -> dict[str, Any]:
    found: dict[str, Any] = portal.page.request.get(f"{portal.base}/api/v1/session").json()
    return found


def arrived(portal: Seen) -> None:
    portal.page.wait_for_url(f"{portal.base}/")
    portal.settled()


def test_a_passkey_is_made_and_is_all_that_it_takes(browser: Browser, fresh: Served) -> None:
    with seen(browser, fresh.base) as portal:
        device(portal.page)
        portal.entered(fresh.link)
        assert who(portal)["to_do"] == ["credential"]
        portal.go("/account")
        portal.button("Add a passkey")
        dialog = portal.page.get_by_role("dialog")
        dialog.get_by_label("Name of this passkey").fill("my key")
        dialog.get_by_role("button", name="Add a passkey").click()
        portal.page.get_by_text("my key").wait_for()
        assert who(portal)["to_do"] == []
        portal.page.context.clear_cookies()
        portal.page.goto(f"{fresh.base}/sign-in")
        portal.button("Sign in with a passkey")
        arrived(portal)
        assert (who(portal)["name"], who(portal)["method"]) == ("admin", "passkey")


def test_by_an_address_no_passkey_is_offered_that_cannot_work(browser: Browser, fresh: Served) -> None:
    at = fresh.base.replace("localhost", "127.0.0.1")
    with seen(browser, at) as portal:
        portal.page.goto(f"{at}/sign-in")
        portal.page.get_by_role("button", name="Acme").wait_for()
        assert portal.page.get_by_role("button", name="Sign in with a passkey").count() == 0


def test_who_comes_from_the_identity_provider_has_the_role_of_his_group(
    browser: Browser, fresh: Served, issuer: str
) -> None:
    with seen(browser, fresh.base) as portal:
        portal.page.goto(f"{fresh.base}/sign-in")
        portal.button("Acme")
        portal.page.wait_for_url(f"{issuer}/**")
        portal.page.locator("input[name=sub]").fill("s-ann")
        portal.page.get_by_role("button", name="Authorize").click()
        arrived(portal)
        assert (who(portal)["name"], who(portal)["method"]) == ("ann", "oidc")
        assert who(portal)["permissions"] == {"read": True, "export": True}
        portal.wrong[:] = [
            each for each in portal.wrong if not each.startswith(issuer)
        ]  # its page is its own
