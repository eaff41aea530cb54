"""Since when a status holds, and what was last known while it is unknown."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from cloudward.model import Assessment, LastKnown, Status


class Standing(NamedTuple):
    since: datetime
    last_known: LastKnown | None = None
    restarted: bool = False


def standing(
    old: Assessment | None, status: Status, policy_hash: str, now: datetime, known_at: datetime | None
) -> Standing:
    """How a new status continues the old one. `known_at` is when the old one was last seen to hold.

    Unknown keeps `since` of the last definite status, and goes back to it when that status returns.
    A new version of the policy starts anew, but what was last known stays.
    """
    if old is None:
        return Standing(now)
    last = last_known(old, known_at) if status is Status.UNKNOWN else None
    if old.policy_hash != policy_hash:
        return Standing(now, last, restarted=True)
    if status in (Status.UNKNOWN, _definite(old)):
        return Standing(old.since, last, old.restarted)
    return Standing(now)


def last_known(old: Assessment, known_at: datetime | None) -> LastKnown | None:
    """The last definite status that an assessment tells of."""
    if old.status is Status.UNKNOWN:
        return old.last_known
    return LastKnown(old.status, known_at or old.evaluated_at)


def _definite(old: Assessment) -> Status | None:
    if old.status is not Status.UNKNOWN:
        return old.status
    return old.last_known.status if old.last_known else None
