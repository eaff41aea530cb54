"""What is missing or wrong in the documentation, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from docs.page import Page


def problems(pages: Iterable[Page]) -> Iterator[str]:
    return iter(())
