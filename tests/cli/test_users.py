"""Users, keys and the log of changes, as who runs the server meets them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from cloudward.server.auth.links import first_link
from cloudward.store import Store
from tests.cli.conftest import Cloudward


@pytest.fixture
def kept(home: Path) -> Path:
    folder = home / "store"
    with Store.open(folder) as store:
        first_link(store)
        store.vault.seal("x", "y")
    return folder


def test_users_are_listed_with_their_roles(cloudward: Cloudward, kept: Path) -> None:
    (found,) = cloudward("users", "list", "--store", str(kept), "--output", "json").json["items"]
    assert (found["name"], found["roles"]) == ("admin", ["owner"])


def test_a_link_lets_a_user_back_in(cloudward: Cloudward, kept: Path) -> None:
    ran = cloudward("users", "sign-in-link", "admin", "--store", str(kept), "--url", "https://c.example/")
    assert ran.code == 0
    assert ran.out.startswith("https://c.example/sign-in#")
    assert "15 minutes" in ran.err
    wrong = cloudward("users", "sign-in-link", "admim", "--store", str(kept))
    assert wrong.code == 2
    assert "did you mean 'admin'" in wrong.err


def test_a_whole_log_has_a_digest_to_note(cloudward: Cloudward, kept: Path) -> None:
    ran = cloudward("audit", "verify", "--store", str(kept))
    assert ran.code == 0
    digest = ran.err.split()[-1]
    assert len(digest) == 64
    assert cloudward("audit", "verify", "--store", str(kept), "--noted", digest).code == 0
    assert cloudward("audit", "verify", "--store", str(kept), "--noted", "0" * 64).code == 5


def test_a_changed_log_shows(cloudward: Cloudward, kept: Path) -> None:
    with Store.open(kept) as store, store.database.write() as connection:
        connection.execute(text("UPDATE revisions SET who = 'eve' WHERE key = 1"))
    ran = cloudward("audit", "verify", "--store", str(kept))
    assert ran.code == 5
    assert "Change 1 is not as it was written" in ran.err


def test_changes_are_listed(cloudward: Cloudward, kept: Path) -> None:
    items = cloudward("audit", "list", "--store", str(kept), "--output", "json").json["items"]
    assert {each["kind"] for each in items} == {"user", "binding", "link"}


def test_a_key_is_rotated(cloudward: Cloudward, kept: Path) -> None:
    before = (kept / "keys").read_text()
    ran = cloudward("rotate-key", "--store", str(kept))
    assert ran.code == 0
    assert "0 secrets sealed with a new key" in ran.err
    assert (kept / "keys").read_text().splitlines()[1:] == before.splitlines()
