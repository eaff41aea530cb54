"""What goes to the child that answers a question, and what comes back."""

from __future__ import annotations

from typing import Any

import msgspec


class Question(msgspec.Struct):
    """What the child is given."""

    sql: str
    memory: int
    current: list[str]
    history: list[str]
    tables: dict[str, tuple[dict[str, str], list[list[Any]]]]
    """Small tables: name -> (column -> type, values of each column)."""


class Head(msgspec.Struct):
    """The child's first frame: the columns of the answer. With an error it may come at any time."""

    error: str = ""
    columns: list[str] = []
    types: list[str] = []
