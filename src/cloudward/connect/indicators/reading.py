"""Indicators of files and servers, as they are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cloudward.connect.indicators.parse import moment, parse
from cloudward.connect.indicators.stix import Row
from cloudward.errors import InputError
from cloudward.model import Indicator
from cloudward.runtime import isolated

LARGEST = 64 << 20
"""Bytes of a file."""
SHOWN = 20
"""So many of the things that were not understood are told."""
CONFIDENCE = 50
"""Where nobody says."""


@dataclass
class Found:
    """What was read."""

    indicators: list[Indicator] = field(default_factory=list)
    wrong: int = 0
    """What was not understood."""
    problems: list[str] = field(default_factory=list)
    """Some of it."""


@dataclass(frozen=True)
class Given:
    """What is said of all that is read, where it does not say so itself."""

    source: str
    confidence: int | None = None
    expires: datetime | None = None
    labels: Collection[str] = ()


def file(path: Path, given: Given) -> Found:
    """The indicators of a file."""
    try:
        with path.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise InputError(f"{path} is larger than {LARGEST >> 20} MiB")
    return several([data], given)


def several(bodies: Iterable[bytes], given: Given) -> Found:
    """The indicators of several documents, taken together."""
    found = Found()
    for data in bodies:
        rows, problems, wrong = isolated.call(parse, data)
        found.indicators += _made(rows, given)
        found.problems += problems
        found.wrong += wrong
    return found


def _made(rows: Iterable[Row], given: Given) -> Iterator[Indicator]:
    for kind, value, confidence, expires, labels, description in rows:
        sure = given.confidence if confidence is None else confidence
        yield Indicator(
            kind=kind,
            value=value,
            source=given.source,
            confidence=CONFIDENCE if sure is None else sure,
            expires=moment(expires) if expires else given.expires,
            labels=tuple(dict.fromkeys([*labels, *given.labels])),
            description=description,
        )
