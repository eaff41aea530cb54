"""Who opens a store a second time takes nothing from who has it open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cloudward.store import Store

ANOTHER = "import sys; from cloudward.store import Store; store = Store.open(sys.argv[1]); store.close()"


def test_to_open_it_twice_in_a_process_lets_go_of_no_lock(tmp_path: Path) -> None:
    """Otherwise another process takes itself for the last one, and removes the log that is written to."""
    folder = tmp_path / "store"
    with Store.open(folder) as first:
        first.ping()
        Store.open(folder).close()
        subprocess.run([sys.executable, "-c", ANOTHER, str(folder)], check=True)
        assert (folder / "state.sqlite-wal").exists()
