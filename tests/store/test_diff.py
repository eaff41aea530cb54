from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward.errors import UsageError
from cloudward.model import Cause, Outcome, Reason, Resource
from cloudward.rules.types import Field, Type
from cloudward.store import Change, ChangeKind, Store
from cloudward.store.diff import differing, volatile
from tests.store.build import BUCKET, DENIED, KEY, ONE, listed, resource, scanned
from tests.store.test_encoding import JSON

A, B, C, N = ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.CHANGED, ChangeKind.NOT_COMPARABLE


def changes(store: Store, types: Mapping[str, Type] | None = None) -> list[Change]:
    return list(store.diff(ONE, types=types).changes)


def kinds(store: Store) -> list[tuple[str, str]]:
    return [(change.name, change.kind.value) for change in changes(store)]


def test_what_came_went_and_changed(store: Store) -> None:
    old = scanned(
        store, listed(), resource("a"), resource("b"), resource("c", properties={"x": {"y": [1, 2]}})
    )
    new = scanned(
        store, listed(), resource("b"), resource("c", properties={"x": {"y": [1, 3]}}), resource("d")
    )
    found = store.diff(ONE)
    assert (found.scope, found.old, found.new) == (ONE, old, new)
    assert [(change.name, change.kind, change.paths) for change in found.changes] == [
        ("a", B, ()),
        ("c", C, ("x.y[1]",)),
        ("d", A, ()),
    ]


def test_a_type_that_was_not_read_is_not_comparable_rather_than_removed(store: Store) -> None:
    scanned(store, listed(), listed(KEY), resource("a"), resource("k", KEY))
    scanned(store, listed(), listed(KEY, outcome=Outcome.DENIED), resource("a"))
    assert kinds(store) == [("k", "not_comparable")]


def test_a_type_that_nobody_asked_for_is_not_comparable_rather_than_added(store: Store) -> None:
    scanned(store, listed(), resource("a"))
    scanned(store, listed(), listed(KEY), resource("a"), resource("k", KEY))
    assert kinds(store) == [("k", "not_comparable")]


def test_one_region_that_was_not_read_leaves_the_others_comparable(store: Store) -> None:
    both = [resource("here", region="a"), resource("there", region="b")]
    scanned(store, listed(region="a"), listed(region="b"), *both)
    scanned(store, listed(region="a"), listed(region="b", outcome=Outcome.FAILED))
    assert kinds(store) == [("here", "removed"), ("there", "not_comparable")]


def test_fields_unread_in_either_are_told_apart(store: Store) -> None:
    scanned(store, listed(), resource("a", properties={"Name": "a"}, unread={"Policy": DENIED}))
    scanned(store, listed(), resource("a", properties={"Name": "a", "Policy": {"x": 1}}))
    assert changes(store) == [Change(N, BUCKET, resource("a").id, "a", "eu-west-1", (), ("Policy",))]
    scanned(store, listed(), resource("a", properties={"Name": "b", "Policy": {"x": 1}}))
    scanned(store, listed(), resource("a", properties={"Name": "c"}, unread={"Policy.x": DENIED}))
    (change,) = changes(store)
    assert (change.kind, change.paths, change.unread) == (C, ("Name", "Policy"), ("Policy.x",))


def test_a_document_that_was_not_read_at_all_is_not_comparable(store: Store) -> None:
    scanned(store, listed(), resource("a"))
    scanned(store, listed(), resource("a", properties={}, unread={"": DENIED}))
    assert kinds(store) == [("a", "not_comparable")]


def test_a_list_that_may_have_more_is_not_compared(store: Store) -> None:
    scanned(store, listed(), resource("a", properties={"L": [1], "M": 1}))
    scanned(store, listed(), resource("a", properties={"L": [2, 3], "M": 2}, unread={"L[*]": DENIED}))
    assert [change.paths for change in changes(store)] == [("M",)]


