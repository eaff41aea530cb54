"""Where the state database of a store is: in its folder, or where `CLOUDWARD_DATABASE` says."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "CLOUDWARD_DATABASE"


def url(folder: Path) -> str:
    """`postgresql+psycopg://...` when the variable names one, else the SQLite file in the folder."""
    named = os.environ.get(VARIABLE, "")
    scheme, separator, rest = named.partition("://")
    if separator and scheme in ("postgres", "postgresql"):
        return f"postgresql+psycopg://{rest}"
    return named or f"sqlite:///{folder / 'state.sqlite'}"


def exists(folder: Path) -> bool:
    """Whether there is a store; looking makes none."""
    return (folder / "state.sqlite").exists() or bool(os.environ.get(VARIABLE))
