"""Log files in a child: `python -m cloudward.connect.events.read SOURCE`, paths as JSON on standard input.

It writes frames of msgpack, a list of rows `[file, source, line, at, id, data, clean, problem, text]` each:
`file` is the number of the path, `at` microseconds since 1970, `id` tells events apart, `data` is the
document as JSON, as it stands in the file where it is `clean`: then nothing in it has to be sealed. Where
`problem` is there the record could not be read, and costs only itself. A row whose `line` is -1 says that a
file is done.
"""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, EncodedFile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain, count, islice, takewhile
from pathlib import Path
from typing import IO, Any

import msgspec

from cloudward.connect.events import Source, cutting, value
from cloudward.connect.events.cutting import DEEP, Bytes
from cloudward.connect.events.glancing import OURS, glance
from cloudward.connect.events.masking import masked
from cloudward.connect.events.moments import micros
from cloudward.connect.events.recognising import OTHERWISE, SAMPLE, Lines, Recogniser, fits, named, problem
from cloudward.connect.events.unpacking import WHOLE, at_most, piece, unpacked
from cloudward.errors import InputError
from cloudward.rules.unswept import unswept

BATCH = 1000
NESTED = 300
"""Levels of calls in here, and so of what is nested: fewer than who evaluates a record may need for it."""
LINE = 16 << 20
KEPT = 4096
"""Characters of a broken record that are kept."""
EVTX = b"ElfFile\0"
NUL = b"\\u0000"
"""No database takes it in a text of its own, and nobody sees it: something else stands in its place."""
UTF16 = (BOM_UTF16_LE, BOM_UTF16_BE)
"""Windows programs write their logs so."""

Row = tuple[int, str, int, int, str, Bytes, bool, str | None, str]


