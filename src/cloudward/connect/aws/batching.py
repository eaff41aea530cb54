"""Calls that take several names at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any


def batches(things: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The things, that many at a time."""
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch
