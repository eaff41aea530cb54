"""Files in, entries out: each thing with the place where it is written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cloudward.errors import ContentError, near
from cloudward.pack import folder, reader
from cloudward.pack.file import REQUIRED, File, shown
from cloudward.pack.reader import Table

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Entry:
    """A thing as a file says it."""

    kind: str
    id: str
    file: File
    table: Table
    source: str
    """`owner/path`: what the store remembers of where it is from."""

    def wrong(self, key: str, message: str) -> ContentError:
        """What is wrong with the value of a key; without one, with the thing."""
        return self.file.wrong(self.table, key, message if key else f"{self.id}: {message}", at_key=not key)

    def unknown(self, keys: Collection[str], what: str) -> Iterator[ContentError]:
        """The keys that such a thing does not have."""
        for key in self.table:
            if key not in keys:
                message = f"{what} {self.id} has no key {key!r}{near(key, keys)}"
                yield self.file.wrong(self.table, key, message, at_key=True)

    def text(self, key: str, default: str = REQUIRED, choices: Collection[str] = ()) -> str:
        """The text at a key. An id that YAML takes for a number is text all the same."""
        value = self.table.get(key)
        if type(value) is int and not choices:
            return str(value)
        return self.file.text(self.table, key, default, choices)

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts at a key; ids as in `text`."""
        values = self.table.get(key) or []
        texts = [str(value) if type(value) is int else value for value in values]
        if isinstance(values, str | Table) or not all(isinstance(value, str) for value in texts):
            raise self.wrong(key, f"expected a list of texts, not {shown(values)}")
        return tuple(dict.fromkeys(texts))

    def day(self, key: str) -> datetime | None:
        """The day at a key, `2027-06-30`, in UTC; None when it is not there."""
        if self.table.get(key) is None:
            return None
        text = self.text(key)
        try:
            return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            raise self.wrong(key, f"{text!r} is no day as 2027-06-30") from None


def entries(place: Path, owner: str, kinds: Collection[str], errors: list[ContentError]) -> Iterator[Entry]:
    """Every thing in the files of a folder; what is wrong goes to `errors`."""
    first: dict[tuple[str, str], Entry] = {}
    for found in _files(place, errors):
        try:
            source = reader.decode(found.data, found.name)
            root = reader.parse(source, found.name)
        except ContentError as error:
            errors.append(error)
            continue
        file = File(found.name, found.below[:-1], found.below[-1], source, root)
        for entry in _things(file, f"{owner}/{'/'.join(found.below)}", kinds, errors):
            other = first.setdefault((entry.kind, entry.id), entry)
            if other is entry:
                yield entry
            else:
                line = other.table.mark.line + 1
                errors.append(entry.wrong("", f"it is also in {other.file.name}:{line}"))


def _files(place: Path, errors: list[ContentError]) -> list[folder.Found]:
    try:
        found = list(folder.every(place))
    except ContentError as error:
        errors.append(error)
        return []
    if not found:
        message = "there are no YAML files; to remove what it owned, keep one with `assignments: {}`"
        errors.append(ContentError(str(place), 0, message))
    return found


def _things(file: File, source: str, kinds: Collection[str], errors: list[ContentError]) -> Iterator[Entry]:
    for kind in file.root:
        if kind not in kinds:
            message = f"unknown kind {kind!r}; there are {', '.join(kinds)}{near(kind, kinds)}"
            errors.append(file.wrong(file.root, kind, message, at_key=True))
            continue
        try:
            table = file.table(file.root, kind, optional=True)
        except ContentError as error:
            errors.append(error)
            continue
        for id in table:
            if not ID.fullmatch(id):
                message = f"{id!r} is no id: up to 100 letters, digits, dots, dashes and underscores"
                errors.append(file.wrong(table, id, message, at_key=True))
                continue
            try:
                yield Entry(kind, id, file, file.table(table, id), source)
            except ContentError as error:
                errors.append(error)
