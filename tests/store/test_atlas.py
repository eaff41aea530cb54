"""What is at hand of scopes is what they are now, for each reader as he sees them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from cloudward.model import Provider, Scope
from cloudward.store import Store, current, publish
from tests.store.build import ONE, TWO, resource, scanned

ROOT = Scope("org", Provider.AWS, "organization", "Acme")
UNIT = Scope("unit", Provider.AWS, "organizational unit", "Web", ROOT.id)
LEAF = Scope("leaf", Provider.AWS, "account", "Shop", UNIT.id)


def test_what_another_process_changes_is_seen_at_once(store: Store) -> None:
    store.know([ROOT, UNIT, LEAF])
    with Store.open(store.folder) as other:
        assert other.below(["unit"]) == {"unit", "leaf"}
        store.know([replace(LEAF, parent=ROOT.id, name="Till")])
        assert other.below(["unit"]) == {"unit"}
        assert [each.name for each in other.scopes()] == ["Till", "Acme", "Web"]
        scanned(store, resource("a"), resource("b", scope=TWO), scopes=(ONE, TWO))
        assert {*other.published()} == {ONE, TWO}
        first = other.published()[ONE].scan
        scanned(store, resource("a"), resource("c"), scopes=(ONE,))
        assert other.published()[ONE].scan != first
        assert [each.id[-1] for each in other.resources(scope=ONE)] == ["a", "c"]
        assert [each.id[-1] for each in other.resources(provider="aws", scope=[TWO])] == ["b"]


def test_what_is_taken_back_was_never_seen(store: Store) -> None:
    store.know([ROOT])
    with pytest.raises(ZeroDivisionError):
        fails(store)
    assert [each.id for each in store.scopes()] == ["org"]
    store.know([LEAF])  # it has the version that the other one had
    assert [each.id for each in store.scopes()] == ["leaf", "org"]


def fails(store: Store) -> None:
    with store.database.write() as connection:
        publish.know(connection, UNIT)
        assert [each.id for each in current.scopes(connection)] == ["org", "unit"]
        raise ZeroDivisionError


def test_who_reads_sees_the_same_until_he_ends(store: Store) -> None:
    store.know([ROOT])
    with store.database.read() as connection:
        assert [each.id for each in current.scopes(connection)] == ["org"]
        store.know([UNIT])
        assert [each.id for each in store.scopes()] == ["org", "unit"]
        assert [each.id for each in current.scopes(connection)] == ["org"]
    assert [each.id for each in store.scopes()] == ["org", "unit"]


def test_scopes_are_read_once(tmp_path: Path) -> None:
    sent: list[str] = []
    with Store.open(tmp_path / "store") as store:
        store.know([ROOT, UNIT, LEAF])
        store.scopes()
        event.listen(store.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
        store.scopes()
        store.scopes()
        assert {each for each in sent if "scopes" in each} == {"SELECT max(version) FROM scopes"}
