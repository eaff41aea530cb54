from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward.rules.paths import Mark, Step, child, join, steps

any_step = st.one_of(st.text(), st.integers(0, 99), st.sampled_from(Mark))


@given(st.lists(any_step, max_size=5))
def test_every_path_is_read_as_it_was_written(found: list[Step]) -> None:
    assert steps(join(found)) == tuple(found)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", ()),
        ("A.B", ("A", "B")),
        ("A[2].B", ("A", 2, "B")),
        ("A[].B", ("A", Mark.ANY, "B")),
        ("A[*]", ("A", Mark.MORE)),
        ("A['x.y']['it\\'s']", ("A", "x.y", "it's")),
        ("['x y'].B[0][1]", ("x y", "B", 0, 1)),
    ],
)
def test_paths_are_spelled_in_one_way(path: str, found: tuple[Step, ...]) -> None:
    assert steps(path) == found
    assert join(found) == path


@pytest.mark.parametrize("path", ["A.", ".A", "A..B", "A[", "A[x]", "A[-1]", "A B", "A[1]B", "A['x]", "2"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        steps(path)


def test_a_child_is_one_step_below() -> None:
    assert child(child("A", 2), "x.y") == "A[2]['x.y']"
