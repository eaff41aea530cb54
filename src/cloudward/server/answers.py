"""How the API answers: one shape of list, pages by signed cursors, and rows encoded by msgspec.

A list is `{"items": [...], "next": "..." or null, "total": n or null}`. `next` given as `cursor`, with the
same filters, goes on behind the page. What a route returns is a dataclass; its schema stands in OpenAPI.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cloudward.errors import UsageError
from cloudward.server.state import State

T = TypeVar("T")
DOCUMENTED = ConfigDict(use_attribute_docstrings=True)
"""As `__pydantic_config__` of a dataclass: the texts below its fields are their descriptions."""
LONGEST = 500
"""Rows of a page."""
Word = Annotated[str, StringConstraints(max_length=2048, pattern=r"^[^\x00]*$")]
"""A value of a filter; databases take no NUL."""
Words = Annotated[list[Word], Field(max_length=500)]


class Router(APIRouter):
    """Encodes what its routes return, in the thread in which they ran; one that is awaited does so itself."""

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if not inspect.iscoroutinefunction(endpoint):
            endpoint = _encoding(endpoint, options.get("status_code") or 200)
        super().add_api_route(path, endpoint, **options)


def _encoding(endpoint: Callable[..., Any], status: int) -> Callable[..., Response]:
    @functools.wraps(endpoint)
    def answer(*values: Any, **named: Any) -> Response:
        found = endpoint(*values, **named)
        return found if isinstance(found, Response) else encoded(found, status)

    return answer


def encoded(thing: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Anything as JSON."""
    return Response(msgspec.json.encode(thing), status, headers, media_type="application/json")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list."""

    __pydantic_config__ = DOCUMENTED

    items: list[T]
    """The rows of this page."""
    next: str | None
    """Given as `cursor`, the list goes on behind this page; null where it ends."""
    total: int | None
    """How many there are in all; null where only looking at each would tell."""


@dataclass(frozen=True, slots=True)
class Count:
    """A value and how many there are of it."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True, json_schema_extra={"examples": [{"value": "eu-west-1", "count": 12}]}
    )

    value: str
    """Empty for what has none: a resource of no region."""
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts for filters: each under all filters but its own, the most first."""

    __pydantic_config__ = DOCUMENTED

    facets: dict[str, list[Count]]
    """Name of a filter -> its values."""


class Strict(BaseModel):
    """What a call may say. An unknown name is refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Listed(Strict):
    """What every list takes."""

    limit: Annotated[int, Field(ge=1, le=LONGEST)] = 50
    """Rows of a page."""
    cursor: Annotated[str, StringConstraints(max_length=4096)] = ""
    """`next` of the page before, with the same filters and order."""


def place(state: State, name: str, asked: Listed) -> Any:
    """Where the page that is asked for begins, as `page` wrote it; None at the start of the list."""
    if not asked.cursor:
        return None
    try:
        data = base64.urlsafe_b64decode(asked.cursor + "=" * (-len(asked.cursor) % 4))
    except ValueError:
        data = b""
    if not hmac.compare_digest(data[:16], _signed(state, name, asked, data[16:])):
        raise UsageError(
            "this cursor is of another list", "take `next` of the page before, with the same filters"
        )
    return msgspec.json.decode(data[16:])


def page(
    state: State,
    name: str,
    asked: Listed,
    rows: Iterable[tuple[T, Any]],
    total: int | None,
) -> Page[T]:
    """A page of rows, each with its place. `rows` go on behind the page where the list does."""
    found = list(islice(rows, asked.limit + 1))
    more = len(found) > asked.limit
    found = found[: asked.limit]
    text = msgspec.json.encode(found[-1][1]) if more else b""
    cursor = base64.urlsafe_b64encode(_signed(state, name, asked, text) + text).decode().rstrip("=")
    return Page([row for row, _ in found], cursor if more else None, total)


def sliced(
    state: State, name: str, asked: Listed, rows: Iterable[T], key: Callable[[T], tuple[Any, ...]]
) -> Page[T]:
    """A page of a list that is short enough to stand in memory, in the order of `key`, which is unique."""
    every = sorted(rows, key=key)
    start = place(state, name, asked)
    rest = every if start is None else [row for row in every if key(row) > tuple(start)]
    return page(state, name, asked, ((row, key(row)) for row in rest), len(every))


def _signed(state: State, name: str, asked: Listed, text: bytes) -> bytes:
    same = asked.model_dump(mode="json", exclude={"limit", "cursor"})
    return hmac.digest(state.cursor_key, msgspec.json.encode([name, same]) + b"\0" + text, hashlib.sha256)[
        :16
    ]
