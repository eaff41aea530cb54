"""Discovery: a thing is added by adding its module; nothing lists it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def modules(package: str) -> Iterator[ModuleType]:
    """Import and give every public module below a package, in order of name."""
    root = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda i: i.name):
        if not info.name.startswith("_"):
            yield importlib.import_module(f"{package}.{info.name}")


def named(things: Iterator[tuple[str, T]]) -> dict[str, T]:
    """Collect things by name; a name given twice is a mistake of ours, so it raises `ValueError`."""
    found: dict[str, T] = {}
    for name, thing in things:
        if name in found:
            raise ValueError(f"{name} is declared twice")
        found[name] = thing
    return found
