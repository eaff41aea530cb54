"""What people come for: find, understand, decide, hand on; and what somebody with a narrow role cannot."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from cloudward.model import Provider
from cloudward.server.auth.guard import digest
from cloudward.store import Store, bindings, credentials, sessions, users
from cloudward.store.credentials import CredentialKind
from cloudward.store.sessions import Session
from tests.browser.browser import Seen, seen
from tests.browser.server import Served, over
from tests.browser.test_sign_in import device
from tests.cli import estate

pytestmark = pytest.mark.slow


def rows(portal: Seen) -> Any:
    portal.settled()
    return portal.page.locator("table.rows tbody tr")


def choose(portal: Seen, filter: str, value: str) -> None:
    """Pick a value of a filter, and close it again."""
    portal.button(filter)
    portal.page.get_by_role("dialog").get_by_label(value, exact=True).check()
    portal.page.keyboard.press("Escape")
    portal.settled()


def test_a_filtered_list_is_its_address_and_its_export(portal: Seen, tmp_path: Path) -> None:
    portal.go("/recommendations")
    choose(portal, "Severity", "High")
    assert "severity=high" in portal.page.url
    shown = rows(portal).count()
    assert shown > 0
    portal.page.reload()
    assert rows(portal).count() == shown
    for form, read in (("CSV", _csv), ("JSON", _lines)):
        portal.button("Export")
        with portal.page.expect_download() as download:
            portal.page.get_by_role("menuitem", name=form).first.click()
        kept = tmp_path / form
        download.value.save_as(kept)
        found = read(kept.read_text())
        assert len(found) == shown
        assert {each["severity"] for each in found} == {"high"}


def test_a_report_is_made_in_the_background_and_kept_with_its_hash(portal: Seen, tmp_path: Path) -> None:
    portal.go("/compliance/cis-aws-5.0")
    portal.button("Report")
    portal.page.get_by_role("menuitem", name="A page to print").last.click()
    portal.page.wait_for_url("**/exports")
    row = rows(portal).first
    expect(row).to_contain_text("Done", timeout=60_000)
    assert portal.unfit() == []
    with portal.page.expect_download() as download:
        row.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "report.html")
    content = (tmp_path / "report.html").read_bytes()
    assert b"<html" in content
    shown = row.locator("[title]", has_text="…").first.get_attribute("title")
    assert hashlib.sha256(content).hexdigest() == shown
    row.get_by_role("button", name="Remove", exact=False).click()
    expect(row).to_contain_text("no more kept")


def test_a_plan_is_switched_and_that_is_undone(portal: Seen) -> None:
    portal.go("/plans")
    switch = portal.page.get_by_role("switch", name="Storage is on")
    switch.press("Space")
    expect(switch).not_to_be_checked()
    portal.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(switch).to_be_checked()


def _lines(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines()]


def _csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_a_recommendation_says_why_and_marks_what_decided(portal: Seen) -> None:
    portal.go("/recommendations/azure-storage-anonymous-access")
    portal.page.get_by_role("heading", name="How to mend it").wait_for()
    rows(portal).last.get_by_role("button", name="Why", exact=False).click()
    drawer = portal.page.get_by_role("dialog")
    drawer.locator("mark").first.wait_for()
    assert portal.unfit() == []


def points(portal: Seen) -> float:
    """The secure score, as its page has it."""
    portal.go("/score")
    return float(portal.page.locator("main strong").first.inner_text().split()[0])


def test_who_exempts_sees_the_score_change_and_can_undo_it(portal: Seen, served: Served) -> None:
    before = points(portal)
    path = portal.first("/recommendations?provider=azure&sort=-gain")
    portal.go(path)
    portal.page.get_by_role("checkbox", name="Select all", exact=False).check()
    portal.page.locator(".chosen").get_by_role("button", name="Exempt").click()
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("It serves our web site.")
    assert portal.unfit() == []
    dialog.get_by_role("button", name="Exempt").click()
    portal.page.locator(".toast").get_by_text("exempt", exact=False).wait_for()
    served.rescan("azure-resource-graph.json")
    portal.go(f"{path}?exempt=true")
    exempt = rows(portal).count()
    assert exempt > 0
    assert points(portal) != before
    portal.go("/policies?tab=exemptions")
    assert rows(portal).count() > exempt  # and that of the estate
    choose(portal, "Category", "Waived")
    mine = rows(portal).filter(has_text=path.rpartition("/")[2])
    mine.first.get_by_role("checkbox").check()
    portal.page.locator(".chosen").get_by_role("button", name="Withdraw").click()
    portal.page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    portal.page.locator(".toast").get_by_text("withdrawn", exact=False).wait_for()


def test_alerts_are_dismissed_together_and_that_is_undone(portal: Seen) -> None:
    portal.go("/alerts")
    before = rows(portal).count()
    assert before > 1
    portal.page.get_by_role("checkbox", name="Select all", exact=False).check()
    portal.page.locator(".chosen").get_by_role("button", name="Change state").click()
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_label("Dismissed").check()
    assert dialog.get_by_role("button", name="Change state").is_disabled()
    dialog.get_by_label("Reason").fill("A drill.")
    assert portal.unfit() == []
    dialog.get_by_role("button", name="Change state").click()
    portal.page.get_by_text("No alert is open").wait_for()
    portal.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(rows(portal)).to_have_count(before)


def test_an_alert_is_understood_answered_and_its_like_suppressed(portal: Seen) -> None:
    portal.go(portal.first("/alerts"))
    for heading in ("Why it matters", "What to look at", "What to do", "It names"):
        portal.page.get_by_role("heading", name=heading, exact=True).wait_for()
    assert portal.page.locator("pre.doc").count() > 0
    portal.button("Change state")
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_label("In progress").check()
    dialog.get_by_role("button", name="Change state").click()
    portal.page.locator(".head").get_by_text("In progress").wait_for()
    portal.button("Suppress similar")
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_role("button", name="What would it have hidden?").click()
    dialog.get_by_text("It would have hidden").wait_for()
    dialog.get_by_label("Reason").fill("Our own scanner.")
    assert portal.unfit() == []
    dialog.get_by_role("button", name="New suppression").click()
    portal.page.locator(".toast").get_by_text("Made", exact=False).wait_for()
    portal.go("/suppressions")
    mine = rows(portal).filter(has_text="Our own scanner.")
    expect(mine).to_have_count(1)
    mine.get_by_role("checkbox").check()
    portal.page.locator(".chosen").get_by_role("button", name="Withdraw").click()
    portal.page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(mine).to_have_count(0)


def test_a_standard_is_assigned_and_taken_back(portal: Seen) -> None:
    portal.go("/policies?tab=standards")
    portal.page.get_by_role("button", name="Assign").first.click()
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_label("Disabled", exact=False).check()
    dialog.get_by_role("button", name="Assign").click()
    portal.page.locator(".toast").get_by_text("Assigned", exact=False).wait_for()
    portal.go("/policies?tab=assignments")
    assert rows(portal).count() == 1
    portal.button("Remove")
    portal.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(rows(portal).filter(has_text="Disabled")).to_have_count(1)
    portal.button("Remove")
    portal.page.get_by_text("Nothing is assigned").wait_for()


def test_a_custom_policy_is_written_tried_kept_and_evaluated(portal: Seen, served: Served) -> None:
    text = """title: Accounts should carry a cost tag