class Reader:
    """One file after another; `forced` is the source that the user named."""

    def __init__(self, forced: Source | None) -> None:
        self.forced = forced
        self._seen = Recogniser(forced)
        self.number = self.before = 0
        self._delivered: Any = None
        """When EventBridge delivered what is read."""

    def rows(self, path: Path, start: int = 0, end: int = -1, before: int = 0) -> Iterator[Row]:
        """All events of a file; what ends the file early is one broken record.

        With an `end` only those from one byte to another, `before` being the lines that come before it.
        """
        self.before = before
        try:
            with unpacked(path) if end < 0 else piece(path, start, end) as file:
                head = file.peek(1 << 16)[: 1 << 16]
                yield from self._format(path, file, head)
        except (InputError, OSError, EOFError, ValueError) as error:
            yield self._broken(0, f"{error or type(error).__name__}", "")

    def _format(self, path: Path, file: IO[bytes], head: bytes) -> Iterator[Row]:
        if head.startswith(UTF16):
            file = EncodedFile(file, "utf-8", "utf-16", "replace")
            head = head.decode("utf-16", "ignore").encode()
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if head.startswith(EVTX):
            yield from self._evtx(path)
        elif not start:
            yield self._broken(0, "the file is empty", "")
        elif cutting.is_lines(start) or (start[:1] in b"{[" and cutting.STAMP.match(start)):
            yield from self._by_line(_lines(file, self.before))
        elif start[:1] in b"{[" and (start[:1] == b"{" or start[1:].lstrip()[:1] in b"{[]"):
            data = at_most(file, WHOLE + 1)
            if len(data) > WHOLE:
                raise InputError(f"one document of more than {WHOLE >> 20} MiB; give it one record a line")
            yield from self._whole(data.removeprefix(b"\xef\xbb\xbf"))
        else:
            yield from self._text(path, file)

    def _by_line(self, lines: Iterable[tuple[int, bytes]]) -> Iterator[Row]:
        for number, data in lines:
            plain = data[:1] == b"{" and NUL not in data and cutting.utf8(data)
            row = self._glanced(data.rstrip(), number) if plain else None
            if row is None:
                yield from self._pieces([cutting.line(number, data)])
            else:
                yield row

    def _whole(self, data: bytes) -> Iterator[Row]:
        records = None if NUL in data else cutting.delivered(data)
        if records is None:
            yield from self._pieces(cutting.documents(data))
            return
        for number, record in enumerate(records, 1):
            row = self._glanced(record, number)
            if row is None:
                yield from self._records(_document(cutting.decoded(record)), number, 1)
            else:
                yield row

    def _glanced(self, data: Bytes, line: int) -> Row | None:
        """The row of a record that is like the one before; None when one has to see all of it."""
        source = self._seen.last
        seen = glance(source.name) if source else None
        if source is None or seen is None:
            return None
        try:
            record = seen(data)
        except (ValueError, RecursionError):
            return None
        at, id = _at(source, record), _id(source, record)
        if at is None or not id or not fits(source, record):
            return None
        return self.number, source.gives or source.name, line, at, id, data, True, None, ""

    def _pieces(self, pieces: Iterable[cutting.Piece]) -> Iterator[Row]:
        for line, found, wrong, text in pieces:
            if wrong:
                yield self._broken(line, wrong, text)
            else:
                yield from self._records(found, line, 0)

    def _records(self, found: Any, line: int, depth: int) -> Iterator[Row]:
        """The record, or those inside of an envelope."""
        source = self._seen.source(found) if isinstance(found, Mapping) else None
        if source is not None:
            yield from self._turned(source, found, line)
            return
        inside = cutting.opened(found) if depth < cutting.DEPTH else None
        if inside is None:
            if not _no_event(found):
                yield self._broken(
                    line, problem(found), msgspec.json.encode(found).decode("utf-8", "replace")
                )
            return
        before = self._delivered
        if isinstance(found, Mapping) and "detail-type" in found:
            self._delivered = found.get("time")
        yield from self._several(inside, line, depth)
        self._delivered = before

    def _several(self, inside: Sequence[Any], line: int, depth: int) -> Iterator[Row]:
        counted = len(inside) > 1
        for number, each in enumerate(inside, 1):
            found, place = _document(each), number if counted else line
            source = self._seen.source(found) if type(found) is dict else None
            if source is not None and source.turn is None:
                yield self._row(source, found, place)
            else:
                yield from self._records(found, place, depth + 1)

    def _turned(self, source: Source, record: Mapping[str, Any], line: int) -> Iterator[Row]:
        if source.turn is None:
            yield self._row(source, record, line)
            return
        try:
            for each in source.turn(record):
                yield self._row(source, each, line)
        except OTHERWISE:
            text = msgspec.json.encode(record).decode("utf-8", "replace")
            yield self._broken(line, "its fields are not of the kind that they should be", text, source.name)

    def _row(self, source: Source, record: Mapping[str, Any], line: int, tell: str = "") -> Row:
        if OURS in record:
            record = {key: each for key, each in record.items() if key != OURS}
        if source.delivered and isinstance(self._delivered, str):
            record = {**record, OURS: {"delivered": self._delivered}}
        try:
            data = _encode(record)
            if NUL in data:
                record = _without_nul(record)
                data = _encode(record)
        except RecursionError:
            return self._broken(line, DEEP, "", source.name)
        at = _at(source, record)
        if at is None:
            wrong = f"it does not say when: no {' or '.join(source.time)}"
            return self._broken(line, wrong, data.decode(), source.name)
        id = _id(source, record)
        if not id:
            told = msgspec.json.encode(record, order="deterministic")
            id = blake2b(told + tell.encode(), digest_size=16).hexdigest()
        return self.number, source.gives or source.name, line, at, id, data, False, None, ""

    def _broken(self, line: int, wrong: str, text: str, source: str = "") -> Row:
        kept = masked(text[:KEPT])
        return (
            self.number,
            source or (self.forced.name if self.forced else ""),
            line,
            0,
            "",
            b"",
            False,
            wrong[:500],
            kept,
        )

    def _text(self, path: Path, file: IO[bytes]) -> Iterator[Row]:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        lines = (
            (number, data.decode("utf-8", "replace").rstrip("\r\n"))
            for number, data in _lines(file, self.before)
        )
        head = list(islice(lines, SAMPLE))
        above = _headings(path) if self.before else []
        known = Lines([*above, *(text for _, text in head)], written, self._textual())
        for text in above:
            known.read(text)
        if not known.sources:
            yield self._broken(
                head[0][0] if head else 0, "no source has such lines", head[0][1] if head else ""
            )
            return
        continued = any(each.continued for each in known.sources)
        for number, text in _joined(chain(head, lines), continued):
            found = known.read(text)
            if found is None:
                if text.strip() and not text.startswith("#"):
                    yield self._broken(number, "no source has such lines", text, known.sources[0].name)
            elif found[1]:
                yield self._row(found[0], found[1], number, str(number))

    def _textual(self) -> Source | None:
        if self.forced is not None and self.forced.lines is None:
            raise InputError(f"this is text, and {self.forced.name} is read from JSON")
        return self.forced

    def _evtx(self, path: Path) -> Iterator[Row]:
        from evtx import PyEvtxParser

        records: Iterator[Any] = iter(PyEvtxParser(str(path)).records_json())
        for number in count(1):
            try:
                found = msgspec.json.decode(next(records)["data"])
            except StopIteration:
                return
            except (msgspec.DecodeError, RuntimeError) as error:
                yield self._broken(number, f"a broken record: {error}", "")
                continue
            yield from self._records(found, number, 0)


