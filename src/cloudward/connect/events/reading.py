"""Events of files and folders. Parsing happens in children; one that breaks costs the file that it was at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
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
    if source:
        named(source)
    waiting = [file for path in paths for file in files(path)]
    while waiting:
        group = waiting[:FILES]
        done = 0
        try:
            for row in _rows(group, source):
                if row is None:
                    done += 1
                else:
                    yield row
        except InputError as error:
            yield Unparsed(str(group[done]), 0, str(error), source=source)
            done += 1
        waiting = waiting[done:]


def _rows(group: list[Path], source: str) -> Iterator[Event | Unparsed | None]:
    """None when a file is done."""
    names = [str(file.resolve()) for file in group]
    shown = [str(file) for file in group]
    frames = isolated.frames(
        "cloudward.connect.events.read",
        source or "-",
        size=sum(file.stat().st_size for file in group) * 4,
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
                yield Event(name, id, moment, document, shown[file], line)
