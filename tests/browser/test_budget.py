"""How much script a browser has to load."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cloudward.server import assets

pytestmark = pytest.mark.slow
FIRST, EACH = 300_000, 600_000
"""Bytes of script, as gzip sends them: of the first page, and of any page."""
SOURCES = Path(__file__).parents[2] / "portal" / "src"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    assets.renew()
    found: dict[str, Any] = json.loads((assets.STATIC / ".vite" / "manifest.json").read_text())
    return found


def needed(manifest: dict[str, Any], name: str, later: bool = False) -> set[str]:
    """The files of a module and of all that it imports; `later`: also what it loads when that is shown."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            part = manifest[each]
            waiting += part.get("imports", [])
            if later and "routes/" in each:
                waiting += part.get("dynamicImports", [])
    return found


def size(manifest: dict[str, Any], names: set[str]) -> int:
    files = {manifest[name]["file"] for name in names}
    return sum(len(gzip.compress((assets.STATIC / file).read_bytes())) for file in files)


def test_the_first_page_is_small_and_no_page_is_large(manifest: dict[str, Any]) -> None:
    entry = needed(manifest, "index.html")
    routes = [name for name in manifest if name.startswith("src/routes/")]
    assert len(routes) >= 10
    sizes = {name: size(manifest, entry | needed(manifest, name)) for name in routes}
    whole = {name: size(manifest, entry | needed(manifest, name, later=True)) for name in routes}
    assert sizes["src/routes/index.tsx?tsr-split=component"] <= FIRST
    assert {name: bytes for name, bytes in whole.items() if bytes > EACH} == {}


def test_no_page_puts_markup_of_others_into_itself() -> None:
    refused = re.compile(
        r"dangerouslySetInnerHTML|\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write"
    )
    found = [path.name for path in sorted(SOURCES.rglob("*.ts*")) if refused.search(path.read_text())]
    assert found == []
