"""One content file, and questions to it: an answer that does not fit is an error with its place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from cloudward.errors import ContentError, near
from cloudward.pack.reader import Series, Table

REQUIRED: Any = object()


@dataclass(frozen=True)
class File:
    """`name` is what errors call it; `folders` and `stem` are its path below `types/`, `policies/` ..."""

    name: str
    folders: tuple[str, ...]
    stem: str
    source: str
    """The text of the file."""
    root: Table

    def wrong(self, table: Table, key: str, message: str, *, at_key: bool = False) -> ContentError:
        """What is wrong with the value of `key` in `table`; with `table`, when it has no such key."""
        marks = table.keys_at if at_key else table.values_at
        mark = marks.get(key, table.mark)
        text = message if at_key else f"{key}: {message}"
        return ContentError(self.name, mark.line + 1, text, mark.column + 1)

    def known(self, table: Table, keys: Collection[str], what: str) -> None:
        """Refuse a key that `what` does not have."""
        for key in table:
            if key not in keys:
                raise self.wrong(table, key, f"{what} has no key {key!r}{near(key, keys)}", at_key=True)

    def text(self, table: Table, key: str, default: str = REQUIRED, choices: Collection[str] = ()) -> str:
        """The text at `key`, one of `choices` when there are any."""
        value = self._get(table, key, default)
        if not isinstance(value, str) or (not value and default is REQUIRED):
            raise self.wrong(table, key, f"expected text, not {shown(value)}")
        if choices and value not in choices:
            raise self.wrong(
                table, key, f"{value!r} is not one of {', '.join(choices)}{near(value, choices)}"
            )
        return value

    def texts(self, table: Table, key: str, default: Collection[str] = ()) -> tuple[str, ...]:
        """The list of texts at `key`."""
        value = self._get(table, key, default)
        if isinstance(value, str) or not all(isinstance(item, str) for item in value or ()):
            raise self.wrong(table, key, "expected a list of texts")
        return tuple(value or ())

    def flag(self, table: Table, key: str) -> bool:
        """The boolean at `key`; false when it is not there."""
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(table, key, f"expected true or false, not {shown(value)}")
        return value

    def number(self, table: Table, key: str, default: float | None = REQUIRED) -> float | None:
        """The number at `key`."""
        value = self._get(table, key, default)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self.wrong(table, key, f"expected a number, not {shown(value)}")
        return value

    def table(self, table: Table, key: str, *, optional: bool = False) -> Table:
        """The mapping at `key`; an empty one when it is optional and not there."""
        value = table.get(key)
        if value is None and optional:
            return Table(table.mark)
        if not isinstance(value, Table):
            raise self.wrong(table, key, f"expected `key: value` lines, not {shown(value)}")
        return value

    def _get(self, table: Table, key: str, default: Any) -> Any:
        if key not in table and default is REQUIRED:
            raise self.wrong(table, key, "it is missing")
        return table.get(key, default)


def shown(value: Any) -> str:
    """A value as a message names it."""
    if isinstance(value, Table):
        return "a mapping"
    if isinstance(value, Series):
        return "a list"
    return "nothing" if value is None else repr(value)[:40]
