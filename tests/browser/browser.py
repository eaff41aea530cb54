"""Finding a browser, and a page that notes all that a user's console would complain of."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).parents[2] / "portal" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DETAILS = (
    "/recommendations/azure-storage-anonymous-access",
    "/recommendations?view=resources&status=unknown",
    "/policies/azure-storage-anonymous-access",
    "/policies?tab=custom",
    "/policies?tab=standards",
    "/policies?tab=assignments",
    "/policies?tab=exemptions",
    "/environments?tab=scopes",
    "/environments?tab=scans",
    "/notifications?tab=deliveries",
    "/notifications?tab=dead",
    "/users?tab=given",
    "/users?tab=roles",
    "/compliance/cis-aws-5.0",
    "/account",
    "/policies/write",
    "/nothing-here",
)


def launched(playwright: Playwright) -> Browser:
    """The browser of CLOUDWARD_BROWSER, of PATH, or Playwright's own; where there is none this fails."""
    given = os.environ.get("CLOUDWARD_BROWSER")
    found = given or next(filter(None, map(shutil.which, NAMES)), None)
    return playwright.chromium.launch(executable_path=found, args=FLAGS, headless=True)


@dataclass
class Seen:
    """A page, and what went wrong on it."""

    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page of the portal and wait until all that it asks for is there."""
        self.page.goto(self.base + path)
        self.settled()

    def entered(self, link: str) -> Any:
        """Come in by a link; gives the cookies."""
        self.page.goto(self.base + link)
        self.page.wait_for_url(self.base + "/")
        self.settled()
        return self.page.context.storage_state()

    def pages(self) -> list[str]:
        """Those of the navigation, and those that are reached from them."""
        links = self.page.locator("nav a")
        found = [str(links.nth(at).get_attribute("href")) for at in range(links.count())]
        resource, alert, incident = (self.first(f"/{each}") for each in ("inventory", "alerts", "incidents"))
        return [
            *found,
            *DETAILS,
            alert,
            incident,
            resource,
            f"{resource}?tab=document",
            f"{resource}?tab=history",
        ]

    def first(self, path: str) -> str:
        """The page of the first row of a list."""
        self.go(path)
        return str(self.page.locator("a[data-open]").first.get_attribute("href"))

    def settled(self) -> None:
        """Wait until nothing is loading any more."""
        self.page.locator("h1").first.wait_for()
        self.page.wait_for_function(
            "() => !document.querySelector('[aria-busy=true], .mantine-Skeleton-root')"
        )

    def button(self, name: str, exact: bool = True) -> None:
        """Click a button by its name."""
        self.page.get_by_role("button", name=name, exact=exact).first.click()

    def unfit(self) -> list[str]:
        """What axe finds that somebody could not read or reach."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
        )
        return [
            f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for each in found["violations"]
            if each["impact"] in SERIOUS
            for node in each["nodes"][:3]
        ]


@contextmanager
def seen(browser: Browser, base: str, **options: Any) -> Iterator[Seen]:
    """A page of a new context; at the end nothing may have gone wrong on it."""
    context: BrowserContext = browser.new_context(**options)
    context.set_default_timeout(60_000)
    found = Seen(context.new_page(), base)
    found.page.on("console", lambda said: _note(found, said))
    found.page.on("pageerror", lambda error: found.wrong.append(f"error: {error}"))
    try:
        yield found
    finally:
        context.close()
    if found.wrong:
        raise AssertionError("\n".join(found.wrong))


def _note(found: Seen, said: ConsoleMessage) -> None:
    if said.type in ("error", "warning"):
        found.wrong.append(f"{found.page.url} {said.type}: {said.text}")
