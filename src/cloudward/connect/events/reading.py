"""Events of files and folders. Parsing happens in children; one that breaks costs the file that it was at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from cloudward.connect.events import Event, Unparsed
from cloudward.connect.events.cutting import decoded
from cloudward.connect.events.foreign import lacking
from cloudward.connect.events.masking import masked
from cloudward.connect.events.recognising import named
from cloudward.connect.events.unpacking import files
from cloudward.errors import InputError
from cloudward.pack.foreign import Foreign
from cloudward.pack.mappings import sources
from cloudward.rules.unswept import unswept
from cloudward.runtime import isolated

FILES = 200
"""So many files are read by one child."""
KEPT = 4096
"""Characters of what is no alert that are kept."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(paths: Iterable[Path], source: str = "") -> Iterator[Event | Unparsed]:
    """All events of files, and of the files of folders. `source` forces what they are."""
    return read_parts([Part(file, str(file)) for path in paths for file in files(path)], source)


class Part(NamedTuple):
    """A file with the name that people see, or what stands between two of its bytes."""

    path: Path
    name: str
    start: int = 0
    end: int = -1
    """-1: all of it, whatever it is packed in."""
    before: int = 0
    """Lines that stand before it."""

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.end < 0 else self.end - self.start


def read_parts(waiting: Sequence[Part], source: str = "", scope: str = "") -> Iterator[Event | Unparsed]:
    """All events of files. `scope` is of what they are where they do not say so."""
    if source:
        named(source)
    while waiting:
        group = waiting[:FILES]
        done = 0
        try:
            for row in _rows(group, source, scope):
                if row is None:
                    done += 1
                else:
                    yield row
        except InputError as error:
            yield Unparsed(group[done].name, 0, str(error), source=source)
            done += 1
        waiting = waiting[done:]


def _rows(group: Sequence[Part], source: str, scope: str) -> Iterator[Event | Unparsed | None]:
    """None when a file is done."""
    names = [str(each.path.resolve()) for each in group]
    told = [[name, *each[2:]] for name, each in zip(names, group, strict=True)]
    shown = [each.name for each in group]
    frames = isolated.frames(
        "cloudward.connect.events.read",
        source or "-",
        size=sum(each.size for each in group) * 4,
        data=json.dumps(told).encode(),
        readable=names,
    )
    decode = msgspec.msgpack.Decoder(list).decode
    for frame in frames:
        with unswept():
            found = [_event(row, shown, scope) for row in decode(frame)]
        yield from found


_document = msgspec.json.Decoder().decode


def _event(row: Sequence[Any], shown: Sequence[str], scope: str) -> Event | Unparsed | None:
    file, name, line, at, id, data, clean, problem, text = row
    if line == -1:
        return None
    if problem is not None:
        return Unparsed(shown[file], line, problem, text, name)
    try:
        document = _document(data)
    except msgspec.ValidationError:
        document, data = decoded(data), b""  # with a number that is kept otherwise than it stands there
    foreign = _foreign().get(name)
    if foreign is not None:
        if wrong := lacking(document, foreign):
            said = msgspec.json.encode(document)[:KEPT].decode("utf-8", "replace")
            return Unparsed(shown[file], line, wrong, masked(said), name)
        data, clean = b"", False  # what looks like a secret is masked in all of its texts
    moment = EPOCH + timedelta(microseconds=at)
    return Event(name, id, moment, document, shown[file], line, scope, data, clean)


@cache
def _foreign() -> Mapping[str, Foreign]:
    """Sources whose records are alerts of another product."""
    return {name: each.alert for name, each in sources().items() if each.alert is not None}
