"""Peers, each in an environment of its own, made when it is first needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parent / ".peers"


def binaries(name: str, *packages: str) -> Path:
    """The folder of programs of a peer's environment."""
    home = HOME / name
    ready = home / ".ready"
    if not ready.exists():
        print(f"installing {name} ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        install = [home / "bin" / "python", "-m", "pip", "install", "-q", *(packages or (name,))]
        subprocess.run(install, check=True, stdout=sys.stderr)
        ready.touch()
    return home / "bin"


def version(name: str, package: str) -> str:
    """What is installed of a package."""
    show = [HOME / name / "bin" / "python", "-m", "pip", "show", package]
    text = subprocess.run(show, check=True, capture_output=True, text=True).stdout
    return next(line.split(": ")[1] for line in text.splitlines() if line.startswith("Version"))