def test_what_changes_by_itself_is_ignored(store: Store) -> None:
    rule = Field(
        "Rules", "list", items=Field("", "object", fields=(Field("Seen", "timestamp", volatile=True),))
    )
    tags = Field("Uses", "map", items=Field("", "timestamp", volatile=True))
    runtime = Field("Runtime", "object", fields=(Field("LastAccess", "timestamp", volatile=True),))
    type = Type(BUCKET, "aws", "regional", (rule, tags, runtime))
    assert volatile(type) == ("Rules[].Seen", "Uses[]", "Runtime.LastAccess")

    def made(n: int, port: int) -> Resource:
        rules = [{"Seen": n, "Port": 1}, {"Seen": n, "Port": port}]
        return resource(
            "a", properties={"Rules": rules, "Uses": {"x": n, "y.z": n}, "Runtime": {"LastAccess": n}}
        )

    scanned(store, listed(), made(1, 22))
    scanned(store, listed(), made(2, 22))
    assert changes(store, {BUCKET: type}) == []
    scanned(store, listed(), made(3, 80))
    assert [change.paths for change in changes(store, {BUCKET: type})] == [("Rules[1].Port",)]


def test_name_region_tags_and_a_new_generation_are_changes(store: Store) -> None:
    scanned(store, listed(), resource("a", id="i", tags={"x": "1", "y": "2"}, generation="1", properties={}))
    scanned(
        store,
        listed(),
        resource("b", id="i", region="other", tags={"x": "2", "z": "2"}, generation="2", properties={}),
    )
    (change,) = changes(store)
    assert change.paths == ("meta.name", "meta.region", "meta.tags['x']", "meta.tags['y']", "meta.tags['z']")
    assert change.recreated


def test_tags_and_region_that_were_not_read_are_not_compared(store: Store) -> None:
    scanned(store, listed(), resource("a", tags={"x": "1"}))
    scanned(store, listed(), resource("a", region=None, unread={"meta.tags": DENIED, "meta.region": DENIED}))
    assert [(change.kind, change.unread) for change in changes(store)] == [(N, ("meta.region", "meta.tags"))]


def test_two_given_scans_are_compared_in_the_given_order(store: Store) -> None:
    first = scanned(store, listed(), resource("a"))
    scanned(store, listed(), resource("b"))
    third = scanned(store, listed(), resource("c"))
    assert [(c.name, c.kind) for c in store.diff(ONE, first, third).changes] == [("a", B), ("c", A)]
    assert [(c.name, c.kind) for c in store.diff(ONE, third, first).changes] == [("a", A), ("c", B)]


def test_a_first_snapshot_has_nothing_before_it(store: Store) -> None:
    scan = scanned(store, resource("a"))
    with pytest.raises(UsageError, match=f"no snapshot of {ONE} before {scan}"):
        store.diff(ONE)
    with pytest.raises(UsageError, match="no scope '3'"):
        store.diff("3")
    with pytest.raises(UsageError, match=r"scan x of .* is not kept"):
        store.diff(ONE, "x")


def nothing(_path: str) -> bool:
    return False


@given(JSON)
def test_a_document_does_not_differ_from_itself(document: Any) -> None:
    assert list(differing(document, document, nothing)) == []


@given(JSON, JSON)
def test_documents_that_differ_have_a_path_that_says_so_and_the_order_does_not_matter(
    old: Any, new: Any
) -> None:
    paths = list(differing(old, new, nothing))
    assert bool(paths) == (_typed(old) != _typed(new))
    assert paths == list(differing(new, old, nothing))


def _typed(value: Any) -> Any:
    """Booleans apart from numbers."""
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    return [_typed(item) for item in value] if isinstance(value, list) else value


@given(st.lists(st.sampled_from(["A", "B", "x.y"]), min_size=1, max_size=3), JSON)
def test_what_lies_below_an_unread_path_is_never_a_change(keys: list[str], value: Any) -> None:
    path = "A"
    old: Any = {"A": {}}
    new: Any = {"A": value}
    for key in keys:
        path += f"['{key}']" if "." in key else f".{key}"
        old, new = {"A": old}, {"A": new}
    prefix = "A" + ".A" * len(keys)

    def skip(found: str) -> bool:
        return found == prefix or found.startswith((prefix + ".", prefix + "["))

    assert list(differing(old, new, skip)) == []


def test_the_cause_of_what_is_unread_does_not_matter(store: Store) -> None:
    scanned(store, listed(), resource("a", unread={"P": DENIED}))
    scanned(store, listed(), resource("a", unread={"P": Cause(Reason.FAILED, "other")}))
    assert [(change.kind, change.unread) for change in changes(store)] == [(N, ("P",))]
