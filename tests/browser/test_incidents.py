"""Incidents as people handle them, and the page that says who attacks what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from cloudward.model import AlertState
from cloudward.store import Store
from cloudward.store.alerts import Alerts
from tests.browser.browser import Seen
from tests.browser.server import Served, over
from tests.cli import estate
from tests.store.build import alert

pytestmark = pytest.mark.slow


def test_an_incident_tells_its_story(portal: Seen) -> None:
    portal.go(portal.first("/incidents"))
    page = portal.page
    assert page.locator(".timeline > li").count() > 10
    assert page.locator(".chain .reached").count() >= 3
    page.locator(".timeline details").nth(1).locator("summary").click()
    page.locator(".timeline details").nth(1).get_by_text("They share").wait_for()
    assert page.locator("svg.graph").count() == 0, "it is loaded when somebody asks for it"
    page.get_by_role("tab", name="What it names").click()
    page.locator("svg.graph .node").first.click()
    page.locator("svg.graph .node.here").wait_for()
    assert portal.unfit() == []


def test_an_incident_is_handled(portal: Seen) -> None:
    address = portal.first("/incidents")
    portal.go(address)
    page = portal.page
    portal.button("Assign")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Me").click()
    assert portal.unfit() == []
    dialog.get_by_role("button", name="Assign").click()
    page.locator(".facts").get_by_text("admin").wait_for()
    page.get_by_label("What did you find?").fill("The key was in a public repository.")
    portal.button("Write")
    page.get_by_text("The key was in a public repository.", exact=True).wait_for()
    portal.button("Change state")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Resolved").check()
    assert dialog.get_by_role("button", name="Change state").is_disabled()
    dialog.get_by_label("In progress").check()
    dialog.get_by_role("button", name="Change state").click()
    page.locator(".head").get_by_text("In progress").wait_for()
    _split_and_merged(portal, address)


def _split_and_merged(portal: Seen, address: str) -> None:
    page = portal.page
    page.locator(".timeline").get_by_role("checkbox").first.check()
    portal.button("More")
    page.get_by_role("menuitem", name="Split off 1 alert").click()
    page.get_by_role("dialog").get_by_role("button", name="Split off").click()
    page.locator(".toast").get_by_text("Split off", exact=False).wait_for()
    portal.go("/incidents")
    expect(page.locator("table.rows tbody tr")).to_have_count(2)
    portal.go(address)
    portal.button("More")
    page.get_by_role("menuitem", name="Merge others into it").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Incidents").click()
    page.get_by_role("option").first.click()
    page.keyboard.press("Escape")
    dialog.get_by_role("button", name="Merge others into it").click()
    page.locator(".toast").get_by_text("merged", exact=False).wait_for()
    portal.go("/incidents")
    expect(page.locator("table.rows tbody tr")).to_have_count(1)


def test_the_dashboard_says_who_attacks_what_and_what_is_looked_for(portal: Seen) -> None:
    portal.go("/protection")
    for heading in ("Open alerts", "Alerts of the last 30 days", "Logs", "Plans"):
        portal.page.get_by_role("heading", name=heading, exact=True).wait_for()
    portal.page.locator("svg.days").wait_for()
    portal.page.get_by_text("of Defender for Cloud", exact=False).wait_for()
    assert portal.unfit() == []


def test_an_alert_leads_to_its_resource_and_back(portal: Seen, served: Served) -> None:
    """Nobody decides on it, so it disturbs no other test: it is resolved."""
    with over(served.database), Store.open(served.store) as store:
        made = alert("named", title="A bucket was read", resource="acme-logs", scope=estate.PROD.id)
        lost = alert("lost", title="A bucket is gone", resource="gone", scope=estate.PROD.id)
        rows = [replace(each, state=AlertState.RESOLVED) for each in (made, lost)]
        Alerts(store.database).keep([(each, (), ()) for each in rows])
    portal.go("/alerts/lost")
    portal.page.get_by_text("Not in the inventory").wait_for()
    portal.go("/alerts/named")
    portal.page.get_by_role("link", name="acme-logs").click()
    portal.page.wait_for_url("**/inventory/*")
    portal.page.get_by_role("tab", name="Alerts").click()
    portal.page.get_by_role("link", name="A bucket was read").wait_for()
    portal.settled()
    assert portal.unfit() == []
