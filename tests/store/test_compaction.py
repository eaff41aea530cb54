"""Files of an hour become few, and every event stays there once, whatever happens in between."""

from __future__ import annotations

import os
import random
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloudward.errors import StoreError
from cloudward.store import compaction
from cloudward.store.compaction import Merged, compact
from cloudward.store.encoding import micros
from cloudward.store.events import Events, Stored
from cloudward.store.files import Files
from tests.slow.scenario import Faulty

HOUR = datetime(2026, 11, 20, 10, tzinfo=UTC)
LATER = HOUR + timedelta(hours=4)


def stored(number: int) -> Stored:
    at = HOUR + timedelta(seconds=number * 7 % 3600)
    return Stored(micros(at), f"e{number}", f"intake/{number}", 1, b'{"n":%d}' % number, "", "1")


def keep(folder: Path, *numbers: int) -> Events:
    events = Events(folder, Files())
    with events.writer() as writer:
        writer.add("okta", [stored(each) for each in numbers])
    return events


def rounds(folder: Path, count: int = 12) -> list[Stored]:
    """Events as rounds of the intake keep them: some come in two rounds. In the order in which they are
    read."""
    for number in range(count):
        events = keep(folder, *range(number * 10, number * 10 + 13))
    return [*events.read("okta")]


def files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file())


def test_an_hour_that_is_over_becomes_one_file_with_the_same_events(tmp_path: Path) -> None:
    before = rounds(tmp_path)
    size = sum(each.stat().st_size for each in files(tmp_path))
    merged = compact(tmp_path, Files(), LATER)
    (one,) = files(tmp_path)
    assert merged == Merged(12, size, 1, one.stat().st_size)
    assert merged.bytes_after < merged.bytes
    found = [*Events(tmp_path, Files()).read("okta")]
    assert [each.id for each in found] == [each.id for each in before]
    assert {each.id: each for each in found} == {each.id: each for each in before}


def test_merging_again_changes_nothing_and_what_came_late_is_merged_too(tmp_path: Path) -> None:
    rounds(tmp_path)
    compact(tmp_path, Files(), LATER)
    before = [(each, each.stat().st_mtime_ns) for each in files(tmp_path)]
    assert not compact(tmp_path, Files(), LATER)
    assert [(each, each.stat().st_mtime_ns) for each in files(tmp_path)] == before
    events = keep(tmp_path, 500)
    assert compact(tmp_path, Files(), LATER).files == 2
    assert len(files(tmp_path)) == 1
    assert len([*events.read("okta")]) == 124
    keep(tmp_path, *range(13))  # a round that is repeated, since its process was killed
    assert compact(tmp_path, Files(), LATER).files == 2
    assert len([*events.read("okta")]) == 124


def test_an_hour_that_is_not_over_is_left_alone(tmp_path: Path) -> None:
    rounds(tmp_path)
    assert not compact(tmp_path, Files(), HOUR + timedelta(hours=2, minutes=59))
    assert compact(tmp_path, Files(), HOUR + timedelta(hours=3))


def test_what_lies_beside_is_merged_too(tmp_path: Path) -> None:
    events = Events(tmp_path, Files())
    for number in range(3):
        with events.writer() as writer:
            writer.add("okta", [Stored(0, f"b{number}", "a.json", 7, b"{}", "not JSON")])
    assert compact(tmp_path, Files(), LATER).files == 3
    assert [each.id for each in events.read("okta", aside="unparsed")] == ["b0", "b1", "b2"]


@pytest.mark.parametrize(("bound", "most"), [("ROWS", 40), ("BYTES", 3000)])
def test_a_merged_file_is_bounded_and_full_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    before = rounds(tmp_path)
    monkeypatch.setattr(compaction, bound, most)
    compact(tmp_path, Files(), LATER)
    while compact(tmp_path, Files(), LATER):
        pass  # files that were not half full become so
    assert 1 < len(files(tmp_path)) < 12
    assert [each.id for each in Events(tmp_path, Files()).read("okta")] == [each.id for each in before]


@pytest.mark.parametrize("after", [False, True])
def test_wherever_it_is_killed_every_event_is_there_once(tmp_path: Path, after: bool) -> None:
    before = rounds(tmp_path / "first", 5)
    disk = Faulty(0)
    shutil.copytree(tmp_path / "first", tmp_path / "0")
    compact(tmp_path / "0", disk, LATER)
    assert disk.seen > 20
    for point in range(1, disk.seen + 1):
        folder = Path(shutil.copytree(tmp_path / "first", tmp_path / str(point)))
        with pytest.raises(StoreError):
            compact(folder, Faulty(point, lasting=True, after=after), LATER)
        events = Events(folder, Files())
        assert [each.id for each in events.read("okta")] == [each.id for each in before], point
        for each in folder.rglob("*.tmp"):
            os.utime(each, (1, 1))
        compact(folder, Files(), LATER)
        assert [each.id for each in events.read("okta")] == [each.id for each in before], point
        assert len(files(folder)) == 1
        shutil.rmtree(folder)


def test_who_reads_writes_or_merges_meanwhile_meets_nothing_broken(tmp_path: Path) -> None:
    rounds(tmp_path)
    ended, problems = threading.Event(), list[Exception]()

    def merge() -> None:
        try:
            while not ended.is_set():
                compact(tmp_path, Files(), LATER)
        except Exception as error:  # noqa: BLE001
            problems.append(error)

    mergers = [threading.Thread(target=merge) for _ in range(2)]
    for each in mergers:
        each.start()
    try:
        chance, known = random.Random(1), 123
        for number in range(40):
            events = keep(tmp_path, *range(chance.randrange(known), known), 1000 + number)
            found = [each.id for each in events.read("okta")]
            assert len(found) == len({*found}) == known + number + 1
    finally:
        ended.set()
        for each in mergers:
            each.join(60)
    assert problems == []
