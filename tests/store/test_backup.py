from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pytest
from sqlalchemy import select

from cloudward.errors import InputError, UsageError
from cloudward.model import Provider
from cloudward.store import Store, backup, batches, compaction, expiry
from cloudward.store import tables as t
from cloudward.store.events import HOUR, UNPARSED, Events, Stored
from cloudward.store.files import Files
from tests.store.build import ONE, company, listed, resource, scanned, staged


def everything(store: Store) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with store.database.read() as connection:
        return {
            table.name: sorted(map(repr, map(tuple, connection.execute(select(table)))))
            for table in t.metadata.sorted_tables
        }


def filled(store: Store) -> dict[str, list[Any]]:
    company(store)
    scanned(store, resource("late"), listed(), scopes=[ONE])
    store.connect("acme", Provider.AWS, {"role": "cloudward", "organization": True}, "ann")
    assert store.key
    store.vault.seal("secret", "test")
    return everything(store)


def test_what_is_restored_is_what_was_there(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filled(store)
    sealed = store.vault.seal("secret", "test")
    told = backup.backup(store, tmp_path / "backup", keys=True)
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    assert (told.snapshots, told.keys) == (3, True)
    monkeypatch.delenv("CLOUDWARD_DATABASE", raising=False)  # of PostgreSQL a SQLite is made
    assert backup.restore(tmp_path / "backup", tmp_path / "new") == told
    with Store.open(tmp_path / "new") as new:
        assert everything(new) == before
        assert list(new.snapshot(ONE).resources()) == list(store.snapshot(ONE).resources())
        assert new.vault.open(sealed, "test") == "secret"
        assert new.key == store.key
        company(new)  # and it goes on


def test_events_are_in_a_backup_that_is_asked_for_them_and_are_as_old_as_they_were(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOUDWARD_DATABASE", raising=False)
    events = Events(store.folder, store.files)
    with events.writer() as writer:
        writer.add("okta", [Stored(number * HOUR, f"e{number}", "a.json", 1, b"{}") for number in range(3)])
        writer.add("okta", [Stored(0, "x", "a.json", 1, b"{}", "broken")])
    for path in store.folder.glob("events/okta/*/*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    told = backup.backup(store, tmp_path / "backup", events=True)
    assert told.events == 4
    assert backup.restore(tmp_path / "backup", tmp_path / "new") == told
    with Store.open(tmp_path / "new") as new:
        found = Events(new.folder, new.files)
        assert [*found.read("okta")] == [*events.read("okta")]
        assert [*found.read("okta", aside=UNPARSED)] == [*events.read("okta", aside=UNPARSED)]
        with new.database.read() as connection:
            assert expiry.expired(connection) == {}
        assert expiry.expire(new, datetime.fromtimestamp(1_700_000_000 + 86_400, UTC), 90).files == 0
        assert expiry.expire(new, datetime.fromtimestamp(1_700_000_000 + 91 * 86_400, UTC), 90).files == 4


def test_events_that_are_merged_while_a_backup_is_made_are_in_it(store: Store, tmp_path: Path) -> None:
    class Merging(Files):
        """Between the list of an hour and the first of its files somebody merges it."""

        merged = False

        def open(self, path: Path) -> IO[bytes]:
            if "events" in path.parts and not self.merged:
                self.merged = True
                assert compaction.compact(store.folder, Files()).files == 5
            return super().open(path)

    events = Events(store.folder, store.files)
    for number in range(5):
        with events.writer() as writer:
            writer.add("okta", [Stored(number, f"e{number}", "a.json", 1, b"{}")])
    store.files = Merging()
    assert backup.backup(store, tmp_path / "backup", events=True).events == 1
    names = {name for name in _members(tmp_path / "backup") if name.startswith("events/")}
    assert names == {str(path.relative_to(store.folder)) for path in store.folder.glob("events/*/*/*")}


def test_a_store_that_is_restored_without_its_events_says_that_they_are_gone(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOUDWARD_DATABASE", raising=False)
    now = datetime.now(UTC)
    with store.database.write() as connection:
        batches.hear(connection, batches.Heard("okta", "files", now, now, 1))
        batches.reached(connection, "follow/1", {"state": "1-abc", "files": {"a": 1}}, now)
    told = backup.backup(store, tmp_path / "backup")
    assert told.events is None
    backup.restore(tmp_path / "backup", tmp_path / "new")
    with Store.open(tmp_path / "new") as new, new.database.read() as connection:
        assert expiry.expired(connection) == {"okta": told.created}
        assert batches.checkpoint(connection, "follow/1") == {"state": "", "files": {"a": 1}}, "it goes on"


@pytest.mark.slow
def test_a_backup_of_sqlite_becomes_a_postgresql(store: Store, tmp_path: Path, empty_database: str) -> None:
    before = filled(store)
    backup.backup(store, tmp_path / "backup")
    backup.restore(tmp_path / "backup", tmp_path / "new", empty_database)
    with Store.open(tmp_path / "new", url=empty_database) as new:
        assert everything(new) == before
        company(new)  # the counters of keys go on
    with pytest.raises(UsageError, match="the database is not empty"):
        backup.restore(tmp_path / "backup", tmp_path / "newer", empty_database)


def test_it_is_made_while_the_store_is_written_to(store: Store, tmp_path: Path) -> None:
    company(store)
    with staged(store, resource("on-its-way"), listed()):
        backup.backup(store, tmp_path / "backup")
    backup.restore(tmp_path / "backup", tmp_path / "new", f"sqlite:///{tmp_path / 'new' / 'state.sqlite'}")
    with Store.open(tmp_path / "new", url=f"sqlite:///{tmp_path / 'new' / 'state.sqlite'}") as new:
        assert [scan.state for scan in new.scans()] == ["abandoned", "finished"]
        assert len(list(new.assessments())) == len(list(store.assessments()))


def test_without_the_keys_there_is_nothing_that_opens_a_secret(store: Store, tmp_path: Path) -> None:
    filled(store)
    backup.backup(store, tmp_path / "backup")
    with tarfile.open(tmp_path / "backup") as archive:
        assert not {"key", "keys"} & set(archive.getnames())


def test_nothing_is_written_over(store: Store, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        backup.backup(store, tmp_path / "backup")
    (tmp_path / "backup").unlink()
    backup.backup(store, tmp_path / "backup")
    with pytest.raises(UsageError, match="is not empty"):
        backup.restore(tmp_path / "backup", store.folder)


def _members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


def _archive(file: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(file, "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def _changed(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("history/"))
    members[name] = members[name][:-1] + bytes([members[name][-1] ^ 1])


def _missing(members: dict[str, bytes]) -> None:
    del members[next(name for name in members if name.startswith("history/"))]


def _added(members: dict[str, bytes]) -> None:
    manifest = members.pop("manifest.json")
    members["history/one/20260101-000000-abcdef.parquet"] = b"?"
    members["manifest.json"] = manifest


def _later(members: dict[str, bytes]) -> None:
    members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), "format": 2}).encode()


def _named(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members[name] = b"?"

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_changed, "is not what was written"),
        (_missing, "is missing"),
        (_added, "is not what was written"),
        (lambda members: members.pop("manifest.json"), "no manifest at its end"),
        (_later, "another version"),
        (_named("../outside"), "is no backup: it holds '../outside'"),
        (_named("/etc/cron.d/x"), "is no backup: it holds"),
        (_named("history/../../x/20260101-000000-abcdef.parquet"), "is no backup: it holds"),
        (_named("state.sqlite"), "is no backup: it holds"),
    ],
)
def test_an_archive_that_was_changed_is_refused_and_leaves_nothing(
    tmp_path: Path, change: Callable[[dict[str, bytes]], None], message: str
) -> None:
    with Store.open(tmp_path / "store", url=f"sqlite:///{tmp_path / 'store' / 'state.sqlite'}") as store:
        company(store)
        backup.backup(store, tmp_path / "backup")
    members = _members(tmp_path / "backup")
    change(members)
    _archive(tmp_path / "backup", members)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=message):
        backup.restore(
            tmp_path / "backup", tmp_path / "new", f"sqlite:///{tmp_path / 'new' / 'state.sqlite'}"
        )
    assert sorted(tmp_path.rglob("*")) == before


def test_wherever_an_archive_was_cut_off_it_is_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", url=f"sqlite:///{tmp_path / 'store' / 'state.sqlite'}") as store:
        company(store)
        backup.backup(store, tmp_path / "backup")
    whole = (tmp_path / "backup").read_bytes()
    assert backup.read(tmp_path / "backup").snapshots == 2
    manifest = whole.index(b'{"format"')
    for cut in range(0, manifest, max(1, len(whole) // 25)):
        (tmp_path / "cut").write_bytes(whole[:cut])
        with pytest.raises(InputError):
            backup.read(tmp_path / "cut")


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "backup", "w") as archive:
        info = tarfile.TarInfo("history/one/20260101-000000-abcdef.parquet")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(InputError, match="is no backup: it holds"):
        backup.read(tmp_path / "backup")
