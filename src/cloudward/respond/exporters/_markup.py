"""Small pieces of a page. Only here does text become HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from html import escape

from cloudward.model import ControlState
from cloudward.respond.text import visible

Row = Sequence[str] | str
"""Cells, or what stands across all of them."""


def table(head: Sequence[str], rows: Iterable[Row]) -> str:
    """A table of cells that are HTML already; `#` before a head stands for numbers."""
    kinds = [' class="n"' if name.startswith("#") else "" for name in head]
    tops = "".join(f"<th{kind}>{name.removeprefix('#')}</th>" for name, kind in zip(head, kinds, strict=True))
    body = "".join(_line(row, kinds) for row in rows)
    return f"<table><thead><tr>{tops}</tr></thead><tbody>{body}</tbody></table>\n"


def _line(row: Row, kinds: Sequence[str]) -> str:
    if isinstance(row, str):
        return f'<tr class="across"><td colspan="{len(kinds)}">{row}</td></tr>'
    cells = "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True))
    return f"<tr>{cells}</tr>"


def text(value: str) -> str:
    """What others wrote, as text of the page: nothing in it is markup, and everything can be seen."""
    return escape(visible(value), quote=True)


def code(value: str) -> str:
    """The text as a name of something."""
    return f"<code>{text(value)}</code>"


def link(address: str) -> str:
    """The address as a link that does not tell where it stands."""
    return f'<a href="{text(address)}" rel="noreferrer">{text(address)}</a>'


def number(value: int) -> str:
    """A count; nothing is a dash."""
    return f"{value:,}" if value else "-"


def chip(state: ControlState) -> str:
    """A state in its colour."""
    return f'<span class="state" style="color:var(--{state.value})">{words(state)}</span>'


def words(state: ControlState) -> str:
    """`not determined`."""
    return state.value.replace("_", " ")


def moment(value: datetime) -> str:
    """`2026-01-31 12:00 UTC`."""
    return f'<span class="keep">{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC</span>'


def spelled(time: timedelta) -> str:
    """`26 hours`, `12 days`: never less than it is."""
    hours = -(-int(time.total_seconds()) // 3600)
    if hours >= 72:
        return f"{-(-hours // 24):,} days"
    return f"{hours} hour" if hours == 1 else f"{hours} hours"
