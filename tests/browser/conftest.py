from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.browser import Seen, launched, seen
from tests.browser.server import Served, fill, over, serving


@pytest.fixture(scope="package", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.exam)])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Every page and action on SQLite; on PostgreSQL the main ones in test_journey.py, all in exams."""
    store = tmp_path_factory.mktemp("portal") / "store"
    url: str | None = request.getfixturevalue("database")() if request.param == "postgresql" else None
    with over(url):
        fill(store)
    with serving(store, database=url) as found:
        yield found


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """For this package alone: while it is open, no other test of the process can run an event loop."""
    with sync_playwright() as playwright:
        found = launched(playwright)
        yield found
        found.close()


@pytest.fixture(scope="package")
def admin(browser: Browser, served: Served) -> Any:
    """The cookies of the administrator, who came in by the link of the terminal."""
    with seen(browser, served.base) as first:
        return first.entered(served.link)


@pytest.fixture
def portal(browser: Browser, served: Served, admin: Any) -> Iterator[Seen]:
    """A page of somebody who may do everything."""
    with seen(browser, served.base, storage_state=admin, viewport={"width": 1280, "height": 900}) as found:
        found.go("/")
        yield found
