"""What a collector sees of AWS: calls that give an answer, or say why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudward.model import Cause


class Unread:
    """Stands where an answer would: false, and everything taken from it or asked with it is unread too."""

    __slots__ = ("cause", "gone")

    def __init__(self, cause: Cause, *, gone: bool = False) -> None:
        self.cause, self.gone = cause, gone

    def __bool__(self) -> bool:
        return False

    def __getitem__(self, key: str) -> Unread:
        return self


class Answer(dict[str, Any]):
    """An answer, or an element of one; a key that it lacks gives `Unread`, `get` gives None as ever."""


class Client:
    """A service of an account in a region, for one collector."""

    account: str
    partition: str
    region: str

    def call(self, operation: str, **params: Any) -> Answer | Unread:
        """The whole answer (all pages joined) of a declared call."""
        raise NotImplementedError

    def each(self, operation: str, key: str, **params: Any) -> Iterator[Answer]:
        """The elements under `key`, page by page; it ends early, and coverage says so, when a page fails."""
        raise NotImplementedError
