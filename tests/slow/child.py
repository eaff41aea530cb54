"""A scan in a process of its own, which dies at a given operation of the disk.

python -m tests.slow.child FOLDER LOG POINT before|after
"""

from __future__ import annotations

import sys
from pathlib import Path

from cloudward.store import Store
from tests.slow.scenario import Deadly, scan


def main(folder: str, log: str, point: str, when: str) -> None:
    with Store.open(folder, Deadly(int(point), when == "after")) as store:
        scan(store, 2, Path(log))


if __name__ == "__main__":
    main(*sys.argv[1:])
