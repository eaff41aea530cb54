from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudward.model import Cause, Reason, Resource
from cloudward.store.encoding import (
    DEPTH,
    Stored,
    below,
    digest_bytes,
    digest_text,
    micros,
    moment,
    pack,
    unpack,
)
from tests.store.build import BUCKET, ONE, resource

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.binary()
    | st.datetimes()
    | st.text(st.characters(codec=None, categories=None)),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.sets(st.integers())
    ),
    max_leaves=20,
)


def kept(item: Resource) -> Resource:
    return unpack(msgspec.msgpack.decode(pack(item), type=Stored), item.type, item.scope)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), JSON))
def test_documents_come_back_as_they_were(document: dict[str, Any]) -> None:
    item = resource("x", properties=document)
    assert kept(item) == item


@settings(max_examples=60)
@given(st.dictionaries(st.text(), ANYTHING))
def test_whatever_a_document_holds_something_is_kept(document: dict[str, Any]) -> None:
    found = kept(resource("x", properties=document))
    assert set(found.properties) <= set(document) | {_text(key) for key in document}


def _text(key: str) -> str:
    return key.encode("utf-8", "replace").decode()


def test_what_is_no_json_is_unread_never_null() -> None:
    odd = object()
    bad = {"a": {"b": odd, "c": 1}, "list": [1, odd], "when": datetime(2026, 1, 1, tzinfo=UTC), "x.y": odd}
    found = kept(resource("x", properties=bad, unread={"other": Cause(Reason.DENIED)}))
    assert found.properties == {"a": {"c": 1}, "when": "2026-01-01T00:00:00Z"}
    assert {path: cause.reason for path, cause in found.unread.items()} == {
        "other": Reason.DENIED,
        "a.b": Reason.BAD_VALUE,
        "list[1]": Reason.BAD_VALUE,
        "list": Reason.BAD_VALUE,
        "['x.y']": Reason.BAD_VALUE,
    }


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_has_not_is_unread_never_null(number: float) -> None:
    found = kept(resource("x", properties={"n": number, "list": [{"n": number}], "ok": 1}))
    assert found.properties == {"list": [{}], "ok": 1}
    assert set(found.unread) == {"n", "list[0].n"}


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    found = kept(resource("x\ud800", properties={"a\ud800": "b\udfff"}, tags={"k\ud800": "v"}, id="\ud800"))
    assert (found.name, found.properties, found.tags, found.id) == ("x?", {"a?": "b?"}, {"k?": "v"}, "?")


def test_a_document_nested_too_deeply_keeps_what_is_above() -> None:
    deep: dict[str, Any] = {}
    document = {"deep": deep, "flat": 1}
    for _ in range(100_000):
        deep["d"] = {}
        deep = deep["d"]
    found = kept(resource("x", properties=document))
    assert found.properties["flat"] == 1
    assert found.unread == {
        ".".join(["deep", *["d"] * (DEPTH - 1)]): Cause(Reason.BAD_VALUE, message="not a JSON value")
    }


@pytest.mark.parametrize(
    ("path", "key", "whole"), [("", "A", "A"), ("A", "B", "A.B"), ("A", "x.y", "A['x.y']")]
)
def test_paths_are_spelled_one_way(path: str, key: str, whole: str) -> None:
    assert below(path, key) == whole


@given(st.text(st.characters(codec="utf-8")) | st.binary().map(bytes.hex))
def test_digests_come_back_as_they_were(text: str) -> None:
    assert digest_text(digest_bytes(text)) == text


@given(st.datetimes(timezones=st.just(UTC)))
def test_moments_come_back_to_the_microsecond(at: datetime) -> None:
    assert moment(micros(at)) == at


def test_a_hash_takes_half_its_length() -> None:
    assert len(digest_bytes("ab" * 32)) == 33
    assert (resource("x").type, resource("x").scope) == (BUCKET, ONE)
