"""`make screenshots`: every page of the portal in light and dark, and on a phone, into screenshots/."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, sync_playwright

from tests.browser.browser import launched, seen
from tests.browser.server import fill, serving

OUT = Path(__file__).parents[2] / "screenshots"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
Scheme = Literal["light", "dark"]


def main() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="cloudward-shots-") as folder:
        store = Path(folder) / "store"
        fill(store)
        with serving(store) as served, sync_playwright() as playwright:
            browser = launched(playwright)
            with seen(browser, served.base) as first:
                state = first.entered(served.link)
            for scheme, size, name in _kinds():
                _shoot(browser, served.base, state, scheme, size, OUT / name)


def _kinds() -> list[tuple[Scheme, dict[str, int], str]]:
    return [("light", WIDE, "light"), ("dark", WIDE, "dark"), ("light", PHONE, "phone")]


def _shoot(browser: Browser, base: str, state: Any, scheme: Scheme, size: dict[str, int], out: Path) -> None:
    out.mkdir(parents=True)
    with seen(browser, base, storage_state=state, color_scheme=scheme, viewport=size) as found:
        found.go("/")
        for path in [*found.pages(), "/sign-in"]:
            found.go(path)
            name = re.sub(r"[^a-z0-9.=-]+", "_", path.lower()).strip("_")[:60] or "overview"
            found.page.screenshot(path=out / f"{name}.png", full_page=True)


if __name__ == "__main__":
    main()
