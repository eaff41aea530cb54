from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloudward.errors import StoreError
from cloudward.store import Store
from tests.slow.scenario import SCOPES, Faulty, check, scan, state

pytestmark = pytest.mark.slow


class Prepared:
    """A store with one old scan, and what it shows before and after the new one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "old"
        with Store.open(self.folder) as store:
            scan(store, 1)
            self.old = {scope: state(store, scope) for scope in SCOPES}
        shutil.copytree(self.folder, folder / "new")
        disk = Faulty(0)
        with Store.open(folder / "new", disk) as store:
            scan(store, 2)
            self.points = disk.seen
            self.new = {scope: state(store, scope) for scope in SCOPES}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def copies(prepared: Prepared, tmp_path: Path) -> Iterator[Any]:
    def copy(number: int) -> Path:
        return Path(shutil.copytree(prepared.folder, tmp_path / str(number)))

    yield copy
    shutil.rmtree(tmp_path)


MODES: dict[str, Callable[[int], Faulty]] = {
    "once": lambda point: Faulty(point),
    "once, after its effect": lambda point: Faulty(point, after=True),
    "for good": lambda point: Faulty(point, lasting=True),
    "for good, after its effect": lambda point: Faulty(point, lasting=True, after=True),
}


@pytest.mark.parametrize("mode", MODES)
def test_wherever_the_disk_fails_the_result_is_right_or_a_clean_error(
    prepared: Prepared, copies: Any, mode: str
) -> None:
    assert prepared.points > 100
    # each mode its own third of the points, so that all are tried; the exam tries all of them in each mode
    first, step = (1, 1) if os.environ.get("CLOUDWARD_SEEDS") else (1 + list(MODES).index(mode) % 3, 3)
    for point in range(first, prepared.points + 1, step):
        folder = copies(point)
        disk = MODES[mode](point)
        ended = _runs(folder, disk)
        try:
            _verify(prepared, folder, ended)
        except Exception as error:
            raise AssertionError(f"{mode} at {point}: {disk.failed}") from error
        shutil.rmtree(folder)


def _runs(folder: Path, disk: Faulty) -> bool:
    """True when the scan ended well; any error but a `StoreError` of one line is a failure of the test."""
    with suppress(StoreError), Store.open(folder, disk) as store:
        try:
            scan(store, 2)
        except StoreError as error:
            raise (error if "\n" not in str(error) else AssertionError(str(error))) from None
        return True
    return False


def _verify(prepared: Prepared, folder: Path, ended: bool) -> None:
    with Store.open(folder) as store:
        check(store)
        for scope in SCOPES:
            assert state(store, scope) in (
                [prepared.new[scope]] if ended else [prepared.old[scope], prepared.new[scope]]
            )
        last = store.scans()[0]
        if last.state == "running" or last.options != {"version": 2}:
            scan(store, 2)
        check(store)
        assert {scope: state(store, scope) for scope in SCOPES} == prepared.new
        assert [item.state for item in store.scans()] == ["finished", "finished"]


def test_maintenance_that_fails_loses_nothing_that_is_kept(prepared: Prepared, copies: Any) -> None:
    later = datetime.now(UTC) + timedelta(days=400)
    for mode, make in MODES.items():
        point = 0
        while True:
            point += 1
            folder = shutil.copytree(prepared.folder.with_name("new"), copies(0).with_name("next"))
            disk = make(point)
            with suppress(StoreError), Store.open(folder, disk) as store:
                store.maintain(later)
            with Store.open(folder) as store:
                check(store)
                for scope in SCOPES:
                    assert store.resource(f"{scope}/Key/2", scope=scope).properties["Version"] == 2
                store.maintain(later)
                check(store)
                assert [len(store.snapshots(scope)) for scope in SCOPES] == [1, 1], f"{mode} at {point}"
            shutil.rmtree(folder)
            shutil.rmtree(folder.with_name("0"))
            if disk.seen < point:
                break


def test_a_reader_that_fails_says_so_and_the_next_one_reads(prepared: Prepared, copies: Any) -> None:
    folder = copies(0)
    point = 0
    while True:
        point += 1
        disk = Faulty(point)
        try:
            with Store.open(folder, disk) as store:
                shown = {scope: state(store, scope) for scope in SCOPES}
        except StoreError:
            continue
        assert shown == prepared.old
        if disk.seen < point:
            break
    assert point > 20
