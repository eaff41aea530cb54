"""Runs of one store take turns, and know what happened in between."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from cloudward.errors import HeldError
from cloudward.store.files import Files
from cloudward.store.turns import FILE, Turns


def test_a_turn_says_whether_another_process_had_one_since(tmp_path: Path) -> None:
    first, second = Turns(tmp_path, Files(), "one"), Turns(tmp_path, Files(), "two")
    seen = []
    for turns in (first, first, second, second, first):
        with turns.taken() as changed:
            seen.append(changed)
    assert seen == [False, False, True, False, True]
    with Turns(tmp_path, Files(), "three").taken() as changed:
        assert not changed, "what was before it began it has read"


def test_who_waits_too_long_is_told_whose_turn_it_is(tmp_path: Path) -> None:
    first, second = (
        Turns(tmp_path, Files(), "cloudward detect"),
        Turns(tmp_path, Files(), "two", patience=0.05),
    )
    with first.taken(), pytest.raises(HeldError, match=r"cloudward detect \(process \d+ on .+, since 20"):
        second.taken().__enter__()
    (tmp_path / FILE).write_bytes(b"{")  # who wrote it was killed
    with first.taken() as changed:
        assert changed
        (tmp_path / FILE).write_bytes(b"{")
        with pytest.raises(HeldError, match="another process works"):
            second.taken().__enter__()


def test_who_waits_has_the_next_turn_though_the_other_goes_on(tmp_path: Path) -> None:
    first, second = Turns(tmp_path, Files(), "one"), Turns(tmp_path, Files(), "two", patience=60)
    had, ended = threading.Event(), threading.Event()

    def wait() -> None:
        with second.taken():
            had.set()

    def go_on() -> None:
        while not ended.is_set():
            with first.taken():
                pass
            first.rest()

    threads = [threading.Thread(target=go_on), threading.Thread(target=wait)]
    for each in threads:
        each.start()
    assert had.wait(60)
    ended.set()
    for each in threads:
        each.join(60)
