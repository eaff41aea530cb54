"""When coverage is evidence that nothing else is there."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.model import Coverage, Outcome

EVIDENCE = frozenset({Outcome.READ, Outcome.EMPTY})
EVERY = ""
"""As the type of a row: a unit that broke, a document that nobody could tell."""


def complete(rows: Iterable[Coverage], type: str, region: str | None = None) -> bool:
    """True when every call that lists a type was answered, in a region or wherever it was asked.

    A type that nothing listed is not complete. A row without a region counts for every region, a row
    that did not succeed and has no type counts against every type.
    """
    listed = False
    for row in rows:
        if row.listing and row.type in (type, EVERY) and (region is None or row.region in (None, region)):
            if row.outcome not in EVIDENCE:
                return False
            listed = listed or row.type == type
    return listed
