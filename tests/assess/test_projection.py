from __future__ import annotations

from typing import Any

import pytest

from cloudward.assess.projection import ANY, Projection, incomplete, parts
from cloudward.model import Cause, Reason
from cloudward.rules.rule import Partial
from cloudward.rules.types import Field, Type

DENIED = Cause(Reason.DENIED, "s3:GetBucketPolicy")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", []),
        ("A.B", ["A", "B"]),
        ("A[2].B", ["A", 2, "B"]),
        ("A[].B", ["A", ANY, "B"]),
        ("A[*]", ["A", ANY]),
        ("Labels['x.y'].z", ["Labels", "x.y", "z"]),
        ("Labels['it\\'s']", ["Labels", "it's"]),
        ("Labels['']", ["Labels", ""]),
        ("kube-x.a_b", ["kube-x", "a_b"]),
    ],
)
def test_a_path_has_parts(path: str, expected: list[Any]) -> None:
    assert parts(path) == expected


def test_only_what_is_read_stays() -> None:
    document = {"A": {"B": 1, "C": 2}, "L": [{"X": 1, "Y": 2}], "M": {"k": {"v": 1, "w": 2}}, "Z": 1}
    assert Projection.of_paths(["A.B", "L[].X", "M[].v", "None.there"])(document) == {
        "A": {"B": 1},
        "L": [{"X": 1}],
        "M": {"k": {"v": 1}},
    }


def test_a_path_takes_all_that_lies_below_it() -> None:
    assert Projection.of_paths(["L[].X", "L"])({"L": [{"X": 1, "Y": 2}]}) == {"L": [{"X": 1, "Y": 2}]}


def test_a_list_keeps_its_length_when_only_one_element_is_read() -> None:
    assert Projection.of_paths(["L[1].X"])({"L": [{"X": 1}, {"X": 2, "Y": 3}]}) == {"L": [{}, {"X": 2}]}


def test_a_partial_list_stays_partial() -> None:
    document = incomplete({"L": [{"X": 1, "Y": 2}]}, {"L[*]": DENIED})
    cut = Projection.of_paths(["L[].X"])(document)["L"]
    assert isinstance(cut, Partial)
    assert (list(cut), cut.cause) == ([{"X": 1}], DENIED)


def test_an_unread_path_makes_only_its_own_list_partial() -> None:
    document: dict[str, Any] = {"A": [{"L": [1], "M": [2]}, {"L": [3]}], "B": [4]}
    found = incomplete(
        document, {"A[0].L[*]": DENIED, "B[*]": DENIED, "Gone.L[*]": DENIED, "A[7].L[*]": DENIED}
    )
    kinds = [type(found["A"][0]["L"]), type(found["A"][0]["M"]), type(found["A"][1]["L"]), type(found["B"])]
    assert kinds == [Partial, list, list, Partial]
    assert found == document
    assert type(document["B"]) is list


def test_unread_paths_count_when_they_cover_or_lie_in_what_is_read() -> None:
    projection = Projection.of_paths(["A.B", "L[].X"])
    touching = ["", "A", "A.B", "A.B.C", "L[2]", "L[2].X", "L[*]"]
    others = ["A.C", "L[2].Y", "Z"]
    assert list(projection.unread(dict.fromkeys([*touching, *others], DENIED))) == touching


USED = Field("Used", "timestamp", volatile=True)
STATE = Type(
    "T",
    "aws",
    "global",
    (
        Field("Name", "string"),
        Field("Runtime", "object", fields=(USED, Field("On", "boolean"))),
        Field("Keys", "list", items=Field("", "object", fields=(Field("Id", "string"), USED))),
        Field("Labels", "map", items=Field("", "string")),
    ),
)
DOCUMENT = {
    "Name": "n",
    "Runtime": {"Used": "now", "On": True},
    "Keys": [{"Id": "i", "Used": "now", "Undeclared": 1}],
    "Labels": {"a": "b"},
    "Undeclared": 1,
}


def test_volatile_and_undeclared_fields_do_not_count() -> None:
    assert Projection.of_type(STATE, [])(DOCUMENT) == {
        "Name": "n",
        "Runtime": {"On": True},
        "Keys": [{"Id": "i"}],
        "Labels": {"a": "b"},
    }


@pytest.mark.parametrize("read", ["Runtime", "Runtime.Used"])
def test_a_volatile_field_counts_when_a_policy_reads_it(read: str) -> None:
    assert Projection.of_type(STATE, [read])(DOCUMENT)["Runtime"] == {"Used": "now", "On": True}


def test_a_volatile_field_of_elements_counts_when_a_policy_reads_it() -> None:
    assert Projection.of_type(STATE, ["Keys[].Used"])(DOCUMENT)["Keys"] == [{"Id": "i", "Used": "now"}]
