"""The real server over a small scanned estate, and a browser that is signed in."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from cloudward.cli.app import run
from cloudward.server import assets
from tests.browser.browser import Seen, launched, seen
from tests.cli import estate

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = ("azure-resource-graph.json", "kubernetes.json")


@dataclass(frozen=True)
class Served:
    """A server: where it is, over which store, and the link with which its administrator comes in."""

    base: str
    store: Path
    link: str


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Azure export and a cluster, scanned, and two accounts with a call that was denied."""
    folder = tmp_path_factory.mktemp("portal") / "store"
    for name in FILES:
        rescan(folder, name)
    estate.fill(folder)
    return folder


def rescan(store: Path, name: str) -> None:
    """Scan an example as a user does."""
    code = run(
        ["scan", str(EXAMPLES / name), "--store", str(store), "--fail-on", "never", "--allow-incomplete"]
    )
    assert code == 0, f"scan of {name} ended with {code}"


@pytest.fixture(scope="session")
def served(store: Path) -> Iterator[Served]:
    assets.renew()
    words = [str(Path(sys.executable).parent / "cloudward"), "serve", "--store", str(store), "--port", "0"]
    log = store.parent / "server.log"
    with log.open("w") as out, subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            said = ""
            for line in server.stderr:
                said += line
                if found := re.search(r"(http://127\.0\.0\.1:\d+)(/sign-in#\S+)", line):
                    break
            else:
                pytest.fail(f"the server did not start:\n{said}")
            drain = subprocess.Popen(["cat"], stdin=server.stderr, stdout=out)
            yield Served(found[1], store, found[2])
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
        drain.wait(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = launched(playwright)
        yield found
        found.close()


@pytest.fixture(scope="session")
def admin(browser: Browser, served: Served) -> Any:
    """The cookies of the administrator, who came in by the link of the terminal."""
    with seen(browser, served.base) as first:
        first.page.goto(served.base + served.link)
        first.page.wait_for_url(served.base + "/")
        first.settled()
        return first.page.context.storage_state()


@pytest.fixture
def portal(browser: Browser, served: Served, admin: Any) -> Iterator[Seen]:
    """A page of somebody who may do everything."""
    with seen(browser, served.base, storage_state=admin, viewport={"width": 1280, "height": 900}) as found:
        found.go("/")
        yield found
