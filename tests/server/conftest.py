from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloudward.pack import Pack, load
from cloudward.store import Store
from tests.server.client import Client, only, serving
from tests.store.build import ONE, company


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load()


@pytest.fixture
def store(tmp_path: Path, begun: Callable[[Path], Path]) -> Iterator[Store]:
    """Two accounts with six buckets and two keys."""
    with Store.open(begun(tmp_path / "store")) as opened:
        company(opened)
        yield opened


@pytest.fixture
def client(store: Store, pack: Pack) -> Client:
    """Of somebody who may do everything."""
    return serving(store, pack)


@pytest.fixture
def narrow(store: Store, pack: Pack) -> Client:
    """Of somebody who may do everything in one of the two accounts."""
    return serving(store, pack, only([ONE]))