severity: high
resource: Microsoft.Storage/storageAccounts
unhealthy: '!("cost" in mta.tags)'
why: Nobody knows otherwise who pays.
"""
    portal.go("/policies?tab=custom")
    portal.page.get_by_role("link", name="Write a policy").click()
    portal.page.get_by_role("textbox", name="Id").fill("acme-cost-tag")
    editor = portal.page.get_by_role("textbox", name="The policy")
    editor.fill(text)
    portal.page.get_by_text("did you mean 'meta'?").wait_for()
    assert portal.page.get_by_role("button", name="Save").is_disabled()
    editor.fill(text.replace("mta", "meta"))
    portal.page.get_by_text("No mistakes").wait_for()
    portal.page.locator("form").get_by_role("button", name="Try it").click()
    portal.page.locator(".tried summary").first.click()
    portal.page.locator(".tried details[open]").get_by_text("meta.tags").first.wait_for()
    assert portal.unfit() == []
    portal.page.get_by_role("button", name="Save").click()
    portal.page.get_by_role("button", name="Delete").wait_for()
    served.rescan("azure-resource-graph.json")
    portal.go("/recommendations/acme-cost-tag")
    assert rows(portal).count() > 0
    portal.go("/policies/acme-cost-tag")
    portal.page.get_by_role("link", name="Its text").click()
    portal.button("Delete")
    portal.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    portal.page.get_by_text("No custom policy was written yet").wait_for()


def test_a_channel_is_made_tested_and_its_secret_stays_away(portal: Seen) -> None:
    portal.go("/notifications")
    portal.button("New channel")
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("ops")
    dialog.get_by_role("combobox", name="How", exact=True).click()
    portal.page.get_by_role("option", name="Webhook").click()
    dialog.get_by_role("textbox", name="Where it is sent").fill("https://127.0.0.1:9/hook")
    dialog.get_by_label("What it is signed with").fill("sixteen letters or more")
    assert portal.unfit() == []
    dialog.get_by_role("button", name="Save").click()
    expect(rows(portal)).to_have_count(1)
    portal.page.get_by_role("button", name="Test: ops").click()
    portal.page.locator(".toast").get_by_text("127.0.0.1", exact=False).wait_for()
    portal.go("/notifications?tab=deliveries")
    expect(rows(portal).filter(has_text="ops")).to_have_count(1)
    portal.go("/notifications")
    portal.page.get_by_role("button", name="Edit: ops").click()
    secret = portal.page.get_by_role("dialog").get_by_label("What it is signed with")
    assert secret.input_value() == "***"


def test_a_view_is_saved_shared_and_opened(portal: Seen) -> None:
    portal.go("/inventory?provider=kubernetes")
    shown = rows(portal).count()
    portal.button("Saved views")
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_label("Name of this view").fill("The cluster")
    dialog.get_by_label("Share with everybody").check()
    dialog.get_by_role("button", name="Save view").click()
    dialog.get_by_role("button", name="The cluster", exact=True).wait_for()
    portal.go("/inventory")
    assert rows(portal).count() != shown
    portal.button("Saved views")
    portal.page.get_by_role("button", name="The cluster", exact=True).click()
    portal.page.wait_for_url("**provider=kubernetes*")
    assert rows(portal).count() == shown


def test_a_connector_shows_the_exact_role_before_it_is_made(portal: Seen) -> None:
    portal.go("/environments")
    portal.button("Connect AWS")
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("larch-lane")
    dialog.get_by_label("Accounts", exact=True).fill("111122223333")
    portal.page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Next").click()
    dialog = portal.page.get_by_role("dialog", name="Set up larch-lane")
    dialog.get_by_label("The ARN").fill("arn:aws:iam::111122223333:user/cloudward")
    dialog.get_by_role("button", name="Next").click()
    dialog.get_by_text("ExternalId", exact=False).first.wait_for()
    assert portal.unfit() == []


def test_a_connector_is_scanned_by_a_schedule_that_can_be_paused(portal: Seen, served: Served) -> None:
    with over(served.database), Store.open(served.store) as store:
        if not store.connectors():
            store.connect(
                "larch-lane", Provider.AWS, {"role": "cloudward", "accounts": ["111122223333"]}, "ann"
            )
    portal.go("/environments")
    portal.page.get_by_role("button", name="Schedule: larch-lane").click()
    portal.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    portal.page.get_by_text("Next run:", exact=False).wait_for()
    portal.page.get_by_role("button", name="Schedule: larch-lane").click()
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Remove the schedule").wait_for()
    dialog.get_by_label("It runs").uncheck()
    assert portal.unfit() == []
    dialog.get_by_role("button", name="Save").click()
    portal.page.get_by_text("paused").wait_for()


def test_who_has_a_narrow_role_sees_his_scope_and_cannot_decide(
    browser: Browser, served: Served, portal: Seen
) -> None:
    """A user is made, gets a role in one account, comes in by his link, and sees nothing of the rest."""
    portal.go("/users")
    portal.button("New user")
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("nia")
    dialog.get_by_role("button", name="New user").click()
    link = portal.page.get_by_role("dialog", name="Invitation").locator("pre").inner_text()
    portal.go("/users?tab=given")
    portal.button("Give a role")
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_label("User", exact=True).fill("nia")
    portal.page.get_by_role("option", name="nia").click()
    dialog.get_by_label("Scope").fill("acme-prod")
    portal.page.get_by_role("option", name="acme-prod").first.click()
    dialog.get_by_role("button", name="Give a role").click()
    expect(rows(portal).filter(has_text="nia")).to_have_count(1)
    with seen(browser, served.base) as nia:
        device(nia.page)
        nia.page.goto(link)
        nia.page.wait_for_url("**/account")
        nia.settled()
        nia.page.get_by_text("Set up a passkey").first.wait_for()
        nia.button("Add a passkey")
        dialog = nia.page.get_by_role("dialog")
        dialog.get_by_label("Name of this passkey").fill("hers")
        dialog.get_by_role("button", name="Add a passkey").click()
        nia.page.get_by_text("hers").wait_for()
        nia.go("/environments?tab=scopes")
        expect(rows(nia)).to_have_count(1)
        expect(rows(nia)).to_contain_text("acme-prod")
        nia.go("/plans")
        assert nia.page.locator("[role=switch]:enabled").count() == 0
        assert nia.page.get_by_role("link", name="Users and roles").count() == 0
        nia.go("/users")
        nia.page.get_by_text("You may not see this").first.wait_for()
        nia.wrong.clear()  # what is refused to who types its address


def test_a_reader_of_one_scope_meets_nothing_of_others_and_no_button_that_is_refused(
    browser: Browser, served: Served
) -> None:
    with seen(browser, served.base, storage_state=signed_in(served, "rea", estate.PROD.id)) as reader:
        reader.go("/")
        links = reader.page.locator("nav a")
        found = [str(links.nth(at).get_attribute("href")) for at in range(links.count())]
        found += [*SAME, reader.first("/inventory")]
        told = {path: [*amiss(reader, path)] for path in found}
        assert {path: wrong for path, wrong in told.items() if wrong} == {}
        assert reader.wrong == [], "nothing is asked for that is refused"
        for path in ("/users", "/notifications", "/audit", "/policies/write"):
            reader.go(path)
            reader.page.get_by_text("You may not see this").first.wait_for()
        reader.wrong.clear()  # what is refused to who types its address


SAME = (
    "/recommendations/azure-storage-anonymous-access",
    "/recommendations?view=resources&status=unknown",
    "/policies/azure-storage-anonymous-access",
    "/policies?tab=custom",
    "/policies?tab=standards",
    "/policies?tab=assignments",
    "/policies?tab=exemptions",
    "/environments?tab=scans",
    "/compliance/cis-aws-5.0",
)
OTHERS = ("acme-dev", "444455556666", "7d1f2c60-5b1e", "b0a4c1de-2f6a", "larchlane", "larch-lane")
"""Names of scopes, of what is in them and of a connector: a reader of acme-prod knows of none of them."""
DECISIONS = {
    "Assign",
    "Attest",
    "Change state",
    "Connect AWS",
    "Connect an environment",
    "Delete",
    "Give a role",
    "New channel",
    "New suppression",
    "New user",
    "Remove",
    "Scan now",
    "Schedule",
    "Suppress similar",
    "Test",
    "Withdraw",
    "Write a policy",
}


def amiss(reader: Seen, path: str) -> Iterator[str]:
    """What a reader of one scope should not meet on a page."""
    reader.go(path)
    page = reader.page.locator("main")
    text = page.inner_text()
    yield from (name for name in OTHERS if name in text)
    named = {each.strip() for each in page.locator("button, a").all_inner_texts()}
    yield from sorted(named & DECISIONS)
    if page.locator("td input:enabled, [role=switch]:enabled").count():
        yield "something to switch or to select"


def signed_in(served: Served, name: str, scope: str) -> Any:
    """The cookies of a security reader of one scope, who came in with a passkey."""
    now, host = datetime.now(UTC), served.base.removeprefix("http://").partition(":")[0]
    with (
        over(served.database),
        Store.open(served.store) as store,
        store.database.write() as connection,
    ):
        user = users.new(name, "test")
        users.keep(connection, user, "test")
        bindings.keep(connection, bindings.new(user.id, "security-reader", scope, "test"), "test")
        made = Session(f"of-{name}", user.id, "passkey", host, "", now, now, now, now + timedelta(hours=1))
        sessions.start(connection, made, digest(f"cookie-of-{name}"), name)
        credentials.keep(connection, credentials.new(user.id, CredentialKind.PASSKEY, "{}"), name)
    cookie = {"name": "cloudward", "value": f"cookie-of-{name}", "domain": host, "path": "/"}
    return {"cookies": [cookie], "origins": []}
