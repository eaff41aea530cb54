"""Documents in which what was not read stands in its place as Unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from cloudward.model import Cause, Reason
from cloudward.rules.paths import Mark, Step, steps
from cloudward.rules.rule import Partial, Row

M = TypeVar("M", bound=Mapping[str, Any])


class Unknown:
    """A value that is not known, and why. It is neither true nor false and never leaves the engine."""

    __slots__ = ("cause",)

    def __init__(self, cause: Cause) -> None:
        self.cause = cause

    def __bool__(self) -> bool:
        raise TypeError("unknown is neither true nor false")

    def __repr__(self) -> str:
        return f"Unknown({self.cause})"


ABSENT = Unknown(Cause(Reason.ABSENT))
"""What a document does not say, and nothing says why."""


def error(message: str) -> Unknown:
    """The result of what cannot be computed."""
    return Unknown(Cause(Reason.ERROR, message=message))


def partial(items: Iterable[Any], cause: Cause) -> Partial:
    """A list that may have further elements."""
    made = Partial(items)
    made.cause = cause
    return made


def opened(document: M, unread: Mapping[str, Cause]) -> M | Unknown | dict[str, Any]:
    """The document with `Unknown` where a path is unread and `Partial` lists where there may be more.

    What lies on the way is copied; the rest is shared. A path that leads nowhere makes unknown the place
    where it ends.
    """
    root = _Gap()
    for path, cause in unread.items():
        gap = root
        for step in steps(path):
            gap = gap.below.setdefault(step, _Gap())
        gap.cause = cause
    return _marked(document, root) if unread else document


def of_header(unread: Mapping[str, Cause]) -> dict[str, Cause]:
    """Which of `tags` and `region` were not read; an unread path names them as conditions do: `meta.tags`."""
    return {path.removeprefix("meta."): cause for path, cause in unread.items() if path.startswith("meta.")}


class _Gap:
    """What is unread at a place, or below it."""

    __slots__ = ("below", "cause")

    def __init__(self) -> None:
        self.cause: Cause | None = None
        self.below: dict[Step, _Gap] = {}

    def unknown(self) -> Unknown:
        """The whole place, for the first reason that there is."""
        gap = self
        while gap.cause is None:
            gap = next(iter(gap.below.values()))
        return Unknown(gap.cause)


def _marked(value: Any, gap: _Gap) -> Any:
    if isinstance(value, Unknown):
        return value
    if gap.cause is None and isinstance(value, dict) and all(isinstance(step, str) for step in gap.below):
        return _marked_map(value, gap)
    if gap.cause is None and isinstance(value, list) and not any(isinstance(step, str) for step in gap.below):
        return _marked_list(value, gap)
    return gap.unknown()


def _marked_map(value: dict[str, Any], gap: _Gap) -> dict[str, Any]:
    made = dict(value)
    if isinstance(value, Row):
        made = Row(value)
        made.id, made.name, made.unread = value.id, value.name, value.unread
    for key, below in gap.below.items():
        made[str(key)] = _marked(value[key], below) if key in value else below.unknown()
    return made


def _marked_list(value: list[Any], gap: _Gap) -> list[Any]:
    made = list(value)
    cause = value.cause if isinstance(value, Partial) else None
    for step, below in gap.below.items():
        if step is Mark.ANY:
            made = [_marked(item, below) for item in made]
        elif isinstance(step, int) and step < len(made):
            made[step] = _marked(made[step], below)
        else:
            cause = cause or below.unknown().cause
    return made if cause is None else partial(made, cause)


def known_row(row: Row) -> Any:
    """A row with what it did not read in its place as Unknown."""
    return opened(row, row.unread) if row.unread else row


def hole(value: Any) -> Cause | None:
    """Why a value, or anything below it, is not known; None when all of it is."""
    rest = [value]
    for found in rest:
        if isinstance(found, Unknown | Partial):
            return found.cause
        if isinstance(found, dict):
            rest.extend(found.values())
        elif isinstance(found, list | tuple):
            rest.extend(found)
    return None
