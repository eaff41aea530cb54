"""What a person meets beside the bare pages: dialogs, menus, states; each brings a page there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
from playwright.sync_api import Locator

from tests.browser.browser import Seen

PASSWORD = "a picture of larches by the lane"
BROKEN = """title: Buckets should carry a cost tag
severity: high
resource: AWS::S3::Bucket
unhealthy: '!("cost" in mta.tags)'
why: Nobody knows otherwise who pays.
"""


def dialog(portal: Seen) -> Locator:
    return portal.page.get_by_role("dialog")


def settled(portal: Seen) -> Any:
    """Who came in by a link sets a password and a generator of codes; gives the cookies."""
    portal.go("/account")
    portal.button("Set a password")
    form = dialog(portal)
    form.get_by_label("New password").first.fill(PASSWORD)
    form.get_by_role("button", name="Save").click()
    form.wait_for(state="detached")
    portal.button("Add a generator of codes")
    secret = dialog(portal).locator("pre").inner_text()
    dialog(portal).get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
    dialog(portal).get_by_role("button", name="Take into use").click()
    portal.page.get_by_role("dialog", name="Recovery codes").wait_for()
    return portal.page.context.storage_state()


def furnished(portal: Seen) -> str:
    """What the demo has none of: exports, a user, a token, a channel, a policy, a rule, a view.

    Gives the link with which the user comes in.
    """
    for path, button in (("/compliance/cis-aws-5.0", "Report"), ("/inventory?provider=aws", "Export")):
        portal.go(path)
        portal.button(button)
        portal.page.get_by_role("menuitem").last.click()
        portal.page.wait_for_url("**/exports")
    portal.page.get_by_role("link", name="Download").nth(1).wait_for()
    token(portal)
    channel(portal)
    dialog(portal).get_by_role("button", name="Save").click()
    dialog(portal).wait_for(state="detached")
    portal.button("Test: on-call", exact=True)
    portal.page.locator(".toast").first.wait_for()
    policy(portal, id="larch-cost-tag")
    portal.button("Save")
    portal.page.get_by_role("button", name="Delete").wait_for()
    suppression(portal)
    dialog(portal).get_by_label("Reason").fill(
        "The penetration test of our own people, agreed until the end of the month."
    )
    dialog(portal).get_by_role("button", name="New suppression").click()
    dialog(portal).wait_for(state="detached")
    view(portal)
    dialog(portal).get_by_role("button", name="Save view").click()
    dialog(portal).get_by_role("button", name="AWS in the open", exact=False).first.wait_for()
    return user(portal)


def user(portal: Seen) -> str:
    """A reader of one scope; gives his link."""
    portal.go("/users")
    portal.button("New user")
    dialog(portal).get_by_label("Name").fill("nia")
    dialog(portal).get_by_label("E-mail").fill("nia@larch-lane.example")
    dialog(portal).get_by_role("button", name="New user").click()
    link = portal.page.get_by_role("dialog", name="Invitation").locator("pre").inner_text()
    given(portal)
    dialog(portal).get_by_role("button", name="Give a role").click()
    dialog(portal).wait_for(state="detached")
    return link


def given(portal: Seen) -> None:
    portal.go("/users?tab=given")
    portal.button("Give a role")
    dialog(portal).get_by_label("User", exact=True).fill("nia")
    portal.page.get_by_role("option", name="nia").click()
    dialog(portal).get_by_label("Scope").click()
    portal.page.get_by_role("option").first.click()


def token(portal: Seen) -> None:
    portal.go("/tokens")
    portal.button("New token")
    dialog(portal).get_by_label("Name").fill("nightly report")
    dialog(portal).get_by_role("button", name="New token").click()
    portal.page.get_by_role("dialog", name="Your new token").wait_for()


def channel(portal: Seen) -> None:
    portal.go("/notifications")
    portal.button("New channel")
    dialog(portal).get_by_role("textbox", name="Name").fill("on-call")
    dialog(portal).get_by_role("combobox", name="How", exact=True).click()
    portal.page.get_by_role("option", name="Webhook").click()
    dialog(portal).get_by_role("textbox", name="Where it is sent").fill("https://127.0.0.1:9/hook")
    dialog(portal).get_by_label("What it is signed with").fill("sixteen letters or more")


def policy(portal: Seen, text: str = BROKEN.replace("mta", "meta"), id: str = "larch-owner-tag") -> None:
    portal.go("/policies/write")
    portal.page.get_by_role("textbox", name="Id").fill(id)
    portal.page.get_by_role("textbox", name="The policy").fill(text)
    if "mta" in text:
        portal.page.get_by_text("did you mean 'meta'?").wait_for()
        return
    portal.page.get_by_text("No mistakes").wait_for()
    portal.page.locator("form").get_by_role("button", name="Try it").click()
    portal.page.locator(".tried summary").first.click()
    portal.page.locator(".tried details[open]").get_by_text("meta.tags").first.wait_for()


def suppression(portal: Seen) -> None:
    """Of the first alert, and what it would have hidden."""
    portal.go(portal.first("/alerts"))
    portal.button("Suppress similar")
    dialog(portal).get_by_role("button", name="What would it have hidden?").click()
    dialog(portal).get_by_text("It would have hidden").wait_for()


def view(portal: Seen) -> None:
    portal.go("/inventory?provider=aws")
    portal.button("Saved views")
    dialog(portal).get_by_label("Name of this view").fill("AWS in the open")
    dialog(portal).get_by_label("Share with everybody").check()


def opened(path: str, *buttons: str) -> Callable[[Seen], None]:
    """A page where these buttons were pressed one after the other."""

    def bring(portal: Seen) -> None:
        portal.go(path)
        for each in buttons:
            portal.button(each, exact=False)

    return bring


def why(portal: Seen) -> None:
    portal.go("/recommendations/aws-s3-bucket-public")
    portal.page.get_by_role("button", name="Why", exact=False).first.click()
    dialog(portal).locator("mark").first.wait_for()


def first(path: str, *buttons: str) -> Callable[[Seen], None]:
    """The first thing of a list, where these buttons were pressed."""
    return lambda portal: opened(portal.first(path), *buttons)(portal)


def graph(portal: Seen) -> None:
    portal.go(portal.first("/incidents"))
    portal.page.get_by_role("tab", name="What it names").click()
    portal.page.locator("svg.graph .node").first.wait_for()


def selected(path: str, button: str) -> Callable[[Seen], None]:
    """Rows are selected and something is to be done with them."""

    def bring(portal: Seen) -> None:
        portal.go(path)
        for at in range(2):
            portal.page.locator("table.rows tbody input[type=checkbox]").nth(at).check()
        if button:
            portal.page.locator(".chosen").get_by_role("button", name=button).click()

    return bring


def connector(portal: Seen) -> None:
    portal.go("/environments")
    portal.button("Connect AWS")
    dialog(portal).get_by_label("Name").fill("larch-lane-new")
    dialog(portal).get_by_label("Accounts", exact=True).fill("111122223333")
    portal.page.keyboard.press("Enter")


def query(portal: Seen) -> None:
    portal.go("/query")
    portal.button("What could not be read")
    portal.button("Ask")
    portal.page.locator("table.rows, .doc").first.wait_for()


def asked(portal: Seen) -> None:
    portal.go("/audit")
    portal.page.locator("table.rows tbody button").first.click()
    dialog(portal).wait_for()


def person(portal: Seen) -> None:
    portal.go("/users")
    portal.button("Open: nia", exact=False)
    dialog(portal).get_by_text("nia@larch-lane.example").wait_for()


def attest(portal: Seen) -> None:
    portal.go("/compliance/cis-aws-5.0?state=manual")
    portal.page.locator("h3 button").first.click()
    portal.button("Attest")


def keys(portal: Seen) -> None:
    portal.go("/")
    portal.page.keyboard.press("?")
    dialog(portal).wait_for()


def menu(portal: Seen) -> None:
    """On a phone the navigation is behind a button, and so are the filters."""
    portal.go("/")
    if portal.page.get_by_role("button", name="Menu").is_visible():
        portal.button("Menu")


def filters(portal: Seen) -> None:
    portal.go("/alerts")
    if portal.page.get_by_role("button", name="Filters").is_visible():
        portal.button("Filters")
    portal.button("Severity")


def toast(portal: Seen) -> None:
    """What was done, with the way back; which is taken after the picture by who comes next."""
    portal.go("/plans")
    switch = portal.page.get_by_role("switch", name="Storage is on")
    switch.press("Space")
    portal.page.locator(".toast").wait_for()


def untoasted(portal: Seen) -> None:
    portal.page.locator(".toast").get_by_role("button", name="Undo").click()


def loading(portal: Seen) -> None:
    """The server takes its time."""
    portal.page.route("**/api/v1/recommendations**", lambda route: None)
    portal.page.goto(portal.base + "/recommendations")
    portal.page.locator(".mantine-Skeleton-root").first.wait_for()


def answered(portal: Seen) -> None:
    """Nobody waits for the server any more."""
    portal.page.unroute_all(behavior="ignoreErrors")


def failing(portal: Seen) -> None:
    """The server goes away while somebody looks."""
    portal.page.route("**/api/v1/resources**", lambda route: route.abort())
    portal.page.goto(portal.base + "/inventory")
    portal.page.get_by_role("alert").wait_for()


def fewer(portal: Seen) -> None:
    portal.go("/recommendations?search=no+such+thing")


SCENES: dict[str, Callable[[Seen], None]] = {
    "alerts-samples": opened("/alerts", "Sample alerts"),
    "alert-change-state": first("/alerts", "Change state"),
    "alert-suppress-preview": suppression,
    "alerts-filter": filters,
    "alerts-selected": selected("/alerts", "Change state"),
    "account-menu": opened("/", "Signed in as"),
    "audit-entry": asked,
    "channel-new": channel,
    "columns": opened("/recommendations", "Columns"),
    "compliance-attest": attest,
    "compliance-report": opened("/compliance/cis-aws-5.0", "Report"),
    "connect": connector,
    "connector-schedule": opened("/environments", "Schedule:"),
    "error": failing,
    "exempt": opened("/recommendations/aws-s3-bucket-public", "Exempt"),
    "export": opened("/recommendations", "Export"),
    "filtered-to-nothing": fewer,
    "incident-assign": first("/incidents", "Assign"),
    "incident-graph": graph,
    "incident-more": first("/incidents", "More"),
    "keys": keys,
    "loading": loading,
    "menu": menu,
    "policy-mistake": lambda portal: policy(portal, BROKEN),
    "policy-tried": policy,
    "query-answer": query,
    "recommendations-selected": selected("/recommendations", ""),
    "standard-assign": opened("/policies?tab=standards", "Assign"),
    "suppression-new": opened("/suppressions", "New suppression"),
    "theme": opened("/", "Colours"),
    "toast": toast,
    "token-new": opened("/tokens", "New token"),
    "user": person,
    "user-role": given,
    "user-new": opened("/users", "New user"),
    "view": view,
    "why": why,
}
NARROW = ("/", "/recommendations", "/plans", "/alerts", "/users", "/audit")
"""Pages that a reader of one scope is shown, or is not."""
