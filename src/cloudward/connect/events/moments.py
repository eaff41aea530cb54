"""Moments as logs write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
MONTHS = {name: number for number, name in enumerate(NAMES.split(), 1)}
APACHE = re.compile(r"(\d{1,2})/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})")
EXACT = len("2026-11-20T10:00:00.000000")
"""A longer text may have more digits than are read."""
FRACTION = re.compile(r"(\.\d{6})\d+")
OLD = re.compile(r"(\w{3})\s+(\d{1,2}) (\d\d):(\d\d):(\d\d)")
AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})[ ,]+(\d{1,2}):(\d\d):(\d\d)(?: ([AP]M))?")
LONGEST = 64
"""Characters of a text that is remembered."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS, MILLI, MICRO = 1e11, 1e14, 1e17
"""Numbers below are seconds, milliseconds, microseconds; above, nanoseconds."""


def moment(value: Any) -> datetime | None:
    """A moment in UTC, from ISO 8601, the forms of web servers and of Windows, or a number since 1970."""
    try:
        if isinstance(value, str):
            return _text(value.strip())
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _number(float(value))
    except (ValueError, OverflowError, KeyError):
        return None
    return None


def micros(value: Any) -> int | None:
    """The same as microseconds since 1970. Many records of a log have the same."""
    return _micros(value) if type(value) is str and len(value) <= LONGEST else _counted(moment(value))


def _counted(at: datetime | None) -> int | None:
    if at is None:
        return None
    since = at - EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(maxsize=1 << 12)
def _micros(text: str) -> int | None:
    return _counted(moment(text))


def _number(value: float) -> datetime:
    for bound, factor in ((SECONDS, 1.0), (MILLI, 1e3), (MICRO, 1e6)):
        if abs(value) < bound:
            return EPOCH + timedelta(seconds=value / factor)
    return EPOCH + timedelta(seconds=value / 1e9)


def _text(text: str) -> datetime | None:
    if text[:4].isdigit() and text[4:5] == "-":
        if text.endswith(" UTC"):
            text = text[:-4] + "Z"
        found = datetime.fromisoformat(FRACTION.sub(r"\1", text) if len(text) > EXACT else text)
        if found.tzinfo is UTC:
            return found
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    if re.fullmatch(r"\d{9,19}(\.\d+)?", text):
        return _number(float(text))
    if match := APACHE.search(text):
        day, month, year, *clock, zone = match.groups()
        sign = -1 if zone[0] == "-" else 1
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5])) * sign
        hour, minute, second = map(int, clock)
        return datetime(int(year), MONTHS[month], int(day), hour, minute, second, tzinfo=UTC) - offset
    if match := AMERICAN.fullmatch(text):
        return _american(match)
    return None


def _american(match: re.Match[str]) -> datetime:
    month, day, year, hour, minute, second = (int(part) for part in match.groups()[:6])
    if match[7]:
        hour = hour % 12 + (12 if match[7] == "PM" else 0)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def without_year(text: str, written: datetime) -> datetime | None:
    """`Nov  6 12:00:01` in a file that was last written then: no later than a day after."""
    match = OLD.match(text)
    if not match or match[1] not in MONTHS:
        return None
    day, hour, minute, second = (int(part) for part in match.groups()[1:])
    for year in (written.year, written.year - 1, written.year - 2, written.year - 3):
        try:
            found = datetime(year, MONTHS[match[1]], day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            continue
        if found <= written + timedelta(days=1):
            return found
    return None
