from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from cloudward.store import Store
from cloudward.store.place import VARIABLE

settings.register_profile("store", deadline=None, database=None)
settings.load_profile("store")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The kind of the state database; stores that are opened without a URL have one of it."""
    name: str = request.param
    if name == "postgresql":
        monkeypatch.setenv(VARIABLE, request.getfixturevalue("database")())
    return name


@pytest.fixture
def store(engine: str, tmp_path: Path, begun: Callable[[Path], Path]) -> Iterator[Store]:
    folder = tmp_path / "store"
    with Store.open(begun(folder) if engine == "sqlite" else folder) as opened:
        assert opened.database.engine.dialect.name == engine
        yield opened
