from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudward.store import Store
from tests.server.auth.people import World
from tests.server.auth.people import world as made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Store.open(tmp_path / "store") as store:
        found = made(store)
        yield found
        found.guard.close()
