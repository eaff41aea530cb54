"""The state database: one writer, any number of readers, migrated when it is opened."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cloudward.errors import StoreError
from cloudward.store import atlas
from cloudward.store.files import Files

HEAD = "0020"
"""The migration that `tables` describes."""
PATIENCE = 60
"""Seconds that a writer waits for another one."""
WRITER = 0x636C6F7564
"""The lock in PostgreSQL that the one writer holds; any number that nobody else uses."""


class Database:
    """Transactions. Whatever the database says of an error becomes one line of `StoreError`."""

    def __init__(self, url: str, files: Files) -> None:
        self._files, self.url = files, url
        self._writing = threading.RLock()
        options = {atlas.OPTION: atlas.Atlas()}
        self.engine = create_engine(url, execution_options=options, **_arguments(url))
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _configure)
            event.listen(self.engine, "begin", _begin)
        else:
            event.listen(self.engine, "connect", _share)
        event.listen(self.engine, "before_cursor_execute", self._before)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of everything, for as long as it is open."""
        with self._errors("read"), self.engine.connect() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self, alone: bool = True) -> Iterator[Connection]:
        """A transaction: all of it or nothing, and one at a time.

        What guards its rows itself, as the queue of jobs does, need not be `alone`: on PostgreSQL it does
        not wait for the others then. SQLite has one writer always.
        """
        sqlite = self.engine.dialect.name == "sqlite"
        turn = self._writing if sqlite or alone else nullcontext()
        with self._errors("write"), turn, self.engine.connect() as connection:
            connection.execution_options(cloudward_write=True)
            with connection.begin() as transaction:
                if alone and not sqlite:
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER})")
                yield connection
                with self._files.at("commit", ""):
                    transaction.commit()

    def migrate(self) -> None:
        """Bring the tables to what this version needs; a database of a later version is refused."""
        with self.read() as connection:
            found = _revision(connection)
        if found == HEAD:
            return
        from cloudward.store import migrations

        with self.write() as connection:
            migrations.upgrade(connection)

    def close(self) -> None:
        self.engine.dispose()

    def _before(self, *event_arguments: Any) -> None:
        with self._files.at("sql", str(event_arguments[2])):
            pass

    @contextmanager
    def _errors(self, verb: str) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreError(f"cannot {verb} the state database: {error.orig}", _hint(error)) from error
        except (SQLAlchemyError, OSError, sqlite3.Error) as error:
            raise StoreError(f"cannot {verb} the state database: {error}") from error


def _arguments(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": PATIENCE, "check_same_thread": False}}
    return {"pool_size": 20, "max_overflow": 20, "pool_pre_ping": True}


def _configure(connection: Any, _record: Any) -> None:
    """WAL: readers never wait for the writer; FULL: what was committed survives a power cut."""
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "journal_size_limit=67108864",
        "temp_store=MEMORY",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _share(connection: Any, _record: Any) -> None:
    """A processor for each call: one who searches everything leaves the others to those who do not."""
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.commit()


def _begin(connection: Connection) -> None:
    """Writers take their turn at once: a reader that becomes a writer later could only fail."""
    write = connection.get_execution_options().get("cloudward_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _hint(error: DBAPIError) -> str:
    if "locked" in str(error.orig):
        return "another cloudward is writing to this store; try again when it has ended"
    return "free some space and try again" if "full" in str(error.orig) else ""


def _revision(connection: Connection) -> str | None:
    engine: Engine = connection.engine
    if not engine.dialect.has_table(connection, "alembic_version"):
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row else None


def bulk(
    connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]], add: bool = False
) -> None:
    """Insert rows given as columns, without SQLAlchemy looking at each value.

    With `add`, the `n` of a row that is there already grows by that of the new one.
    """
    statement, order, positional = _statement(connection.dialect.name, table, add, tuple(columns))
    rows: Any = list(zip(*(columns[name] for name in order), strict=True))
    if not positional:
        rows = [dict(zip(order, row, strict=True)) for row in rows]
    connection.exec_driver_sql(statement, rows)


@lru_cache
def _statement(
    dialect: str, table: Table, add: bool, names: tuple[str, ...]
) -> tuple[str, Sequence[str], bool]:
    module = {"sqlite": sqlite, "postgresql": postgresql}[dialect]
    insert = module.insert(table)
    if add:
        keys = [column.name for column in table.primary_key]
        insert = insert.on_conflict_do_update(index_elements=keys, set_={"n": table.c.n + insert.excluded.n})
    compiled = insert.compile(dialect=module.dialect(), column_keys=names)
    return str(compiled), compiled.positiontup or names, compiled.positional
