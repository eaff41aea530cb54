"""`make bench`: every benchmark, one after the other; `python -m benchmarks.NAME` runs one."""

from __future__ import annotations

import subprocess
import sys

ALL = (
    "start",
    "evaluate",
    "scan",
    "breadth",
    "accounts",
    "scale",
    "file",
    "load",
    "sigma",
    "pipe",
    "behaviour",
    "panther",
    "incidents",
    "intake",
)

if __name__ == "__main__":
    for name in ALL:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
