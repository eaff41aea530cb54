from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloudward.store import Store
from tests.server.auth.people import World
from tests.server.auth.people import world as made


@pytest.fixture
def world(tmp_path: Path, begun: Callable[[Path], Path]) -> Iterator[World]:
    with Store.open(begun(tmp_path / "store")) as store:
        found = made(store)
        yield found
        found.guard.close()
