"""Making very many small objects at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unswept() -> Iterator[None]:
    """Without the garbage collector, which would walk through all the new objects again and again."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()


def sweep() -> None:
    """Free what is in circles, of what was made since the last time. For long work that is `unswept`."""
    gc.collect(1)
