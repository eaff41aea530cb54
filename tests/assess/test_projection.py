from __future__ import annotations

import pytest

from cloudward.assess.projection import Projection
from cloudward.model import Cause, Reason
from cloudward.rules.types import Field, Type

DENIED = Cause(Reason.DENIED, "s3:GetBucketPolicy")


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


def test_unread_paths_count_when_they_cover_or_lie_in_what_is_read() -> None:
    projection = Projection.of_paths(["A.B", "L[].X"])
    touching = ["", "A", "A.B", "A.B.C", "L[2]", "L[2].X", "L[*]", "L[].X"]
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
