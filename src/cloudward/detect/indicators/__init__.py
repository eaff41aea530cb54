"""Indicators in events: a Sigma rule says which events, `indicators` which of their fields are looked up."""

from __future__ import annotations

from dataclasses import dataclass

from cloudward.connect.indicators import KINDS
from cloudward.pack.file import File
from cloudward.pack.reader import Table


@dataclass(frozen=True, slots=True)
class Asked:
    """What must be known to do harm for an alert."""

    kinds: tuple[str, ...]
    """Of `cloudward.connect.indicators.KINDS`."""
    fields: tuple[str, ...]
    """Kinds of entities of the mapping, or fields of the events; what they hold is looked up."""
    labels: tuple[str, ...] = ()
    """The indicator has one of these; empty for any."""
    without: tuple[str, ...] = ()
    """It has none of these: another detection tells of them."""


def declared(file: File, table: Table) -> Asked:
    """What a detection asks of indicators."""
    file.known(table, ("kinds", "fields", "labels", "without"), "indicators")
    kinds, fields = file.texts(table, "kinds"), file.texts(table, "fields")
    for kind in kinds:
        if kind not in KINDS:
            raise file.wrong(table, "kinds", f"{kind!r} is not one of {', '.join(KINDS)}")
    if not kinds or not fields:
        raise file.wrong(table, "kinds" if not kinds else "fields", "which kinds, in which fields?")
    return Asked(kinds, fields, file.texts(table, "labels"), file.texts(table, "without"))
