"""Secrets at rest are read only with the key, for what they were sealed for."""

from __future__ import annotations

import pytest

from cloudward.errors import StoreError
from cloudward.store import Store, revisions, security


def test_what_is_sealed_is_opened_for_its_purpose_only(store: Store) -> None:
    sealed = store.vault.seal("hunter2", "webhook")
    assert "hunter2" not in sealed
    assert store.vault.open(sealed, "webhook") == "hunter2"
    with pytest.raises(StoreError, match="nothing that was sealed for connector"):
        store.vault.open(sealed, "connector")
    with pytest.raises(StoreError, match="was changed"):
        store.vault.open(sealed.replace(":webhook:", ":connector:"), "connector")


def test_a_key_that_others_can_read_is_refused(store: Store) -> None:
    sealed = store.vault.seal("hunter2", "webhook")
    (store.folder / "keys").chmod(0o640)
    with Store.open(store.folder) as again, pytest.raises(StoreError, match="can be read by others"):
        again.vault.open(sealed, "webhook")


def test_the_key_of_another_store_opens_nothing(store: Store) -> None:
    sealed = store.vault.seal("hunter2", "webhook")
    with Store.open(store.folder.parent / "other") as other, pytest.raises(StoreError, match="has no key"):
        other.vault.open(sealed, "webhook")


def test_a_rotation_seals_everything_anew_and_the_next_one_forgets_the_old_key(store: Store) -> None:
    sealed = store.vault.seal("hunter2", "oidc")
    with store.database.write() as connection:
        security.keep(connection, "oidc", {"client": "me", "secret": sealed}, "ann", told={"client": "me"})
    assert store.vault.rotate() == 1
    with store.database.read() as connection:
        kept = security.setting(connection, "oidc")
    assert kept["client"] == "me"
    assert kept["secret"] != sealed
    with Store.open(store.folder) as again:
        assert again.vault.open(kept["secret"], "oidc") == "hunter2"
        assert again.vault.rotate() == 1
        with pytest.raises(StoreError, match="has no key"):
            again.vault.open(sealed, "oidc")


def test_a_rotation_leaves_the_log_of_changes_as_it_is(store: Store) -> None:
    with store.database.write() as connection:
        security.keep(connection, "oidc", {"secret": store.vault.seal("hunter2", "oidc")}, "ann")
    store.vault.rotate()
    with store.database.read() as connection:
        assert revisions.verify(connection).broken is None


def test_another_process_seals_with_the_new_key_at_once(store: Store) -> None:
    with Store.open(store.folder) as other:
        other.vault.seal("hunter2", "oidc")
        store.vault.rotate()
        sealed = other.vault.seal("hunter2", "oidc")
        assert sealed.split(":")[2] == (store.folder / "keys").read_text().split()[0]


def test_the_file_of_keys_is_for_its_owner_alone(store: Store) -> None:
    store.vault.seal("hunter2", "webhook")
    assert (store.folder / "keys").stat().st_mode & 0o777 == 0o600
