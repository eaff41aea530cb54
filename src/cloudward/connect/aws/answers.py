"""Answers, and what stands where there is none."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from cloudward.connect.aws.declare import Using
from cloudward.model import Cause, Document, Reason

STUMBLES = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What a function of ours may raise on an answer that is not as it should be."""


class Unread:
    """Stands where an answer would: false, and everything taken from it or asked with it is unread too."""

    __slots__ = ("cause", "gone")

    def __init__(self, cause: Cause, *, gone: bool = False) -> None:
        self.cause, self.gone = cause, gone

    def __bool__(self) -> bool:
        return False

    def __getitem__(self, key: Any) -> Unread:
        return self

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"this was not read: {self.cause}")  # an empty list would be evidence

    def get(self, key: Any, default: Any = None) -> Unread:  # noqa: ARG002 (the signature of a mapping's)
        """Itself, as with an index."""
        return self

    def __repr__(self) -> str:
        return f"Unread({self.cause})"


class Answer(dict[str, Any]):
    """An answer, or an element of one: always true, even if empty.

    A key that it lacks gives `Unread`; `get` gives None as ever.
    """

    __slots__ = ("source",)
    source: str

    def __bool__(self) -> bool:
        return True

    def __missing__(self, key: str) -> Unread:
        return Unread(Cause(Reason.FAILED, self.source, f"the answer has no {key}"))


def answer(data: Mapping[str, Any], source: str) -> Answer:
    """An answer of a call."""
    made = Answer(data)
    made.source = source
    return made


class Elements(Iterator[Any]):
    """The elements of a list in answers, page by page; false when not even the first page came."""

    def __init__(self, pages: Iterator[list[Any] | Unread], source: str) -> None:
        self._pages, self._source = pages, source
        self.failed: Unread | None = None
        """Why the last page did not come."""
        self._page = self._next_page()
        self._answered = self.failed is None

    def __bool__(self) -> bool:
        return self._answered

    def __next__(self) -> Any:
        while True:
            for element in self._page:
                return answer(element, self._source) if isinstance(element, Mapping) else element
            self._page = self._next_page()

    def _next_page(self) -> Iterator[Any]:
        page = next(self._pages, None) if self.failed is None else None
        if isinstance(page, Unread):
            self.failed = page
            return iter(())
        if page is None:
            raise StopIteration
        return iter(page)


class Grouped:
    """Elements by the value at a path in them; every group is unread when the list is not complete."""

    def __init__(self, ask: Callable[[], Elements], by: str) -> None:
        self._ask, self._by = ask, by

    def __getitem__(self, value: Any) -> list[Any] | Unread:
        if isinstance(self._groups, Unread):
            return self._groups
        return value if isinstance(value, Unread) else self._groups.get(value, [])

    @cached_property
    def _groups(self) -> dict[Hashable, list[Any]] | Unread:
        groups: dict[Hashable, list[Any]] = {}
        elements = self._ask()
        for element in elements:
            groups.setdefault(find(element, self._by), []).append(element)
        return groups if elements.failed is None else elements.failed


@cache
def steps(path: str) -> tuple[tuple[str, bool], ...]:
    """The keys of a path, and whether each must be there."""
    parts = path.removesuffix("?").split(".")
    return tuple((part.rstrip("!"), part.endswith("!")) for part in parts)


def find(document: Document | Unread, path: str, source: str = "") -> Any:
    """The value at a path: None when it is not there, `Unread` when that is not known.

    `A.B` may be absent; of `A!.B` the first part must be there (null will do), else it is unread.
    `source` is the call to name then.
    """
    value: Any = document
    for key, required in steps(path):
        if isinstance(value, Unread) or value is None:
            return value
        if not isinstance(value, Mapping):
            return Unread(Cause(Reason.FAILED, source, f"{key} is asked of a {type(value).__name__}"))
        if key in value:
            value = value[key]
        elif required:
            return Unread(Cause(Reason.FAILED, source, f"the answer has no {key}"))
        else:
            return None
    return value


def use(using: Using, document: Document | Unread, source: str = "") -> Any:
    """The result of the function, or `Unread` when what it needs is, or when it stumbles."""
    values = []
    for path in using.paths:
        value = find(document, path, source)
        if isinstance(value, Unread) and not path.endswith("?"):
            return value
        values.append(value)
    try:
        return using.function(*values)
    except STUMBLES as error:
        return Unread(Cause(Reason.FAILED, source, f"the answer makes no sense ({type(error).__name__})"))


def take(source: str | Using, document: Document, call: str = "") -> Any:
    """What a path leads to, or what a function makes of some."""
    return find(document, source, call) if isinstance(source, str) else use(source, document, call)
