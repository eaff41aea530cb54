"""When coverage is evidence that nothing else is there."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.model import EVIDENCE, Coverage, Outcome

EVERY = ""
"""As the type of a row: a document that nobody could tell, a unit that broke."""


def complete(rows: Iterable[Coverage], type: str, region: str | None = None) -> bool:
    """True when every call that lists a type was answered: in a region, or in all that any row names.

    A type that nothing listed is not complete. A row without a region counts for every region; a listing
    that failed and has no type counts against every type.
    """
    answered: set[str | None] = set()
    regions: set[str | None] = set()
    for row in rows:
        regions.add(row.region)
        asked = region is None or row.region in (None, region)
        if not row.listing or row.type not in (type, EVERY) or not asked or row.outcome is Outcome.GONE:
            continue
        if row.outcome not in EVIDENCE:
            return False
        if row.type == type:
            answered.add(row.region)
    if None in answered or region is not None:
        return bool(answered)
    return bool(answered) and answered >= regions - {None}
