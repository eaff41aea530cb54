"""Every page: it loads, its console is silent, anybody can read and reach all of it, also on a phone."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from playwright.sync_api import Browser

from tests.browser.browser import Seen, seen
from tests.browser.server import Served

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_every_page(
    browser: Browser, served: Served, admin: Any, scheme: Literal["light", "dark"]
) -> None:
    with seen(browser, served.base, storage_state=admin, color_scheme=scheme) as found:
        found.go("/")
        assert len(found.pages()) >= 25
        wrong = {}
        for path in found.pages():
            found.go(path)
            if unfit := found.unfit():
                wrong[path] = unfit
        assert wrong == {}


def test_every_page_fits_a_phone(browser: Browser, served: Served, admin: Any) -> None:
    with seen(browser, served.base, storage_state=admin, viewport={"width": 390, "height": 844}) as found:
        found.go("/")
        wide = {}
        for path in found.pages():
            found.go(path)
            size = found.page.evaluate("() => document.documentElement.scrollWidth")
            if size > 390:
                wide[path] = size
        assert wide == {}


def test_who_is_not_signed_in_comes_back_to_where_he_wanted(browser: Browser, served: Served) -> None:
    with seen(browser, served.base) as found:
        found.page.goto(f"{served.base}/recommendations?severity=high")
        found.page.get_by_label("Password").first.wait_for()
        assert "/sign-in?next=%2Frecommendations" in found.page.url
        assert found.unfit() == []
        found.wrong.clear()  # that nobody was signed in is an answer of 401


def test_keys_lead_everywhere(portal: Seen) -> None:
    portal.page.keyboard.press("?")
    portal.page.get_by_role("dialog").get_by_text("Go to Inventory").wait_for()
    portal.page.keyboard.press("Escape")
    portal.page.get_by_role("dialog").wait_for(state="detached")
    portal.page.keyboard.press("g")
    portal.page.keyboard.press("i")
    portal.page.get_by_role("heading", name="Inventory", level=1).wait_for()
    portal.settled()
    portal.page.keyboard.press("/")
    assert portal.page.evaluate("() => document.activeElement.type") == "search"
    portal.page.keyboard.press("Escape")
    portal.page.keyboard.press("j")
    portal.page.keyboard.press("Enter")
    portal.page.wait_for_url("**/inventory/*")
