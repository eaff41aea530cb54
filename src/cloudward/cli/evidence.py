"""What decided, in lines for a person: the values without what is empty in them, each told once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from cloudward.assess.explained import absence, declared
from cloudward.cli.lines import JOINED
from cloudward.model import Cause, Leaf
from cloudward.respond.causes import remedy
from cloudward.rules.printer import literal
from cloudward.rules.types import Type

LONG = 240
JOINED_UP_TO = 40
"""So long a comparison stands on one line."""
ANSWER = {True: "yes", False: "no", None: "unknown"}
PLAIN: tuple[Any, ...] = (None, True, False, "", [], {})
"""A comparison with one of these says nothing that the value does not show."""

_FACTS = re.compile(r"(?<![\w.])(?:related|here|all|everywhere)\(")


def told(leaves: Iterable[Leaf], type: Type | None = None, template: bool = False) -> Iterator[list[str]]:
    """A line for each value that was looked at, then what would make it known or what its absence means."""
    groups: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        groups.setdefault(f"{leaf.path} {leaf.cause or literal(leaf.value)}", []).append(leaf)
    for group in groups.values():
        first = group[0]
        if first.cause is not None:
            yield [
                f"{place(first.path)} is not known: {because(first.cause)}",
                f"to know it: {remedy(first.cause)}",
            ]
        else:
            yield [_read(group), *_absence(first, type, template)]


def because(cause: Cause) -> str:
    """A cause in words."""
    named = " ".join(filter(None, (cause.reason.value.replace("_", " "), cause.call)))
    return (
        f"{named}, {cause.message}" if cause.call and cause.message else f"{named} {cause.message}".rstrip()
    )


def place(path: str) -> str:
    """A path in which a found resource is its type and name, however it was found."""
    told, at = "", 0
    while found := _FACTS.search(path, at):
        end = _closing(path, found.end())
        inside = path[found.end() : end]
        told += path[at : found.start()]
        told += inside.split('"')[1] if path[end + 1 : end + 2] == "[" else f"{found[0]}{place(inside)})"
        at = end + 1
    return told + path[at:]


def _closing(path: str, at: int) -> int:
    """Where the bracket is closed that was opened just before."""
    depth, quoted = 1, False
    for end in range(at, len(path)):
        quoted ^= path[end] == '"' and path[end - 1] != "\\"
        if not quoted:
            depth += (path[end] == "(") - (path[end] == ")")
        if depth == 0:
            return end
    return len(path)


def _read(leaves: list[Leaf]) -> str:
    path, value, operator = place(leaves[0].path), leaves[0].value, leaves[0].operator
    if operator == "size":
        return f"{path} has {value} {'element' if value == 1 else 'elements'}"
    if operator == "keys":
        return f"{path} has {'the keys ' + ', '.join(map(str, value)) if value else 'no keys'}"
    asked = dict.fromkeys(_asked(leaf) for leaf in leaves if not _shows(leaf))
    return f"{path} is {short(value)}" + (f" ({'; '.join(asked)})" if asked else "")


def _shows(leaf: Leaf) -> bool:
    """The value alone shows how the comparison ends."""
    if leaf.operator == "==" and leaf.result:
        return True
    return leaf.operator in ("==", "!=") and any(
        leaf.expected is plain or (plain == leaf.expected and isinstance(plain, str | list | dict))
        for plain in PLAIN
    )


def _asked(leaf: Leaf) -> str:
    word = leaf.operator[0].isalpha()
    asked = leaf.operator if leaf.expected is None and word else f"{leaf.operator} {short(leaf.expected)}"
    told = f"{asked}: {ANSWER[leaf.result]}"
    return told.replace(" ", JOINED) if len(told) <= JOINED_UP_TO else told


def short(value: Any) -> str:
    """A value as CEL writes it, without what is empty in it and with the middle of a long one left out."""
    text = literal(_filled(value)).replace('": ', f'":{JOINED}')
    return text if len(text) <= LONG else f"{text[: LONG - 40]} ... {text[-30:]}"


def _filled(value: Any) -> Any:
    if isinstance(value, list):
        return [_filled(element) for element in value]
    if not isinstance(value, dict):
        return value
    members = ((key, _filled(member)) for key, member in value.items())
    return {key: member for key, member in members if member is not None and member not in ([], {})}


def _absence(leaf: Leaf, type: Type | None, template: bool) -> Iterator[str]:
    meaning = absence(leaf, type, template)
    if meaning is None:
        return
    if meaning["default"] is not None:
        yield f"not set means {short(meaning['default'])}: {meaning['source']}"
    elif type and (field := declared(leaf.path, type)) and field.source:
        yield f"what that means: {field.source}"
