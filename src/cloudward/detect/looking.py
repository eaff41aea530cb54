"""Writes the function that looks up what an event has: texts of fields, and the rules that they call for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cloudward.detect.event import ABSENT, everything, find, first, flat
from cloudward.detect.index import END, START
from cloudward.detect.text import fold, plain
from cloudward.pack.mappings import Source

Look = Callable[[Any, list[Any]], list[int]]


def texts(value: Any) -> str | tuple[str, ...]:
    """The folded text of a value, or those of its elements when there are several; nothing is empty text."""
    if value is ABSENT or value is None:
        return ""
    if type(value) is not list:
        return fold(plain(value))
    found = tuple(fold(plain(each)) for each in flat(value) if each is not None)
    return found if len(found) > 1 else found[0] if found else ""


def whole_event(event: Any) -> tuple[str, ...]:
    """The folded texts of every value in an event."""
    return tuple(fold(plain(each)) for each in everything(event) if each is not None)


def loader(field: str, source: Source) -> Callable[[Any], Any]:
    """What gives the texts of a field."""
    if not field:
        return whole_event
    paths = source.paths(field)
    return lambda event: texts(first(event, paths))


def looking(
    fields: Mapping[int, str],
    source: Source,
    wholes: Mapping[int, Mapping[str, Sequence[int]]],
    parts: Mapping[int, Any],
    always: Sequence[int],
) -> Look:
    """`look(event, slots)` fills the slots of `fields` and gives the places that their texts call for.

    `wholes` is slot -> text -> places, `parts` slot -> automaton over texts between START and END.
    """
    names: dict[str, Any] = {
        "A": ABSENT, "find": find, "fold": fold, "texts": texts, "whole_event": whole_event,
        **{f"W{slot}": table.get for slot, table in wholes.items() if table},
        **{f"P{slot}": automaton.iter for slot, automaton in parts.items() if automaton},
    }  # fmt: skip
    lines = ["def look(e, f):", f" r = {[*always]!r}", *_Loads(source, fields).lines(names)]
    exec(compile("\n".join([*lines, " return r"]), f"<{source.name}>", "exec"), names)  # noqa: S102 - our own
    return names["look"]  # type: ignore[no-any-return]


class _Loads:
    """The lines that load fields; maps on the way are loaded once."""

    def __init__(self, source: Source, fields: Mapping[int, str]) -> None:
        self.source, self.fields = source, fields
        self.heads: dict[str, str] = {"": "e"}

    def lines(self, names: Mapping[str, Any]) -> Iterator[str]:
        for slot, field in self.fields.items():
            if not field:
                yield f" t = f[{slot}] = whole_event(e)"
                yield from _each(slot, names, " ")
                continue
            yield from self.value(self.source.paths(field))
            yield " if type(v) is str:"
            yield f"  t = f[{slot}] = v.lower() if v.isascii() else fold(v)"
            yield from _calls(slot, names, "  ")
            yield " elif v is A:"
            yield f"  f[{slot}] = ''"
            yield " else:"
            yield f"  t = f[{slot}] = texts(v)"
            yield "  if type(t) is str:"
            yield from _calls(slot, names, "   ")
            yield "  else:"
            yield from _each(slot, names, "   ")

    def value(self, paths: Sequence[str]) -> Iterator[str]:
        """`v` becomes what is at the first path that is there."""
        for place, path in enumerate(paths):
            heads = list(self.head(path))
            yield from (line for line, _ in heads if line)
            indent = " " if place == 0 else "  "
            if place:
                yield " if v is A:"
            yield from (indent + line for line in self.at(path))

    def head(self, path: str) -> Iterator[tuple[str, str]]:
        """The maps on the way to a path, each loaded when it is first met."""
        segments = path.split(".")
        above = "e"
        for count in range(1, len(segments)):
            whole = ".".join(segments[:count])
            if whole not in self.heads:
                name = self.heads[whole] = f"h{len(self.heads)}"
                yield (
                    f" {name} = {above}.get({segments[count - 1]!r}, A) if type({above}) is dict else A",
                    name,
                )
            above = self.heads[whole]

    def at(self, path: str) -> Iterator[str]:
        """`v` becomes what is at a path: inside maps first, then under names that hold dots."""
        segments = path.split(".")
        if len(segments) == 1:
            yield f"v = e.get({path!r}, A)"
            return
        above = [self.heads[".".join(segments[:count])] for count in range(len(segments))]
        listed = " or ".join(f"type({name}) is list" for name in above[1:])
        yield f"if {listed}: v = find(e, {path!r})"
        yield "else:"
        yield f" v = {above[-1]}.get({segments[-1]!r}, A) if type({above[-1]}) is dict else A"
        for count in range(len(segments) - 2, 0, -1):
            rest = ".".join(segments[count:])
            yield f" if v is A and type({above[count]}) is dict: v = {above[count]}.get({rest!r}, A)"
        yield f" if v is A: v = e.get({path!r}, A)"


def _calls(slot: int, names: Mapping[str, Any], indent: str) -> Iterator[str]:
    """The places that the text `t` calls for."""
    yield f"{indent}pass"
    if f"W{slot}" in names:
        yield f"{indent}c = W{slot}(t)"
        yield f"{indent}if c: r += c"
    if f"P{slot}" in names:
        yield f"{indent}for _, c in P{slot}({START!r} + t + {END!r}): r += c"


def _each(slot: int, names: Mapping[str, Any], indent: str) -> Iterator[str]:
    yield f"{indent}for t in t:"
    yield from _calls(slot, names, indent + " ")
