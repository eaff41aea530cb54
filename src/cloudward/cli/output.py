"""Lists as tables for people, JSON and CSV for programs.

JSON has one shape in every command: `{"items": [...], "total": n, ...}`, one item a line, written as it is
read, so that a list of any length needs no memory. What else a command has to say stands after `total`.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from math import floor
from typing import TYPE_CHECKING, Any

from cloudward.respond.text import cell, encoded, visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from cloudward.model import Score

Record = Mapping[str, Any]

STYLES = {
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "unhealthy": "red",
    "unknown": "magenta",
    "healthy": "green",
    "denied": "magenta",
    "failed": "red",
    "not determined": "magenta",
    "manual": "cyan",
    "passed": "green",
}
UNBOUNDED = 4000
NARROW = 60
"""Below this every column may take several lines: what cannot be folded would be cut off."""


@dataclass(frozen=True)
class Column:
    """A column of a table. `key` names what it shows of an item."""

    key: str
    title: str = ""
    right: bool = False
    fold: bool = False
    """It may take several lines where the terminal is narrow; nothing is ever cut off."""
    form: Callable[[Any], str] | None = None
    width: int = 0
    """Shown only on a terminal of at least this width."""


@dataclass(frozen=True)
class Listing:
    """What a command lists: the keys of an item with their meaning, and the columns of the table."""

    name: str
    keys: Mapping[str, str]
    columns: tuple[Column, ...]
    empty: str = "Nothing to show."


def write(
    listing: Listing,
    items: Iterable[Record],
    format: StrEnum,
    *,
    total: int | None = None,
    limit: int | None = None,
    extra: Record | None = None,
) -> None:
    """Print the items, at most `limit` of them. `total` counts what there is; None: what is given."""
    if format == "json":
        _json(islice(items, limit), total, extra or {})
    elif format == "csv":
        _csv(listing, islice(items, limit))
    else:
        _table(listing, items, total, limit)


def _json(items: Iterable[Record], total: int | None, extra: Record) -> None:
    count = 0
    sys.stdout.write('{"items": [')
    for count, item in enumerate(items, 1):
        sys.stdout.write(("\n" if count == 1 else ",\n") + encoded(item))
    rest = {"total": count if total is None else total, **extra}
    sys.stdout.write(("\n" if count else "") + "], " + encoded(rest)[1:] + "\n")


def _csv(listing: Listing, items: Iterable[Record]) -> None:
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(listing.keys)
    for item in items:
        table.writerow([cell(item.get(key)) for key in listing.keys])


def plain(value: Any) -> str:
    """A value as a person reads it."""
    if value is None or value in ("", [], ()):
        return "-"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    if isinstance(value, Mapping | bool):
        return encoded(value)
    if isinstance(value, int):
        return f"{value:,}"
    return moment(value) if isinstance(value, datetime) else str(value)


def words(value: object) -> str:
    """`not_determined` as a person reads it."""
    return plain(value).replace("_", " ")


def moment(value: datetime) -> str:
    """A time as `2026-01-31 12:00 UTC`."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def span(first: datetime, last: datetime) -> str:
    """From when to when; once where both are the same minute."""
    begin, end = moment(first), moment(last)
    return begin if begin == end else f"{begin} to {end}"


def _table(listing: Listing, items: Iterable[Record], total: int | None, limit: int | None) -> None:
    rest = iter(items)
    shown = list(islice(rest, limit))
    if not shown:
        note(listing.empty)
        return
    draw(listing.columns, shown)
    more = total - len(shown) if total is not None else sum(1 for _ in rest)
    if more > 0:
        note(f"{len(shown):,} of {len(shown) + more:,} shown; --limit 0 shows all.")


def draw(columns: Iterable[Column], items: Iterable[Record]) -> None:
    """A table on stdout."""
    from rich.table import Table
    from rich.text import Text

    terminal = console()
    columns = [column for column in columns if column.width <= terminal.width]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(
            Text(column.title or column.key.replace("_", " ").capitalize()),
            justify="right" if column.right else "left",
            no_wrap=not column.fold and terminal.width >= NARROW,
            overflow="fold",
        )
    for item in items:
        cells = [(column, item.get(column.key)) for column in columns]
        texts = [visible((column.form or plain)(value)) for column, value in cells]
        table.add_row(*(Text(text, style=STYLES.get(text, "")) for text in texts))
    _print(table)


def console() -> Console:
    """stdout as a terminal. Off a terminal lines are not broken, unless COLUMNS says where."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else UNBOUNDED
    return Console(file=sys.stdout, width=width, markup=False, emoji=False, highlight=False)


def note(text: str) -> None:
    """A line for the person, on stderr."""
    sys.stderr.write(f"{visible(text)}\n")


def styled(*parts: str | tuple[str, str], indent: int = 0) -> None:
    """A line on stdout from plain and (text, style) parts, on several lines where the terminal is narrow."""
    from rich.padding import Padding
    from rich.text import Text

    line = Text()
    for part in parts:
        text, style = part if isinstance(part, tuple) else (part, "")
        line.append(visible(text), style)
    _print(Padding.indent(line, indent) if line else line)


def _print(drawn: RenderableType) -> None:
    """To stdout, without spaces at the end of lines."""
    terminal = console()
    with terminal.capture() as captured:
        terminal.print(drawn)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def literally(text: str, indent: int = 0) -> None:
    """A line on stdout that is never broken, so that it can be copied."""
    sys.stdout.write(f"{' ' * indent}{visible(text)}\n")


def block(title: str, lines: Iterable[str]) -> None:
    """A heading on stdout, with lines under it as they are."""
    styled()
    styled((title, "bold"))
    for line in lines:
        literally(line)


def counted(number: int, one: str, many: str = "") -> str:
    """`1 part`, `2 parts`, `1,000 policies`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def few(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


def percent(value: float | None) -> str:
    """0.6033 as `60 %`; `not determined` where there is no number."""
    return "not determined" if value is None else f"{value * 100:.0f} %"


def earned(score: Score) -> str:
    """The score; not determined where there is nothing to earn."""
    return percent(score.percentage if score.max else None)


def at_least(value: float | None) -> str:
    """The same, never more than it is."""
    return "not determined" if value is None else f"{floor(value * 100 + 1e-9)} %"


def gain(value: float) -> str:
    """Percent points that fixing brings."""
    return f"+{value:.1f}" if value >= 0.05 else "-"