_encode = msgspec.json.Encoder().encode


def _at(source: Source, record: Mapping[str, Any]) -> int | None:
    for path in source.time:
        at = micros(value(record, path))
        if at is not None:
            return at
    return None


def _id(source: Source, record: Mapping[str, Any]) -> str:
    return ":".join([str(part) for path in source.id if (part := value(record, path))])


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, Mapping):
        return {_without_nul(key): _without_nul(each) for key, each in value.items()}
    return [_without_nul(each) for each in value] if isinstance(value, list) else value


def _document(value: Any) -> Any:
    """A record that is kept as text, as in a delivery of a log group."""
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    return value


def _no_event(value: Any) -> bool:
    """What lies among logs and is none: digests of CloudTrail, empty lists."""
    return value in ([], {}) or (isinstance(value, Mapping) and "digestStartTime" in value)


def _lines(file: IO[bytes], number: int) -> Iterator[tuple[int, bytes]]:
    while data := file.readline(LINE):
        number += 1
        if data.strip():
            yield number, data


def _headings(path: Path) -> list[str]:
    """The lines at the beginning of a file that say what its columns are."""
    with path.open("rb") as file:
        first = file.read(1 << 14).decode("utf-8", "replace").splitlines()
    return list(takewhile(lambda text: text.startswith("#"), first))


def _joined(lines: Iterable[tuple[int, str]], continued: bool) -> Iterator[tuple[int, str]]:
    """Lines with those that go on from them."""
    held: tuple[int, str] | None = None
    for number, text in lines:
        if continued and held is not None and text[:1] in "\t ":
            held = (held[0], f"{held[1]}\n{text}"[:LINE])
            continue
        if held is not None:
            yield held
        held = (number, text)
    if held is not None:
        yield held


def main(source: str) -> None:
    encode, out = msgspec.msgpack.Encoder().encode, sys.stdout.buffer
    paths = json.loads(sys.stdin.buffer.read())
    reader = Reader(named(source) if source != "-" else None)

    def flush(batch: list[Row]) -> None:
        frame = encode(batch)
        out.write(len(frame).to_bytes(4, "big") + frame)

    batch: list[Row] = []
    for number, (path, *part) in enumerate(paths):
        reader.number = number
        for row in reader.rows(Path(path), *part):
            batch.append(row)
            if len(batch) >= BATCH:
                flush(batch)
                batch = []
        batch.append((number, "", -1, 0, "", b"", False, None, ""))
        flush(batch)
        batch = []
    out.write(bytes(4))
    out.flush()


if __name__ == "__main__":
    sys.setrecursionlimit(NESTED)
    with unswept():
        main(sys.argv[1])
