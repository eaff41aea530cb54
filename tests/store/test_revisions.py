"""The log of changes shows what was done to it, and nothing changes without it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from cloudward.errors import StoreError
from cloudward.model import Exemption, ExemptionCategory
from cloudward.store import Store, revisions
from cloudward.store.files import Files
from cloudward.store.migrations import configuration


def exempt(store: Store, id: str, scope: str = "a") -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    store.exempt(Exemption(id, "p", scope, ExemptionCategory.WAIVER, "because", "ann", at))


def verify(store: Store, noted: str = "") -> revisions.Verified:
    with store.database.read() as connection:
        return revisions.verify(connection, noted)


def test_an_untouched_log_is_whole(store: Store) -> None:
    assert verify(store).length == 0
    for id in "xyz":
        exempt(store, id)
    store.unexempt("x", "bob")
    found = verify(store)
    assert (found.length, found.broken) == (4, None)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE revisions SET who = 'eve' WHERE key = 2", 2),
        ("UPDATE revisions SET after = NULL WHERE key = 2", 2),
        ("UPDATE revisions SET at = at + 1 WHERE key = 2", 2),
        ("UPDATE revisions SET scope = 'b' WHERE key = 2", 2),
        ("DELETE FROM revisions WHERE key = 2", 3),
        ("DELETE FROM revisions WHERE key = 3", 0),
        ("DELETE FROM revisions", 0),
        ("DELETE FROM chain", 0),
        ("INSERT INTO revisions (at, who, kind, id, digest) VALUES (1, 'eve', 'user', 'x', 'd')", 4),
    ],
)
def test_what_was_done_to_the_log_shows(store: Store, statement: str, broken: int) -> None:
    for id in "xyz":
        exempt(store, id)
    with store.database.write() as connection:
        connection.execute(text(statement))
    assert verify(store).broken == broken


def test_a_log_that_was_written_anew_is_told_by_a_noted_digest(store: Store) -> None:
    exempt(store, "x")
    noted = verify(store).digest
    exempt(store, "y")
    assert verify(store, noted).noted is True
    with store.database.write() as connection:
        connection.execute(text("DELETE FROM revisions"))
        connection.execute(text("UPDATE chain SET length = 0, digest = ''"))
    exempt(store, "z")
    found = verify(store, noted)
    assert (found.broken, found.noted) == (None, False)


class NoLog(Files):
    """A disk on which nothing can be added to the log."""

    armed = False

    def at(self, operation: str, what: str) -> AbstractContextManager[None]:
        return Refused() if self.armed and "INSERT INTO revisions" in what else nullcontext()


class Refused(nullcontext[None]):
    def __enter__(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_change_that_cannot_be_logged_is_refused(tmp_path: Path) -> None:
    files = NoLog()
    with Store.open(tmp_path / "store", files) as store:
        files.armed = True
        with pytest.raises(StoreError):
            exempt(store, "x")
        files.armed = False
        assert store.exemptions() == []
        assert verify(store).length == 0


def test_a_change_without_an_end_of_the_log_is_refused(store: Store) -> None:
    with store.database.write() as connection:
        connection.execute(text("DELETE FROM chain"))
    with pytest.raises(StoreError, match="nothing can be changed"):
        exempt(store, "x")
    assert store.exemptions() == []


def test_what_moves_to_another_scope_is_shown_to_nobody_who_sees_one_of_them(store: Store) -> None:
    exempt(store, "x", "a")
    exempt(store, "x", "b")
    with store.database.read() as connection:
        assert [each.scope for each in revisions.entries(connection)] == ["", "a"]
        assert list(revisions.entries(connection, scopes=["b"])) == []


def test_entries_come_in_pages_and_of_scopes(store: Store) -> None:
    for id, scope in (("x", "a"), ("y", "b"), ("z", "a")):
        exempt(store, id, scope)
    with store.database.read() as connection:
        inside = list(revisions.entries(connection, scopes=["a"]))
        assert [each.revision.id for each in inside] == ["z", "x"]
        older = revisions.entries(connection, before=inside[0].number, limit=1)
        assert [each.revision.id for each in older] == ["y"]


def test_what_was_logged_before_there_was_a_chain_stands_in_it(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    engine = create_engine(f"sqlite:///{tmp_path / 'store' / 'state.sqlite'}")
    row = "INSERT INTO revisions (at, who, kind, id, after) VALUES (1, 'ann', 'exemption', 'é', '{\"a\":1}')"
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0005")
        connection.execute(text(row.replace(":1", "\\:1")))
        connection.execute(text(row.replace(":1", "\\:2")))
    engine.dispose()
    with Store.open(tmp_path / "store") as store:
        exempt(store, "x")
        found = verify(store)
        assert (found.length, found.broken) == (3, None)
        assert [each.after for each in store.revisions("exemption")][1:] == [{"a": 2}, {"a": 1}]
