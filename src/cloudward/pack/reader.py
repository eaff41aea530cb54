"""YAML as content writes it: plain values, each with its place in the file.

Read by libyaml's events with caps, so that no file can make it slow: no aliases, no tags, no documents
behind the first, bounded size and depth. Plain scalars follow the JSON schema of YAML 1.2, so `on`, `no`,
`2012-10-17` and `0123` stay the text that the author wrote. A key is always text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import msgspec
import yaml

from cloudward.errors import ContentError

DEPTH = 40
VALUES = 100_000

NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,30}([eE][-+]?[0-9]{1,2})?)?")
WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
ESCAPE = re.compile(r"\\(x..|u.{4}|U.{8}|\r?\n[ \t]*|.)", re.DOTALL)


class Mark(msgspec.Struct, frozen=True, gc=False):
    """Where a value starts, counted from 0, and how it is written."""

    line: int
    column: int
    at: int
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


def decode(data: bytes, name: str) -> str:
    """The text of a file. `name` is what errors call it."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError(name, data.count(b"\n", 0, error.start) + 1, "this is not UTF-8") from None


def parse(text: str, name: str) -> Table:
    """The mapping that `text` holds."""
    return documents(text, name, 1)[0]


def documents(text: str, name: str, most: int) -> list[Table]:
    """The mappings that `text` holds, divided by `---`; at least one."""
    try:
        found = _Builder(name, most).build(iter(yaml.CSafeLoader(text).get_event, None))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ContentError(name, line, f"character {error.character!r} is not allowed") from None
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        line, column = (at.line + 1, at.column + 1) if at else (0, 0)
        raise ContentError(name, line, f"not YAML: {error.problem}", column) from None
    if most > 1:
        found = [each for each in found if each is not None]
    for each in found or [None]:
        if not isinstance(each, Table):
            raise ContentError(name, 1, "expected `key: value` lines")
    return found


class _Builder:
    """Makes the tree from libyaml's events, one by one, so that depth and size are seen before they hurt."""

    def __init__(self, name: str, most: int) -> None:
        self.name, self.most = name, most
        self.roots: list[Any] = []
        self.here: Table | Series | None = None
        self.above: list[Table | Series | None] = []
        self.key: tuple[str, Mark] | None = None
        """Of `here`, whose value comes next."""
        self.values = 0

    def build(self, events: Iterator[Any]) -> list[Any]:
        for event in events:
            if (step := self.STEPS.get(type(event))) is not None:
                step(self, event)
        return self.roots

    def document(self, event: Any) -> None:
        if len(self.roots) == self.most:
            many = "one document" if self.most == 1 else f"at most {self.most} documents"
            raise self.refused(event, f"one file holds {many}")
        self.roots.append(None)

    def alias(self, event: Any) -> None:
        raise self.refused(event, "aliases are not allowed in content; write the value out")

    def scalar(self, event: Any) -> None:
        mark = self.counted(event, event.style)
        if self.key is None and type(self.here) is Table:
            self.take_key(event, self.here, mark)
        else:
            self.add(_scalar(event.value, event.style), mark)

    def start(self, event: Any) -> None:
        mark = self.counted(event)
        if self.key is None and type(self.here) is Table:
            raise self.refused(event, "a key must be text")
        if len(self.above) == DEPTH:
            raise self.refused(event, f"nested deeper than {DEPTH} levels")
        holder = Table(mark) if type(event) is yaml.MappingStartEvent else Series(mark)
        self.add(holder, mark)
        self.above.append(self.here)
        self.here = holder

    def end(self, _: Any) -> None:
        self.here = self.above.pop()

    def counted(self, event: Any, style: str = "") -> Mark:
        """Where it starts."""
        self.values += 1
        if event.anchor is not None or event.tag is not None:
            raise self.refused(event, "anchors and tags are not allowed in content")
        if self.values > VALUES:
            raise self.refused(event, f"more than {VALUES:,} values in one file")
        at = event.start_mark
        return Mark(at.line, at.column, at.index, style)

    def take_key(self, event: Any, table: Table, mark: Mark) -> None:
        if event.value in table:
            first = table.keys_at[event.value].line + 1
            raise self.refused(event, f"key {event.value!r} is given twice; the first is in line {first}")
        self.key = event.value, mark

    def add(self, value: Any, mark: Mark) -> None:
        here = self.here
        if self.key is not None and isinstance(here, Table):
            key, key_mark = self.key
            here[key] = value
            here.keys_at[key], here.values_at[key] = key_mark, mark
            self.key = None
        elif isinstance(here, Series):
            here.append(value)
            here.values_at.append(mark)
        else:
            self.roots[-1] = value

    def refused(self, event: Any, message: str) -> ContentError:
        at = event.start_mark
        return ContentError(self.name, at.line + 1, message, at.column + 1)

    STEPS: ClassVar[Mapping[type, Callable[[_Builder, Any], None]]] = {
        yaml.DocumentStartEvent: document,
        yaml.AliasEvent: alias,
        yaml.ScalarEvent: scalar,
        yaml.MappingStartEvent: start,
        yaml.SequenceStartEvent: start,
        yaml.MappingEndEvent: end,
        yaml.SequenceEndEvent: end,
    }


def _scalar(text: str, style: str) -> Any:
    if style:
        return text
    if text in WORDS:
        return WORDS[text]
    match = NUMBER.fullmatch(text) if text[0] in "-0123456789" else None
    if match is None:
        return text
    return float(text) if match[2] else int(text)


def plain(value: Any) -> Any:
    """The value without its places."""
    if isinstance(value, Table):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, Series) else value


def place(text: str, mark: Mark, value: str, offset: int) -> tuple[int, int]:
    """Line and column, counted from 1, where character `offset` of a scalar `value` stands in the file.

    Folding and indentation change only white space, so the n-th visible character of the value
    is the n-th visible one of the file.
    """
    rank = sum(1 for character in value[:offset] if not character.isspace())
    behind = offset >= len(value) and rank > 0  # where an end that comes too early is reported
    at = _visible(text, mark, rank - behind) + behind
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def _visible(text: str, mark: Mark, rank: int) -> int:
    """Index in the file of the scalar's visible character number `rank`."""
    at = mark.at
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
    return mark.at


def _step(text: str, at: int, style: str) -> tuple[int, bool]:
    """How many characters of the file make one of the value, and whether that one is visible."""
    if style == "'" and text[at] == "'":
        return 2, True
    if style == '"' and (match := ESCAPE.match(text, at)):
        return len(match[0]), match[1][0] not in "ntrvf _NLP\t\r\n"
    return 1, not text[at].isspace()
