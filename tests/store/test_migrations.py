from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from cloudward.errors import StoreError
from cloudward.store import Store
from cloudward.store.database import HEAD
from cloudward.store.migrations import configuration
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
