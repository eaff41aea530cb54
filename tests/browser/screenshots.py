"""`make screenshots`: every page, dialog and state, light, dark and on a phone, into screenshots/.

They are of the demo's company; those of a new server, where nothing is, begin with `new-`.

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, sync_playwright

from tests.browser.browser import Seen, launched, seen
from tests.browser.scenes import NARROW, SCENES, answered, furnished, settled, untoasted, why
from tests.browser.server import serving

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
        with seen(browser, base) as owner:
            owner.entered(link)
            state = settled(owner)
            invitation = furnished(owner)
        with seen(browser, base) as reader:
            reader.page.goto(invitation)
            reader.page.wait_for_url("**/account")
            narrow = settled(reader)
        for kind in _kinds():
            _pages(browser, base, state, kind)
            _scenes(browser, base, state, kind)
            _denied(browser, base, narrow, kind)
        for name, (scheme, shown) in READMES.items():
            _show(browser, base, state, scheme, name, shown)
        _new(browser, Path(folder))


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


@dataclass(frozen=True)
class Kind:
    """How a page is looked at: its colours and the size of its window."""

    name: str
    scheme: Scheme
    size: dict[str, int]

    def options(self, state: Any) -> dict[str, Any]:
        return {"storage_state": state, "color_scheme": self.scheme, "viewport": self.size}


def _kinds() -> list[Kind]:
    return [Kind("light", "light", WIDE), Kind("dark", "dark", WIDE), Kind("phone", "light", PHONE)]


def _pages(browser: Browser, base: str, state: Any, kind: Kind) -> None:
    """Each page, whole."""
    with seen(browser, base, **kind.options(state)) as found:
        found.go("/")
        for path in [*found.pages(), "/sign-in"]:
            found.go(path)
            _whole(found, kind, _named(path))


def _scenes(browser: Browser, base: str, state: Any, kind: Kind) -> None:
    """Each dialog and state, as much of it as a window shows; a page of its own for each."""
    for name, bring in SCENES.items():
        with seen(browser, base, **kind.options(state)) as found:
            bring(found)
            found.page.wait_for_timeout(400)  # until what slides in stands
            _shot(found, kind, f"x-{name}")
            if name in AFTER:
                AFTER[name](found)
            found.wrong.clear()  # a scene may be one of what goes wrong


def _denied(browser: Browser, base: str, state: Any, kind: Kind) -> None:
    """What somebody with a narrow role is shown."""
    with seen(browser, base, **kind.options(state)) as found:
        for path in NARROW:
            found.go(path)
            _whole(found, kind, f"narrow-{_named(path)}")
        found.wrong.clear()  # what is refused to who types its address


def _new(browser: Browser, folder: Path) -> None:
    """A server that nothing was ever scanned with: how it greets, and every page while there is nothing."""
    with serving(folder / "new") as served:
        with seen(browser, served.base, viewport=WIDE) as first:
            state = first.entered(served.link)
        for kind in _kinds():
            with seen(browser, served.base, **kind.options(state)) as found:
                found.go("/")
                links = found.page.locator("nav a")
                paths = [str(links.nth(at).get_attribute("href")) for at in range(links.count())]
                for path in [*paths, "/account", *EMPTY]:
                    found.go(path)
                    _whole(found, kind, f"new-{_named(path)}")


def _named(path: str) -> str:
    return re.sub(r"[^a-z0-9.=-]+", "_", path.lower()).strip("_")[:60] or "overview"


def _whole(found: Seen, kind: Kind, name: str) -> None:
    """The page to its end."""
    width = kind.size["width"]
    height = found.page.evaluate("() => document.documentElement.scrollHeight")
    found.page.set_viewport_size({"width": width, "height": max(kind.size["height"], min(height, 6000))})
    _shot(found, kind, name)
    found.page.set_viewport_size({"width": width, "height": kind.size["height"]})


def _shot(found: Seen, kind: Kind, name: str) -> None:
    out = OUT / kind.name
    out.mkdir(parents=True, exist_ok=True)
    found.page.screenshot(path=out / f"{name}.png")


EMPTY = (
    "/policies?tab=exemptions",
    "/policies?tab=assignments",
    "/policies?tab=custom",
    "/environments?tab=scans",
)
AFTER: dict[str, Callable[[Seen], None]] = {"toast": untoasted, "loading": answered}


READMES: dict[str, tuple[Scheme, Callable[[Seen], None]]] = {
    "overview": ("light", lambda portal: portal.go("/")),
    "why": ("light", why),
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
