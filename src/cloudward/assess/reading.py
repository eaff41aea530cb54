"""What the coverage of a scope shows as read, and why the rest is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cloudward.model import EVIDENCE, Cause, Coverage, Outcome, Reason
from cloudward.rules.types import Type

REASONS: Mapping[Outcome, Reason] = {
    Outcome.DENIED: Reason.DENIED,
    Outcome.UNSUPPORTED: Reason.UNSUPPORTED,
    Outcome.FAILED: Reason.FAILED,
    Outcome.NOT_REQUESTED: Reason.NOT_REQUESTED,
}


class Reading:
    """Which types of a scope were read, and where.

    Only a listing that ended well, and in no other way too, is evidence. A regional type must have been
    listed in every region that any coverage row names: the connector names those that are enabled, also
    the ones that it was told to leave out. A listing of no type (a document that nobody can read) may hide
    any type; a row of no region counts for all of them. Where a service is not offered there is nothing of
    it, so the list is whole; but what a region should have of it stays unknown there.
    """

    def __init__(self, scope: str, rows: Iterable[Coverage], types: Mapping[str, Type]) -> None:
        self._scope = scope
        self._types = types
        self._read: set[tuple[str, str | None]] = set()
        self._bad: dict[tuple[str, str | None], Coverage] = {}
        self._not_offered: dict[tuple[str, str | None], Coverage] = {}
        self._broken_units: dict[str | None, Coverage] = {}
        regions: set[str] = set()
        for row in rows:
            if row.region is not None:
                regions.add(row.region)
            if row.listing:
                self._take(row)
            elif not row.type and row.outcome in REASONS:
                self._broken_units.setdefault(row.region, row)
        self.regions = sorted(regions)
        self._gaps: dict[str, Cause | None] = {}

    def gap(self, type: str) -> Cause | None:
        """Why the scope may hold resources of the type that were not read; None when all were."""
        if type not in self._gaps:
            self._gaps[type] = self._gap(type)
        return self._gaps[type]

    def _gap(self, type: str) -> Cause | None:
        if not self._regional(type):
            places: list[str | None] = [None, *self.regions]
            bad = next((row for place in places if (row := self._broken(type, place))), None)
            seen = any((type, place) in self._read for place in places)
            return self._cause(type, None, bad) if bad or not seen else None
        places = [*self.regions] or [None]
        return next((cause for place in places if (cause := self._unlisted(type, place))), None)

    def gap_in(self, type: str, region: str | None) -> Cause | None:
        """The same for one region; what is global is read everywhere or nowhere."""
        if not self._regional(type):
            return self.gap(type)
        absent = self._not_offered.get((type, region))
        return self._cause(type, region, absent) if absent else self._unlisted(type, region)

    def _unlisted(self, type: str, region: str | None) -> Cause | None:
        bad = self._broken(type, region) or self._broken(type, None)
        seen = (type, region) in self._read or (type, None) in self._read
        return self._cause(type, region, bad) if bad or not seen else None

    def _take(self, row: Coverage) -> None:
        place = row.type, row.region
        if row.outcome in EVIDENCE:
            self._read.add(place)
            if row.cause is not None and row.outcome is Outcome.EMPTY:
                self._not_offered[place] = row
        elif row.outcome is not Outcome.GONE:
            self._bad.setdefault(place, row)

    def _regional(self, type: str) -> bool:
        return type in self._types and self._types[type].scope == "regional"

    def _broken(self, type: str, region: str | None) -> Coverage | None:
        return self._bad.get((type, region)) or self._bad.get(("", region))

    def _cause(self, type: str, region: str | None, row: Coverage | None) -> Cause:
        row = row or self._broken_units.get(region)
        region = row.region if row else region
        where = f"{type} in {self._scope}" + (f" {region}" if region else "")
        if row is None:
            return Cause(Reason.NOT_REQUESTED, message=f"{where} was not read")
        reason = row.cause.reason if row.cause else REASONS[row.outcome]
        said = f": {row.cause.message}" if row.cause and row.cause.message else ""
        return Cause(reason, row.call, where + said)
