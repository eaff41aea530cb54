"""YAML as content writes it: plain values, each with its place in the file.

Read by libyaml's events with caps, so that no file can make it slow: no aliases, no tags, no documents
behind the first, bounded size and depth. Plain scalars follow the JSON schema of YAML 1.2, so `on`, `no`,
`2012-10-17` and `0123` stay the text that the author wrote. A key is always text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from cloudward.errors import ContentError

SIZE = 1_000_000
DEPTH = 40
VALUES = 100_000

NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,30}([eE][-+]?[0-9]{1,2})?)?")
WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
ESCAPE = re.compile(r"\\(x..|u.{4}|U.{8}|\r?\n[ \t]*|.)", re.DOTALL)


class Mark(NamedTuple):
    """Where a value starts, counted from 0, and how it is written."""

    line: int
    column: int
    index: int
    style: str = ""


class Table(dict[str, Any]):
    """A mapping. `keys_at` and `values_at` tell where each key and value stands."""

    __slots__ = ("keys_at", "mark", "values_at")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.keys_at: dict[str, Mark] = {}
        self.values_at: dict[str, Mark] = {}


class Series(list[Any]):
    """A sequence. `values_at` tells where each element stands."""

    __slots__ = ("mark", "values_at")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.values_at: list[Mark] = []


def read(path: Path, name: str) -> tuple[Table, str]:
    """The mapping that a file holds, and its text. `name` is what errors call it."""
    data = load(path, name)
    return parse(decode(data, name), name), decode(data, name)


def load(path: Path, name: str) -> bytes:
    """A content file's bytes, within the size that one may have."""
    with path.open("rb") as file:
        data = file.read(SIZE + 1)
    if len(data) > SIZE:
        raise ContentError(name, 0, f"the file is larger than {SIZE:,} bytes")
    return data


def decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError(name, data.count(b"\n", 0, error.start) + 1, "this is not UTF-8") from None


def parse(text: str, name: str) -> Table:
    """The mapping that `text` holds."""
    try:
        found = _document(yaml.parse(text, Loader=yaml.CSafeLoader), name)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ContentError(name, line, f"character {error.character!r} is not allowed") from None
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        line, column = (at.line + 1, at.column + 1) if at else (0, 0)
        raise ContentError(name, line, f"not YAML: {error.problem}", column) from None
    if not isinstance(found, Table):
        raise ContentError(name, 1, "expected `key: value` lines")
    return found


def _document(events: Iterator[Any], name: str) -> Any:
    open_: list[Table | Series] = []
    keys: list[tuple[str, Mark] | None] = []
    root: Any = None
    documents = values = 0
    for event in events:
        kind = type(event)
        if kind is yaml.ScalarEvent or kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            start = event.start_mark
            values += 1
            if event.anchor is not None or event.tag is not None:
                raise _refused(name, start, "anchors and tags are not allowed in content")
            if values > VALUES:
                raise _refused(name, start, f"more than {VALUES:,} values in one file")
            if kind is yaml.ScalarEvent:
                mark = Mark(start.line, start.column, start.index, event.style)
                holder = open_[-1] if open_ else None
                if type(holder) is Table and keys[-1] is None:
                    if event.value in holder:
                        first = holder.keys_at[event.value].line + 1
                        message = f"key {event.value!r} is given twice; the first is in line {first}"
                        raise _refused(name, start, message)
                    keys[-1] = (event.value, mark)
                    continue
                value = _scalar(event.value, event.style)
            else:
                mark = Mark(start.line, start.column, start.index)
                if open_ and type(open_[-1]) is Table and keys[-1] is None:
                    raise _refused(name, start, "a key must be text")
                if len(open_) == DEPTH:
                    raise _refused(name, start, f"nested deeper than {DEPTH} levels")
                value = Table(mark) if kind is yaml.MappingStartEvent else Series(mark)
            if not open_:
                root = value
            elif type(holder := open_[-1]) is Table:
                key, key_mark = keys[-1]  # type: ignore[misc]
                holder[key] = value
                holder.keys_at[key] = key_mark
                holder.values_at[key] = mark
                keys[-1] = None
            else:
                holder.append(value)
                holder.values_at.append(mark)  # type: ignore[union-attr]
            if kind is not yaml.ScalarEvent:
                open_.append(value)
                keys.append(None)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            open_.pop()
            keys.pop()
        elif kind is yaml.AliasEvent:
            raise _refused(name, event.start_mark, "aliases are not allowed in content; write the value out")
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise _refused(name, event.start_mark, "one file holds one document")
    return root


def _refused(name: str, mark: Any, message: str) -> ContentError:
    return ContentError(name, mark.line + 1, message, mark.column + 1)


def _scalar(text: str, style: str) -> Any:
    if style:
        return text
    if text in WORDS:
        return WORDS[text]
    match = NUMBER.fullmatch(text)
    if match is None:
        return text
    return float(text) if match[2] else int(text)


def place(text: str, mark: Mark, value: str, offset: int) -> tuple[int, int]:
    """Line and column, counted from 1, where character `offset` of a scalar `value` stands in the file.

    Folding and indentation change only white space, so the n-th visible character of the value
    is the n-th visible one of the file.
    """
    rank = sum(1 for character in value[:offset] if not character.isspace())
    if offset >= len(value) and rank:  # an end of input is reported just behind the last thing seen
        at = _visible(text, mark, rank - 1) + 1
    else:
        at = _visible(text, mark, rank)
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def _visible(text: str, mark: Mark, rank: int) -> int:
    """Index in the file of the scalar's visible character number `rank`."""
    at = mark.index
    if mark.style in {"|", ">"}:
        at = text.find("\n", at) + 1
    elif mark.style:
        at += 1
    while at < len(text):
        step, visible = _step(text, at, mark.style)
        if visible:
            if rank == 0:
                return at
            rank -= 1
        at += step
    return mark.index


def _step(text: str, at: int, style: str) -> tuple[int, bool]:
    """How many characters of the file make one of the value, and whether that one is visible."""
    if style == "'" and text[at] == "'":
        return 2, True
    if style == '"' and (match := ESCAPE.match(text, at)):
        return len(match[0]), match[1][0] not in "ntrvf _NLP\t\r\n"
    return 1, not text[at].isspace()
