"""Events: what logs say happened.

A source is one file in `sources`: how its records are recognised, how they are cut out of what holds them,
and where a record says when it happened. Everything else (gzip, zstd, folders, wrappers, limits) is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

Document: TypeAlias = Mapping[str, Any]
DELIVERED = "cloudward.delivered"
Line: TypeAlias = Callable[[str], "dict[str, Any] | None"]
"""A line of text as a document; None when it is none of this source; empty for a heading."""


@dataclass(frozen=True, slots=True)
class Source:
    """A log that is read. `keys` are paths that every record has, and hardly a record of another log."""

    name: str
    """What `--source` takes: `aws-cloudtrail`."""
    title: str
    time: tuple[str, ...]
    """Paths of the moment at which it happened; the first that is there counts."""
    page: str
    """The address of the provider's page on the format."""
    gives: str = ""
    """The source of which the events are, when another spelling of it is read here."""
    keys: tuple[str, ...] = ()
    fits: Callable[[Document], bool] | None = None
    """What else is true of its records; asked when all `keys` are there."""
    turn: Callable[[Document], Iterable[Document]] | None = None
    """What a record becomes where it holds several events, or another's shape."""
    lines: Callable[[datetime], Line] | None = None
    """For logs of text: makes what reads a line; the moment is when the file was last written."""
    continued: bool = False
    """A line that begins with white space belongs to the one before."""
    general: bool = False
    """It takes what no other source knows better."""
    id: tuple[str, ...] = ()
    """Paths of what, taken together, tells records apart; without one, the record itself does."""
    secrets: tuple[str, ...] = ()
    """Paths whose texts can hold secrets and are sealed before anything is kept; `*` stands for any name."""
    delivered: bool = False
    """The moment at which EventBridge delivered it is kept with it, at `DELIVERED`."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """One record of a log. `document` keeps the provider's own shape."""

    source: str
    id: str
    at: datetime
    document: Document
    file: str = ""
    line: int = 0
    """Counted from 1; of a record in a JSON document its number."""
    scope: str = ""
    """Of what it is, where the document does not say so."""
    data: bytes = b""
    """The document as JSON where that is at hand, not sealed."""
    clean: bool = False
    """Nothing in it has to be sealed: who read it looked."""


@dataclass(frozen=True, slots=True)
class Unparsed:
    """What could not be read as an event: it is kept and counted, and nobody knows what it said."""

    file: str
    line: int
    problem: str
    text: str = ""
    """The beginning of it, with what looks like a secret taken out."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that who sent it may not send: it is kept and counted, and not looked at."""

    event: Event
    problem: str


def value(document: Any, path: str) -> Any:
    """What stands at a path such as `userIdentity.arn`, or None; a key with dots in it is found too."""
    if type(document) is dict:
        if path in document:
            return document[path]
        if "." not in path:
            return None
        head, _, rest = path.partition(".")
        while rest:
            if head in document:
                return value(document[head], rest)
            more, _, rest = rest.partition(".")
            head = f"{head}.{more}"
    return None


def first(document: Any, paths: Iterable[str]) -> Any:
    """What stands at the first path that has something."""
    for path in paths:
        found = value(document, path)
        if found not in (None, ""):
            return found
    return None
