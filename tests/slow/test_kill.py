from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cloudward.store import Store
from tests.slow.scenario import SCOPES, Deadly, check, scan, state

pytestmark = pytest.mark.slow

SEEDS = int(os.environ.get("CLOUDWARD_SEEDS", "4"))
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A store with an old scan, and how many operations the new one takes."""
    folder = tmp_path_factory.mktemp("kill")
    with Store.open(folder / "old") as store:
        scan(store, 1)
    shutil.copytree(folder / "old", folder / "new")
    disk = Deadly(0, after=False)
    with Store.open(folder / "new", disk) as store:
        scan(store, 2)
    return folder, disk.seen


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_scan_that_is_killed_again_and_again_ends_as_if_it_had_not_been(
    undisturbed: tuple[Path, int], tmp_path: Path, seed: int
) -> None:
    folder, points = undisturbed
    with Store.open(folder / "old") as store:
        old = {scope: state(store, scope) for scope in SCOPES}
    with Store.open(folder / "new") as store:
        new = {scope: state(store, scope) for scope in SCOPES}
    chance = random.Random(seed)
    victim, log = tmp_path / "store", tmp_path / "log"
    shutil.copytree(folder / "old", victim)
    for _ in range(chance.randint(1, 4)):
        point, when = chance.randint(1, points), chance.choice(["before", "after"])
        code = _child(victim, log, point, when)
        assert code in (0, -signal.SIGKILL), f"killed {when} {point}"
        with Store.open(victim) as store:
            check(store)
            for scope in SCOPES:
                assert state(store, scope) in (old[scope], new[scope]), f"killed {when} {point}"
            finished = [item.state for item in store.scans()] == ["finished", "finished"]
        if finished:
            break
    with Store.open(victim) as store:
        if not finished:
            scan(store, 2, log)
        check(store)
        assert {scope: state(store, scope) for scope in SCOPES} == new
        assert [item.state for item in store.scans()] == ["finished", "finished"]
    _collected_once(log.read_text().splitlines())


def _child(folder: Path, log: Path, point: int, when: str) -> int:
    command = [sys.executable, "-m", "tests.slow.child", str(folder), str(log), str(point), when]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, check=False).returncode


def _collected_once(lines: list[str]) -> None:
    """No unit is collected after a run that found it in the journal."""
    done: set[str] = set()
    for line in lines:
        what, unit = line.split(" ", 1)
        if what == "done":
            done.add(unit)
        else:
            assert unit not in done, f"{unit} was collected again"
