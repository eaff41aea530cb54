"""What attackers name their things is text on every page: nothing runs, leads away, loads, hides or turns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Dialog

from tests.browser.browser import Seen, seen
from tests.browser.server import Served, serving
from tests.hostile import EVIL, POLICY, WHOLE, fill

pytestmark = pytest.mark.slow
PAGES = (
    "/",
    "/score",
    "/recommendations",
    "/recommendations?view=resources&status=unhealthy&status=unknown&columns=name&columns=resource&columns=cause",
    f"/recommendations/{POLICY}",
    f"/recommendations/{POLICY}?exempt=true",
    "/inventory?columns=name&columns=type&columns=tags&columns=id&columns=scope",
    "/coverage",
    "/changes",
    "/environments?tab=scopes",
    "/environments?tab=scans",
    "/policies?tab=exemptions",
    f"/policies/{POLICY}",
    "/plans",
    "/alerts?columns=title&columns=principal&columns=resource&columns=id",
    "/suppressions",
    "/audit",
    "/protection",
    "/incidents?columns=title&columns=owner&columns=scopes&columns=id",
    "/incidents?state=dismissed&state=active",
    f"/incidents/{WHOLE}",
)
OPENED = {
    "/inventory": ("javascript:", "W" * 30, "gnp."),
    "/alerts": ("javascript:", "<script>", "gnp."),
    "/incidents": ("javascript:", "<script>", "gnp."),
}
"""Of these lists the rows that hold this."""
HARM = f"""() => {{
  const bad = []
  if ('pwned' in window) bad.push('a script ran')
  const leading = 'a[href], img, iframe, object, embed, form[action], link[href]'
  for (const each of document.querySelectorAll(leading)) {{
    const to = each.href ?? each.src ?? each.action ?? each.data
    const fine = /^https?:/.test(to) && !new URL(to).hostname.endsWith('{EVIL}')
    if (!fine) bad.push(each.outerHTML.slice(0, 200))
  }}
  return bad
}}"""
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store = tmp_path_factory.mktemp("hostile") / "store"
    fill(store)
    with serving(store) as found:
        yield found


def test_no_page_does_what_a_name_says(browser: Browser, hostile: Served) -> None:
    wrong: list[str] = []
    with seen(browser, hostile.base, viewport={"width": 1280, "height": 900}) as found:
        found.page.on("dialog", lambda dialog: _told(wrong, dialog))
        found.page.on("request", lambda request: _asked(wrong, hostile.base, request.url))
        found.entered(hostile.link)
        for path in [*PAGES, *_rows(found)]:
            found.go(path)
            wrong += _wrong(found, path)
        found.go(f"/query?sql={quote('SELECT name, tags, properties FROM resources')}")
        found.button("Ask")
        found.page.locator("table.rows tbody tr").first.wait_for()
        wrong += _wrong(found, "/query")
        found.go(f"/recommendations/{POLICY}")
        found.page.get_by_role("button", name="Why: <script>", exact=False).first.click()
        found.page.get_by_role("dialog").locator("mark, .doc").first.wait_for()
        wrong += _wrong(found, "why")
        found.go(f"/incidents/{WHOLE}")
        for each in found.page.locator(".timeline details").all()[1:4]:
            each.locator("summary").click()
        wrong += _wrong(found, "what alerts share")
        found.page.get_by_role("tab", name="What it names").click()
        found.page.locator("svg.graph .node").first.wait_for()
        wrong += _wrong(found, "what an incident names")
    assert wrong == []


def _rows(found: Seen) -> list[str]:
    """The pages of some things of lists, and the tabs of resources."""
    pages = []
    for path, starts in OPENED.items():
        found.go(path)
        for start in starts:
            link = found.page.locator("a[data-open]", has_text=start).first
            pages.append(str(link.get_attribute("href")))
    return [*pages, *(f"{each}?tab=document" for each in pages if "/inventory/" in each)]


def _wrong(found: Seen, path: str) -> list[str]:
    page = found.page
    text = page.evaluate("() => document.body.innerText")
    bad = [f"hidden: {char!r}" for char in sorted(set(HIDDEN.findall(text)))]
    bad += page.evaluate(HARM)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        if (shown := page.evaluate("() => document.documentElement.scrollWidth")) > width:
            bad.append(f"{shown} wide on {width}")
    page.set_viewport_size({"width": 1280, "height": 900})
    return [f"{path}: {each}" for each in bad]


def _told(wrong: list[str], dialog: Dialog) -> None:
    wrong.append(f"said {dialog.message}")
    dialog.dismiss()


def _asked(wrong: list[str], base: str, url: str) -> None:
    if urlsplit(url).scheme not in {"data", "blob"} and not url.startswith(base):
        wrong.append(f"asked for {url}")
