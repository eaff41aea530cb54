"""The passing of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cloudward.rules.functions import function

DAY = timedelta(days=1)


def instant(text: str) -> datetime:
    """A timestamp's moment, in UTC; one without a zone is UTC."""
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text} is out of range") from error


def becomes(time: str, days: int) -> datetime:
    """The moment at which `age(time)` becomes `days`; the end of time when that is later."""
    try:
        return instant(time) + days * DAY
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


@function(args=("timestamp",), returns="integer", timed=True, moment=becomes)
def age(time: str, *, now: datetime) -> int:
    """Whole days since `time`, rounded down; negative while it lies ahead."""
    return (now - instant(time)) // DAY
