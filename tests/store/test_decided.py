"""What people decide, and who changed it when."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from cloudward.errors import UsageError
from cloudward.model import Assignment, Effect
from cloudward.store import Store
from tests.store.build import NOW

WHOLE = Assignment(
    "as-1", Effect.DISABLED, "ann", NOW, "o", "p", "s", ("a", "b"), {"p": {"ports": [22]}}, "why", "x/y"
)  # fmt: skip


def test_an_assignment_comes_back_as_it_was(store: Store) -> None:
    kept = [
        field for field in fields(WHOLE) if field.name != "plan"
    ]  # that is a switch's, made when it is read
    for field in kept:
        assert getattr(WHOLE, field.name) != field.default, f"{field.name} is not told apart by this test"
    plain = Assignment("as-0", Effect.AUDIT, "ann", NOW)
    store.assign(WHOLE)
    store.assign(plain)
    assert store.assignments() == [plain, WHOLE]


def test_who_changed_what_is_kept_when_it_is_gone(store: Store) -> None:
    store.assign(WHOLE)
    store.assign(replace(WHOLE, reason="because"), "bob")
    store.assign(replace(WHOLE, reason="because"), "eve")
    store.unassign("as-1", "cid")
    assert store.assignments() == []
    told = [
        (
            each.by,
            each.kind,
            each.id,
            each.before and each.before["reason"],
            each.after and each.after["reason"],
        )
        for each in store.revisions("assignment")
    ]
    assert told == [
        ("cid", "assignment", "as-1", "because", None),
        ("bob", "assignment", "as-1", "why", "because"),
        ("ann", "assignment", "as-1", None, "why"),
    ]
    assert store.revisions("exemption") == []


def test_what_is_not_there_cannot_be_taken_away(store: Store) -> None:
    store.assign(WHOLE)
    with pytest.raises(UsageError, match="there is no assignment 'as-2'; did you mean 'as-1'"):
        store.unassign("as-2", "ann")
    assert len(store.revisions()) == 1
