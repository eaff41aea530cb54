"""How a record of another product says what an alert says: `alert` in `content/mappings/<source>.yaml`.

A product that has findings with a state names their `id`; one that only tells events, a record each, is
`grouped`: its records of one kind, place, principal and hour are one alert.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from cloudward.model import TACTICS, AlertSeverity, AlertState
from cloudward.pack.file import File
from cloudward.pack.reader import Series, Table

PATHS = (
    "id",
    "product",
    "type",
    "title",
    "description",
    "link",
    "said",
    "first",
    "changed",
    "count",
    "sample",
    "attack",
)
KEYS = (*PATHS, "grouped", "severity", "status", "tactics", "only", "unless", "relays")
RELAY = ("source", "only", "id", "after")
SCALE = ("of", "words", "from")
SEVERITIES = tuple(each.value for each in AlertSeverity)
STATES = tuple(each.value for each in AlertState)

Patterns = Mapping[str, tuple[str, ...]]
"""Path -> what may stand there, in lower case; `*` stands for any text."""


@dataclass(frozen=True)
class Scale:
    """What a product's word or number means here."""

    of: tuple[str, ...]
    """Where it stands; the first that is there."""
    words: Mapping[str, str] = field(default_factory=dict)
    """In lower case -> ours."""
    floors: tuple[tuple[float, str], ...] = ()
    """From this number on -> ours; the highest first."""

    def judged(self, value: Any) -> str:
        """Ours; empty when it says nothing of this."""
        if (known := self.words.get(str(value).strip().lower())) is not None:
            return known
        try:
            number = float(value)
        except (TypeError, ValueError):
            return ""
        return next((ours for floor, ours in self.floors if number >= floor), "")


@dataclass(frozen=True)
class Relay:
    """How a record is known that passes on an alert of another source, which may come from there as well."""

    source: str
    only: Patterns
    """Each of these fits."""
    id: tuple[str, ...]
    """Where the id stands that the alert has there."""
    after: str
    """The id is what comes behind the last of this, or all of it."""


@dataclass(frozen=True)
class Foreign:
    """The alerts of a product; each field of paths takes the first that is there."""

    id: tuple[str, ...] = ()
    """What, taken together, tells its alerts apart. The last is its id, and has to be there."""
    grouped: bool = False
    """Its records tell events: those of one kind, place, principal and hour are one alert."""
    product: tuple[str, ...] = ()
    """Where a record names the product; else it is the title of the source."""
    type: tuple[str, ...] = ()
    """What kind of alert it is, in the product's words."""
    title: tuple[str, ...] = ()
    description: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    """Where to look at it there."""
    said: tuple[str, ...] = ()
    """The word for its status that people read; else it is what `status` goes by."""
    first: tuple[str, ...] = ()
    """When it began."""
    changed: tuple[str, ...] = ()
    """When the product changed it last; else when it happened."""
    count: tuple[str, ...] = ()
    """How often the product saw it."""
    sample: tuple[str, ...] = ()
    """Where it says that it only shows how alerts look."""
    attack: tuple[str, ...] = ()
    """Where tactics and techniques stand, as ids or names; all count."""
    severity: tuple[Scale, ...] = ()
    """The first that says something counts."""
    status: tuple[Scale, ...] = ()
    tactics: Mapping[str, str] = field(default_factory=dict)
    """The product's own words for tactics, letters in lower case -> id."""
    only: Patterns = field(default_factory=dict)
    """A record is an alert when each of these fits."""
    unless: Patterns = field(default_factory=dict)
    """It is none when all that stands at one of these fits."""
    relays: tuple[Relay, ...] = ()


def declared(file: File, table: Table) -> Foreign:
    """The `alert` of a mapping."""
    file.known(table, KEYS, "an alert")
    named = file.table(table, "tactics", optional=True)
    return Foreign(
        **{name: file.texts(table, name) for name in PATHS},
        grouped=file.flag(table, "grouped"),
        severity=tuple(_scales(file, table, "severity", SEVERITIES)),
        status=tuple(_scales(file, table, "status", STATES)),
        tactics={word: file.text(named, word, choices=[*TACTICS]) for word in named},
        only=_patterns(file, table, "only"),
        unless=_patterns(file, table, "unless"),
        relays=tuple(_relays(file, table)),
    )


def _relays(file: File, table: Table) -> Iterator[Relay]:
    for each in _tables(file, table, "relays", "relays"):
        file.known(each, RELAY, "a relay")
        yield Relay(
            file.text(each, "source"),
            _patterns(file, each, "only"),
            file.texts(each, "id"),
            file.text(each, "after"),
        )


def _tables(file: File, table: Table, key: str, what: str) -> list[Table]:
    listed = table.get(key, Series(table.mark))
    if not isinstance(listed, Series) or not all(isinstance(each, Table) for each in listed):
        raise file.wrong(table, key, f"expected a list of {what}")
    return listed


def _scales(file: File, table: Table, key: str, choices: tuple[str, ...]) -> Iterator[Scale]:
    for each in _tables(file, table, key, "scales"):
        file.known(each, SCALE, "a scale")
        words, floors = (file.table(each, name, optional=True) for name in ("words", "from"))
        made = {word.lower(): file.text(words, word, choices=choices) for word in words}
        numbers = [(float(floor), file.text(floors, floor, choices=choices)) for floor in floors]
        yield Scale(file.texts(each, "of"), made, tuple(sorted(numbers, reverse=True)))


def _patterns(file: File, table: Table, key: str) -> dict[str, tuple[str, ...]]:
    given = file.table(table, key, optional=True)
    return {path: tuple(each.lower() for each in file.texts(given, path)) for path in given}


def fits(patterns: tuple[str, ...], value: Any) -> bool:
    """Whether there is something, and all of it is one of these."""
    found = [
        str(each).lower() for each in (value if isinstance(value, list) else [value]) if each is not None
    ]
    return bool(found) and all(any(fnmatchcase(each, one) for one in patterns) for each in found)
