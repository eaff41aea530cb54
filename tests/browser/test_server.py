"""What serves the pages of these tests ends with the test, also with one that fails."""

from __future__ import annotations

from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from cloudward.store import Store
from tests.browser.server import Served, serving

pytestmark = pytest.mark.exam


def failing(store: Path, kept: list[Served]) -> None:
    with serving(store) as served:
        kept.append(served)
        raise ZeroDivisionError


def test_a_test_that_fails_ends_its_server(tmp_path: Path) -> None:
    Store.open(tmp_path / "store").close()
    kept: list[Served] = []
    with pytest.raises(ZeroDivisionError):
        failing(tmp_path / "store", kept)
    with pytest.raises(URLError):
        urlopen(kept[0].base)
