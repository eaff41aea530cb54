"""Which source a record or a line of text is of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from cloudward import registry
from cloudward.connect.events import Document, Line, Source, sources, value
from cloudward.errors import UsageError, near

OTHERWISE = (TypeError, AttributeError, LookupError, ValueError)
"""What is raised over a record whose fields hold other things than those of its source do."""
SAMPLE = 200
"""So many lines of a text are looked at to know it."""


@cache
def every() -> Mapping[str, Source]:
    """All sources by name."""
    found = ((module.SOURCE.name, module.SOURCE) for module in registry.modules(sources.__name__))
    return registry.named(iter(found))


def named(name: str) -> Source:
    """The source of a name; another name is a `UsageError` with the near one."""
    if name not in every():
        raise UsageError(
            f"unknown source {name!r}{near(name, every())}", f"one of {', '.join(sorted(every()))}"
        )
    return every()[name]


class Recogniser:
    """Remembers what the last record was: the next one is nearly always of the same source."""

    def __init__(self, forced: Source | None = None) -> None:
        self._forced, self._last = forced, forced
        self._sources = sorted(every().values(), key=lambda each: -len(each.keys))

    @property
    def last(self) -> Source | None:
        """What the last record was of, or what the user named."""
        return self._last

    def source(self, record: Document) -> Source | None:
        """None when no source has such records."""
        if self._forced is not None:
            return self._forced if _has_any(self._forced, record) else None
        if self._last is not None and fits(self._last, record):
            return self._last
        self._last = next((each for each in self._sources if fits(each, record)), None)
        return self._last


def fits(source: Source, record: Document) -> bool:
    """Whether a document is a record of the source, as logs have it or as cloudward makes it."""
    if not source.keys and source.fits is None:
        return False
    for key in source.keys:
        if record.get(key) is None and value(record, key) is None:
            return False
    try:
        return source.fits is None or source.fits(record)
    except OTHERWISE:
        return False


def _has_any(source: Source, record: Document) -> bool:
    """With a source that the user names, whatever does not look like an envelope is a record."""
    return not source.keys or any(value(record, key) is not None for key in (*source.keys, *source.time))


def problem(record: Any) -> str:
    """Why no source takes a record: what the nearest one misses in it."""
    if not isinstance(record, Mapping):
        return f"a {type(record).__name__} where a record is expected"
    share = {
        each.name: sum(value(record, key) is not None for key in each.keys) / len(each.keys)
        for each in every().values()
        if each.keys
    }
    best = max(share, key=lambda name: share[name])
    if share[best] < 0.5:
        return "no source has such records"
    missing = [key for key in every()[best].keys if value(record, key) is None]
    lacks = f"lacks {', '.join(missing)}" if missing else "is another category"
    return f"no source has such records; nearest is {best}, but it {lacks}"


class Lines:
    """The sources of text that a file may be of, the special ones before the general."""

    def __init__(self, head: Iterable[str], written: datetime, forced: Source | None = None) -> None:
        textual = [forced] if forced else [each for each in every().values() if each.lines]
        head = list(head)[:SAMPLE]
        votes: Counter[str] = Counter()
        for each in textual:
            read = _reader(each, written)
            votes[each.name] = sum(read(line) is not None for line in head)
        chosen = [each for each in textual if votes[each.name]]
        chosen.sort(key=lambda each: (each.general, -votes[each.name]))
        self.sources = chosen
        self._readers = [(each, _reader(each, written)) for each in chosen]

    def read(self, text: str) -> tuple[Source, dict[str, Any]] | None:
        """The source and the document of a line; empty for a heading, None for what none can read."""
        for source, read in self._readers:
            found = read(text)
            if found is not None:
                return source, found
        return None


def _reader(source: Source, written: datetime) -> Line:
    assert source.lines is not None
    return source.lines(written)
