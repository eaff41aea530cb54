from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from cloudward.errors import StoreError
from cloudward.store import Store
from cloudward.store.database import HEAD, Database
from cloudward.store.files import Files
from cloudward.store.migrations import configuration, upgrade
from cloudward.store.tables import metadata


def test_migrations_make_the_tables_that_the_code_uses(store: Store) -> None:
    with store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_code_knows_the_last_migration(store: Store) -> None:
    with store.database.read() as connection:
        assert ScriptDirectory.from_config(configuration(connection)).get_current_head() == HEAD


def test_a_store_is_migrated_once(store: Store) -> None:
    store.close()
    with Store.open(store.folder) as again:
        assert again.scopes() == []


def test_a_store_of_a_later_version_is_refused(store: Store) -> None:
    with store.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="written by a later version") as caught:
        Store.open(store.folder)
    assert caught.value.hint == "update cloudward"


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_text("hello " * 1000)
    with pytest.raises(StoreError, match=r"^cannot read the state database: file is not a database$"):
        Store.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot make"):
        Store.open(tmp_path / "file" / "store")


def test_the_tables_are_legal_in_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))
            assert index.name is not None
            assert len(index.name) <= 63


def test_every_column_of_one_name_has_one_type() -> None:
    kinds: dict[str, set[str]] = {}
    dialect = create_engine("sqlite://").dialect
    for table in metadata.sorted_tables:
        for column in table.columns:
            kinds.setdefault(column.name, set()).add(column.type.compile(dialect))
    apart = {"id", "key", "scope", "type", "policy", "resource", "scan"}
    assert {name: found for name, found in kinds.items() if len(found) > 1 and name not in apart} == {}


def revisions(connection: Connection) -> list[str]:
    """Every version of the database, the oldest first."""
    script = ScriptDirectory.from_config(configuration(connection))
    return [each.revision for each in script.walk_revisions()][::-1]


@pytest.fixture
def fresh(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with nothing in it."""
    url = f"sqlite:///{tmp_path / 'state.sqlite'}"
    if engine == "postgresql":
        url = request.getfixturevalue("empty_database")
    database = Database(url, Files())
    yield database
    database.close()


def test_a_database_of_every_earlier_version_becomes_that_of_today(fresh: Database) -> None:
    with fresh.read() as connection:
        every = revisions(connection)
    assert every[-1] == HEAD
    assert [int(each) for each in every] == list(range(1, len(every) + 1)), "one line, each number once"
    for number, revision in enumerate(every):
        with fresh.write() as connection:
            upgrade(connection, revision)
            known = inspect(connection).get_table_names()
            scan = {"id": f"s{number}", "provider": "aws", "connector": "c", "options": "{}", "scopes": "[]"}
            row = {**scan, "state": "finished", "started": number}
            target = sa.table("scans", *map(sa.column, row))
            connection.execute(target.insert(), row)
            assert known
    with fresh.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        kept = connection.scalars(select(metadata.tables["scans"].c.id)).all()
    assert len(kept) == len(every), "what an earlier version wrote is there"


@pytest.mark.parametrize("back", [1, 2, 4])
def test_a_store_that_was_left_behind_is_brought_forward_when_it_is_opened(
    fresh: Database, tmp_path: Path, back: int
) -> None:
    with fresh.read() as connection:
        revision = revisions(connection)[-1 - back]
    with fresh.write() as connection:
        upgrade(connection, revision)
    with Store.open(tmp_path, url=fresh.url) as store, store.database.read() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD
        assert store.scopes() == []
