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

    What lies on the way is copied; the rest is shared.
    """
    value: Any = document
    for path, cause in unread.items():
        value = _marked(value, steps(path), cause)
    return value  # type: ignore[no-any-return]


def _marked(value: Any, way: tuple[Step, ...], cause: Cause) -> Any:
    """`value` with the end of `way` unknown; a way that leads nowhere makes unknown where it ends."""
    if isinstance(value, Unknown):
        return value
    if not way:
        return Unknown(cause)
    step, rest = way[0], way[1:]
    if isinstance(step, str) and isinstance(value, dict):
        below = _marked(value[step], rest, cause) if step in value else Unknown(cause)
        return _replaced(value, step, below)
    if isinstance(value, list) and not isinstance(step, str):
        return _marked_list(value, step, rest, cause)
    return Unknown(cause)


def _marked_list(value: list[Any], step: int | Mark, rest: tuple[Step, ...], cause: Cause) -> list[Any]:
    if step is Mark.MORE or (isinstance(step, int) and step >= len(value)):
        return partial(value, cause)
    chosen = range(len(value)) if step is Mark.ANY else (step,)
    items = [_marked(item, rest, cause) if i in chosen else item for i, item in enumerate(value)]
    return partial(items, value.cause) if isinstance(value, Partial) else items


def _replaced(value: dict[str, Any], key: str, below: Any) -> dict[str, Any]:
    if not isinstance(value, Row):
        return {**value, key: below}
    row = Row({**value, key: below})
    row.id, row.name, row.unread = value.id, value.name, value.unread
    return row


def known_row(row: Row) -> Any:
    """A row with what it did not read in its place as Unknown."""
    return opened(row, row.unread) if row.unread else row


def hole(value: Any) -> Cause | None:
    """Why a value, or anything below it, is not known; None when all of it is."""
    if isinstance(value, Unknown):
        return value.cause
    if isinstance(value, Partial):
        return value.cause
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((cause for item in below if (cause := hole(item))), None)
