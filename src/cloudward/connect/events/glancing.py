"""Of a record that is JSON only what says what it is, when it was and which one; the rest is skipped.

To make a document of it is left to whoever evaluates it. What is kept of such a record is what stands in the
file, so nothing may stand there that has to be sealed, not even where the same name comes a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import accumulate
from typing import Any, Literal, TypedDict, cast

import msgspec

from cloudward.connect.events.cutting import Bytes
from cloudward.connect.events.recognising import every
from cloudward.connect.events.secrecy import Tree, secrets

Glance = Callable[[Bytes], dict[str, Any]]
NOTHING = Literal["\0 no value is this"]
"""The type of a field that may not be there."""
OURS = "cloudward"
"""What stands under it in an event is said by cloudward, never by a log."""


@cache
def glance(name: str) -> Glance | None:
    """What gives the fields of a record that a source asks for, as a part of the document.

    It raises a `ValueError` on a record in which something has to be changed before it is kept. None for a
    source that has to see all of a record.
    """
    source = every()[name]
    if not (source.keys and source.id) or source.fits or source.turn or source.delivered:
        return None
    asked = {part: Any for path in (*source.keys, *source.time, *source.id) for part in _heads(path)}
    kept_out = {part: _without(tree) for part, tree in secrets(source.gives or name).items()}
    part = _part({**asked, **kept_out, OURS: NOTHING})
    return cast("Glance", msgspec.json.Decoder(part).decode)


def _heads(path: str) -> Iterator[str]:
    """Where it may begin: `a`, `a.b` and `a.b.c`, for names may have dots in them."""
    return accumulate(path.split("."), "{}.{}".format)


def _without(tree: Tree) -> Any:
    """The type of what has none of these fields; no list, whose elements would have to be looked at."""
    if not tree or "*" in tree:
        return NOTHING
    part = _part({name: _without(below) for name, below in tree.items()})
    return part | str | int | float | bool | None


def _part(fields: Mapping[str, Any]) -> Any:
    """A map with these fields or some of them, and any others."""
    return cast("Any", TypedDict)("Part", fields, total=False)
