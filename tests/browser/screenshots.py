"""`make screenshots`: every page over the demo's company, light, dark and on a phone, into screenshots/.

Three of them are those of the README; they go to docs/pictures/.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pyotp
from playwright.sync_api import Browser, sync_playwright

from tests.browser.browser import Seen, launched, seen

ROOT = Path(__file__).parents[2]
OUT, SHOWN = ROOT / "screenshots", ROOT / "docs" / "pictures"
WIDE, PHONE, README = (
    {"width": 1280, "height": 900},
    {"width": 390, "height": 844},
    {"width": 1280, "height": 800},
)
Scheme = Literal["light", "dark"]
LINK = re.compile(r"(http://[\w.]+:\d+)(/sign-in#\S+)")


def main() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory(prefix="cloudward-shots-") as folder,
        demo(Path(folder)) as (base, link),
        sync_playwright() as playwright,
    ):
        browser = launched(playwright)
        with seen(browser, base) as first:
            first.entered(link)
            state = settled(first)
            exported(first)
        for scheme, size, name in _kinds():
            _shoot(browser, base, state, scheme, size, OUT / name)
        for name, (scheme, shown) in READMES.items():
            _show(browser, base, state, scheme, name, shown)


@contextmanager
def demo(folder: Path) -> Iterator[tuple[str, str]]:
    """`cloudward demo` with its store in a folder: where its portal is, and its administrator's link."""
    environment = {**os.environ, "XDG_DATA_HOME": str(folder), "COLUMNS": "120"}
    environment.pop("CLOUDWARD_STORE", None)
    words = [str(Path(sys.executable).parent / "cloudward"), "demo"]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = ""
        for line in child.stdout:
            said += line
            if "In another terminal" in line:
                break
        link = LINK.search(said)
        assert link, said
        try:
            yield link[1], link[2]
        finally:
            child.send_signal(signal.SIGINT)
            child.stdout.read()


def settled(portal: Seen) -> Any:
    """The administrator sets a password and a generator of codes, as he is asked to; gives the cookies."""
    portal.go("/account")
    portal.button("Set a password")
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_label("New password").first.fill("a picture of larches by the lane")
    dialog.get_by_role("button", name="Save").click()
    dialog.wait_for(state="detached")
    portal.button("Add a generator of codes")
    dialog = portal.page.get_by_role("dialog")
    secret = dialog.locator("pre").inner_text()
    dialog.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
    dialog.get_by_role("button", name="Take into use").click()
    portal.page.get_by_role("dialog", name="Recovery codes").wait_for()
    return portal.page.context.storage_state()


def exported(portal: Seen) -> None:
    """A report and a list that are kept."""
    for path, button in (("/compliance/cis-aws-5.0", "Report"), ("/inventory?provider=aws", "Export")):
        portal.go(path)
        portal.button(button)
        portal.page.get_by_role("menuitem").last.click()
        portal.page.wait_for_url("**/exports")
    portal.page.get_by_role("link", name="Download").nth(1).wait_for()


def _kinds() -> list[tuple[Scheme, dict[str, int], str]]:
    return [("light", WIDE, "light"), ("dark", WIDE, "dark"), ("light", PHONE, "phone")]


def _shoot(browser: Browser, base: str, state: Any, scheme: Scheme, size: dict[str, int], out: Path) -> None:
    out.mkdir(parents=True)
    with seen(browser, base, storage_state=state, color_scheme=scheme, viewport=size) as found:
        found.go("/")
        for path in [*found.pages(), "/sign-in"]:
            found.go(path)
            name = re.sub(r"[^a-z0-9.=-]+", "_", path.lower()).strip("_")[:60] or "overview"
            height = found.page.evaluate("() => document.documentElement.scrollHeight")
            found.page.set_viewport_size({"width": size["width"], "height": min(height, 6000)})
            found.page.screenshot(path=out / f"{name}.png")
            found.page.set_viewport_size({"width": size["width"], "height": size["height"]})


def _why(portal: Seen) -> None:
    portal.go("/recommendations/aws-s3-bucket-public")
    portal.page.get_by_role("button", name="Why", exact=False).first.click()
    portal.page.get_by_role("dialog").locator("mark").first.wait_for()


READMES: dict[str, tuple[Scheme, Callable[[Seen], None]]] = {
    "overview": ("light", lambda portal: portal.go("/")),
    "why": ("light", _why),
    "incident": ("dark", lambda portal: portal.go(portal.first("/incidents"))),
}


def _show(
    browser: Browser, base: str, state: Any, scheme: Scheme, name: str, shown: Callable[[Seen], None]
) -> None:
    """One for the README, as WebP, which is a third of a PNG."""
    SHOWN.mkdir(exist_ok=True)
    with seen(browser, base, storage_state=state, color_scheme=scheme, viewport=README) as found:
        shown(found)
        found.settled()
        found.page.wait_for_timeout(400)  # until what slides in stands
        session = found.page.context.new_cdp_session(found.page)
        taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": 88})
        (SHOWN / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))


if __name__ == "__main__":
    main()
