"""How a field is found in a raw event: nested maps by dots, every element of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class Absent:
    """There is no such field."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = Absent()


def find(node: Any, path: str) -> Any:
    """The value at a path, or ABSENT. A list on the way gives a list of what its elements have there.

    `a.b` is first `b` in the map `a`, then a field that is itself named `a.b`.
    """
    if type(node) is dict:
        head, dot, rest = path.partition(".")
        if dot and head in node:
            value = find(node[head], rest)
            if value is not ABSENT:
                return value
        return node.get(path, ABSENT)
    if type(node) is list:
        found = [value for each in flat(node) if (value := find(each, path)) is not ABSENT]
        return found or ABSENT
    return ABSENT


def chosen(node: Any, path: str) -> Any:
    """As `find`, and of lists only the elements that say so: `entities[type=ip].address`."""
    head, _, rest = path.partition("[")
    asked, _, tail = rest.partition("]")
    name, _, value = asked.partition("=")
    found = [each for each in flat(find(node, head)) if str(find(each, name)).lower() == value]
    tail = tail.removeprefix(".")
    return (chosen if "[" in tail else find)(found, tail) if tail else found


def first(event: Mapping[str, Any], paths: Iterable[str]) -> Any:
    """The value at the first of the paths that is there."""
    for path in paths:
        value = find(event, path)
        if value is not ABSENT:
            return value
    return ABSENT


def flat(value: Any) -> list[Any]:
    """The elements of lists in lists; a value that is no list is one element, an absent one is none."""
    if value is ABSENT:
        return []
    if type(value) is not list:
        return [value]
    found, waiting = [], [*reversed(value)]
    while waiting:
        each = waiting.pop()
        if type(each) is list:
            waiting.extend(reversed(each))
        else:
            found.append(each)
    return found


def everything(event: Any) -> list[Any]:
    """Every value in the event that is neither map nor list, however deep, in the order of the document."""
    found, waiting = [], [event]
    while waiting:
        each = waiting.pop()
        if type(each) is dict:
            waiting.extend(reversed(each.values()))
        elif type(each) is list:
            waiting.extend(reversed(each))
        else:
            found.append(each)
    return found
