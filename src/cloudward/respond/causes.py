"""What a person can do about something unknown."""

from __future__ import annotations

from cloudward.model import Cause, Reason

REMEDY = {
    Reason.DENIED: "allow {call}",
    Reason.UNSUPPORTED: "nothing: {call} is not offered here",
    Reason.FAILED: "scan again: {call} did not answer as it should",
    Reason.NOT_REQUESTED: "scan with --full: {call} was not asked",
    Reason.NOT_SCANNED: "scan it too",
    Reason.UNRESOLVED: "give {call} a value",
    Reason.BAD_VALUE: "look at the document: the value is not of its declared type",
    Reason.ABSENT: "nothing says what its absence means; look at the resource",
    Reason.INCOMPLETE: "resolve {call}: the list may have further elements",
    Reason.ERROR: "look at the document: the condition cannot be computed on it",
}


def remedy(cause: Cause) -> str:
    """What would make it known."""
    return REMEDY[cause.reason].format(call=cause.call or "what is missing")
