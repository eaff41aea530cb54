"""Which forms of report there are."""

from __future__ import annotations

from pathlib import Path
from pkgutil import iter_modules


def forms() -> list[str]:
    """The names of the exporters, without importing one."""
    folder = str(Path(__file__).parent / "exporters")
    return sorted(found.name for found in iter_modules([folder]) if not found.name.startswith("_"))
