"""Events of files and folders. Parsing happens in children; one that breaks costs the file that it was at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from cloudward.connect.events import Event, Unparsed
from cloudward.connect.events.recognising import named
from cloudward.connect.events.unpacking import files
from cloudward.errors import InputError
from cloudward.runtime import isolated

FILES = 200
"""So many files are read by one child."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(paths: Iterable[Path], source: str = "") -> Iterator[Event | Unparsed]:
    """All events of files, and of the files of folders. `source` forces what they are."""
    return read_named([(file, str(file)) for path in paths for file in files(path)], source)


def read_named(
    waiting: Sequence[tuple[Path, str]], source: str = "", scope: str = ""
) -> Iterator[Event | Unparsed]:
    """All events of files, each with the name that people see. `scope` is of what they are where they do not
    say so."""
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
            yield Unparsed(group[done][1], 0, str(error), source=source)
            done += 1
        waiting = waiting[done:]


def _rows(group: Sequence[tuple[Path, str]], source: str, scope: str) -> Iterator[Event | Unparsed | None]:
    """None when a file is done."""
    names = [str(file.resolve()) for file, _ in group]
    shown = [name for _, name in group]
    frames = isolated.frames(
        "cloudward.connect.events.read",
        source or "-",
        size=sum(file.stat().st_size for file, _ in group) * 4,
        data=json.dumps(names).encode(),
        readable=names,
    )
    decode = msgspec.msgpack.Decoder(list).decode
    for frame in frames:
        for file, name, line, at, id, document, problem, text in decode(frame):
            if line == -1:
                yield None
            elif problem is not None:
                yield Unparsed(shown[file], line, problem, text, name)
            else:
                moment = EPOCH + timedelta(microseconds=at)
                yield Event(name, id, moment, document, shown[file], line, scope)
