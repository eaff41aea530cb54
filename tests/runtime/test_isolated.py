from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudward.errors import InputError
from cloudward.runtime import isolated
from cloudward.runtime.isolated import Limits
from tests.runtime import work

QUICK = Limits(cpu=1, memory=1 << 30, wait=20)


def test_a_function_gives_its_result() -> None:
    assert (
        isolated.call(work.double, {"a": [1, None, 2.5, "ü", b"\0"]})
        == [{"a": [1, None, 2.5, "ü", b"\0"]}] * 2
    )


def test_a_large_result_comes_whole_and_standard_error_is_no_part_of_it() -> None:
    assert isolated.call(work.loud) == [b"x" * (3 << 20)]


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (work.fail, r"the child process broke on it \(ValueError\)"),
        (work.spin, "more than 1 seconds of processor time"),
        (work.grow, "too much memory"),
        (work.die, r"the child process broke on it \(SIGABRT\)"),
        (work.leave, "ended before it was done"),
    ],
)
def test_a_child_that_breaks_is_one_line(function: Callable[..., Any], reason: str) -> None:
    begun = time.monotonic()
    with pytest.raises(InputError, match=reason) as caught:
        isolated.call(function, limits=QUICK)
    assert "secret" not in str(caught.value)
    assert time.monotonic() - begun < 20


def test_a_child_that_does_nothing_is_ended() -> None:
    with pytest.raises(InputError, match="more than 1 seconds"):
        isolated.call(work.sleep, limits=Limits(cpu=60, memory=1 << 30, wait=1))


def test_frames_come_as_they_are_written_and_a_child_that_nobody_reads_is_ended() -> None:
    before = _children()
    frames = isolated.frames("tests.runtime.endless", "frames", limits=QUICK)
    assert [next(frames) for _ in range(5)] == [b"abc"] * 5
    assert len(_children() - before) == 1
    frames.close()
    assert _children() <= before


@pytest.mark.parametrize(("kind", "reason"), [("huge", "no answer"), ("half", "ended before it was done")])
def test_frames_that_are_none_are_refused(kind: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        list(isolated.frames("tests.runtime.endless", kind, limits=QUICK))


def test_a_slow_reader_is_not_the_fault_of_the_child() -> None:
    frames = isolated.frames(
        "tests.runtime.endless", "frames", limits=Limits(cpu=60, memory=1 << 30, wait=0.5)
    )
    assert next(frames) == b"abc"
    time.sleep(1)
    assert next(frames) == b"abc"
    frames.close()


def test_nothing_of_the_environment_reaches_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    assert set(isolated.call(work.environment)) <= {"PATH", "LANG", "LC_CTYPE"}


def test_a_child_cannot_write(tmp_path: Path) -> None:
    for path in (tmp_path / "new", Path("/tmp/cloudward-child-was-here"), Path("/dev/shm/cloudward-child")):
        assert isolated.call(work.write, str(path)).startswith("refused")
        assert not path.exists() or path.stat().st_size == 0
    isolated.call(work.run)
    assert not Path("/tmp/cloudward-child-was-here").exists()


def test_a_child_reads_its_input_and_nothing_else(tmp_path: Path) -> None:
    mine, other = tmp_path / "input", tmp_path / "other"
    for path in (mine, other):
        path.write_text("content")
    for text in (str(other), "/etc/passwd", f"/proc/{os.getpid()}/environ", "/proc/1/environ"):
        assert isolated.call(work.read, text).startswith("refused"), text
    (frame,) = isolated.frames("tests.runtime.reader", str(mine), str(other.parent / "nothing"))
    assert frame == b"content"
    with pytest.raises(InputError, match="PermissionError"):
        list(isolated.frames("tests.runtime.reader", "--", data=str(other).encode()))
    (frame,) = isolated.frames("tests.runtime.reader", "--", data=str(other).encode(), readable=[str(other)])
    assert frame == b"content"


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_child_has_no_network(listener: int) -> None:
    assert isolated.call(work.connect, listener).startswith("refused")


def test_limits_grow_with_the_input() -> None:
    assert Limits.of(0) == Limits(60, 4 << 30, 120)
    assert Limits.of(100 << 20) == Limits(160, 4 << 30, 220)


def _children() -> set[str]:
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())
