"""What a record of another product says as an alert of ours: read by its mapping, from what was sealed.

Its texts are that product's, and are only ever shown as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cloudward.connect.events import DELIVERED, Event, first, value
from cloudward.connect.events.foreign import identity, is_alert, judged, passed_on
from cloudward.connect.events.moments import moment
from cloudward.detect.detection import LEVELS, TACTICS, About
from cloudward.detect.event import ABSENT, chosen, find, flat
from cloudward.model import TACTICS as NAMES
from cloudward.model import AlertState, Original
from cloudward.pack.foreign import Foreign
from cloudward.pack.mappings import Source, sources

TITLE, DESCRIPTION, LINK = 300, 4000, 2000
"""Characters that are taken."""
TECHNIQUE = re.compile(r"\bT\d{4}(?:\.\d{3})?\b")
TACTIC = re.compile(r"\bTA\d{4}\b")
PARTS = re.compile(r"[:/,;|]")
WORDS = {re.sub("[^a-z]", "", name): id for id, name in NAMES.items()}
"""Names of tactics by their letters."""
TAGS = {id: f"attack.{name}" for name, id in TACTICS.items()}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Told:
    """An alert of another product, as one record tells of it."""

    about: About
    """In place of a detection: `id` is the source and the product's own kind of alert."""
    origin: str
    """The source whose alert it is: another one than that of the record when the record passes it on."""
    identity: tuple[str, ...]
    """What tells it apart from others of that source; empty for one that tells of an event."""
    original: Original
    first: datetime
    count: int
    sample: bool


def is_foreign(detection: str) -> bool:
    """Whether an alert's `detection` is a kind of alert of another product."""
    source, slash, _ = detection.partition("/")
    return bool(slash) and source in sources() and sources()[source].alert is not None


def told(event: Event, sealed: Mapping[str, Any], source: Source, now: datetime) -> Told | None:
    """None for a record that is no alert."""
    foreign = source.alert
    if foreign is None or not is_alert(sealed, foreign):
        return None
    level = judged(sealed, foreign.severity)[0]
    if not level:
        return None
    named, relayed = identity(sealed, foreign), passed_on(sealed, foreign)
    origin, told_apart = relayed or (source.name, () if foreign.grouped else named)
    kind = _text(sealed, foreign.type, TITLE)
    return Told(
        About(
            id=f"{source.name}/{kind}" if kind else source.name,
            title=_text(sealed, foreign.title, TITLE) or kind or source.title,
            level=level if level in LEVELS else LEVELS[0],
            tags=tuple(_tags(sealed, foreign)),
        ),
        origin=origin,
        identity=told_apart,
        original=_original(event, sealed, source, foreign, named[-1] if named else event.id, now),
        first=min(event.at, moment(first(sealed, foreign.first)) or event.at),
        count=_count(first(sealed, foreign.count)),
        sample=first(sealed, foreign.sample) is True,
    )


def _original(
    event: Event, sealed: Mapping[str, Any], source: Source, foreign: Foreign, id: str, now: datetime
) -> Original:
    """A moment that is still to come counts as now: else nothing that is said later would count."""
    state, said = judged(sealed, foreign.status)
    delivered = moment(value(sealed, DELIVERED))
    return Original(
        product=_text(sealed, foreign.product, TITLE) or source.title,
        id=id[:LINK],
        changed=min(now, moment(first(sealed, foreign.changed)) or event.at),
        type=_text(sealed, foreign.type, TITLE),
        description=_text(sealed, foreign.description, DESCRIPTION),
        link=_link(sealed, foreign),
        status=_text(sealed, foreign.said, TITLE) or _clean(said)[:TITLE],
        state=AlertState(state or AlertState.ACTIVE),
        delivered=None if delivered is None else min(now, delivered),
        source=source.name,
        via=source.title if passed_on(sealed, foreign) else "",
    )


def _link(sealed: Mapping[str, Any], foreign: Foreign) -> str:
    """Only what a browser may open without harm."""
    for path in foreign.link:
        for text in _texts(sealed, (path,)):
            if re.match(r"https?://[^\s/?#]+", text, re.IGNORECASE) and len(text) <= LINK and " " not in text:
                return text
    return ""


def _text(sealed: Mapping[str, Any], paths: Iterable[str], longest: int) -> str:
    return next((made for text in _texts(sealed, paths) if (made := _clean(text)[:longest].strip())), "")


def _clean(text: str) -> str:
    return CONTROL.sub(" ", text)


def _texts(sealed: Mapping[str, Any], paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        found = chosen(sealed, path) if "[" in path else find(sealed, path)
        for each in flat(found) if found is not ABSENT else ():
            if isinstance(each, str | int) and not isinstance(each, bool):
                yield str(each)


def _count(said: Any) -> int:
    return said if type(said) is int and 0 < said < 2**53 else 1


def _tags(sealed: Mapping[str, Any], foreign: Foreign) -> Iterator[str]:
    """As Sigma writes tactics and techniques."""
    for text in _texts(sealed, foreign.attack):
        for tactic in [*TACTIC.findall(text), *_named(text, foreign.tactics)]:
            if tactic in TAGS:
                yield TAGS[tactic]
        yield from (f"attack.{each.lower()}" for each in TECHNIQUE.findall(text))


def _named(text: str, own: Mapping[str, str]) -> Iterator[str]:
    for part in PARTS.split(text[:TITLE]):
        letters = re.sub("[^a-z]", "", part.lower()).removeprefix("mitre")
        found = own.get(letters) or WORDS.get(letters)
        if found:
            yield found
