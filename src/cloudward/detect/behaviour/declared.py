"""Reads the `behaviour` of a detection; what is wrong with it is told with its line."""

from __future__ import annotations

from cloudward.detect.behaviour import WINDOW, Behaviour
from cloudward.detect.behaviour.kinds import kinds
from cloudward.pack.file import File
from cloudward.pack.reader import Table

KEYS = ("kind", "for", "of", "on", "days", "least", "peers")
"""`on` names a search of the rule: all that fits the rule is learnt, what fits this too may alert."""


def declared(file: File, table: Table) -> Behaviour:
    """The behaviour of a table. Its kind says which options it has beyond `KEYS`."""
    kind = kinds()[file.text(table, "kind", choices=tuple(kinds()))]
    file.known(table, (*KEYS, *kind.options), f"the kind {kind.name}")
    least = file.table(table, "least", optional=True)
    file.known(least, ("days", "events"), "least")
    of = file.texts(table, "of")
    if kind.features and not of:
        raise file.wrong(table, "of", f"the kind {kind.name} asks of what")
    days = _whole(file, table, "days", 30, WINDOW)
    entity = file.texts(table, "for")
    if not entity:
        raise file.wrong(table, "for", "for whom?")
    return Behaviour(
        kind.name,
        entity,
        of,
        days,
        _whole(file, least, "days", min(7, days), days),
        _whole(file, least, "events", 20, 1_000_000),
        file.flag(table, "peers"),
        {name: _option(file, table, name, kind.options[name]) for name in kind.options if name in table},
    )


def _option(file: File, table: Table, name: str, default: float | str) -> float | str:
    if isinstance(default, str):
        return file.text(table, name)
    found = file.number(table, name)
    if not found or found < 0:
        raise file.wrong(table, name, "expected a number above 0")
    return float(found)


def _whole(file: File, table: Table, key: str, default: int, most: int) -> int:
    found = file.number(table, key, default) or 0
    if found != int(found) or not 1 <= found <= most:
        raise file.wrong(table, key, f"expected a whole number from 1 to {most:,}")
    return int(found)
