"""What a local database of addresses says: country, network and place of the addresses that events name.

Files in MaxMind's format (GeoLite2, DB-IP, IPinfo) lie in the folder `addresses` of the store; what several
say is put together. Without a file nothing is said, and nothing is guessed.
https://maxmind.github.io/MaxMind-DB/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from cloudward.connect.events import Event
from cloudward.connect.events import value as at_path
from cloudward.connect.events.glancing import OURS
from cloudward.connect.indicators import bare
from cloudward.errors import InputError
from cloudward.pack.mappings import sources

FOLDER = "addresses"
HELD = 50_000
"""Addresses whose answer is held."""
MOST = 10
"""So many addresses of an event are looked up."""


def files(folder: Path) -> list[Path]:
    """The databases of a store."""
    return sorted((folder / FOLDER).glob("*.mmdb"))


class Addresses:
    """The databases of a store; false when there are none."""

    def __init__(self, folder: Path) -> None:
        self._readers = [_opened(path) for path in files(folder)]
        self.known = lru_cache(maxsize=HELD)(self._known)

    def __bool__(self) -> bool:
        return bool(self._readers)

    def enriched(self, event: Event) -> Event:
        """The event with what is known of its addresses, in place of what it said of them before."""
        if not self._readers:
            return event
        found = [known for address in _named(event) if (known := self.known(address))]
        document = {key: value for key, value in event.document.items() if key != OURS}
        ours = {key: value for key, value in (event.document.get(OURS) or {}).items() if key != "addresses"}
        if found:
            ours["addresses"] = found[:MOST]
        if ours:
            document[OURS] = ours
        return replace(event, document=document, data=b"")

    def _known(self, address: str) -> dict[str, Any] | None:
        found: dict[str, Any] = {}
        for reader in self._readers:
            with suppress(ValueError):
                record = reader.get(bare(address))
                if isinstance(record, dict):
                    found |= dict(_told(record))
        return {"address": bare(address), **found} if found else None


def _opened(path: Path) -> Any:
    import maxminddb

    try:
        return maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise InputError(f"{path} is no database of addresses: {error}") from error


def _named(event: Event) -> Iterator[str]:
    source = sources().get(event.source)
    seen = set()
    for path in source.entities.get("ip", ()) if source else ():
        value = at_path(event.document, path)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str) and each and each not in seen:
                seen.add(each)
                yield each


def _told(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Country, network and place, as the makers of such files write them."""
    country = record.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else country
    if not code and isinstance(record.get("country_code"), str):
        code = record["country_code"]
    if isinstance(code, str) and code:
        yield "country", code
    number = record.get("autonomous_system_number") or record.get("asn")
    if number:
        name = record.get("autonomous_system_organization") or record.get("as_name") or ""
        yield "network", f"AS{str(number).upper().removeprefix('AS')} {name}".strip()
    location = record.get("location")
    place = location if isinstance(location, dict) else record
    with suppress(TypeError, ValueError, KeyError):
        latitude, longitude = float(place["latitude"]), float(place["longitude"])
        yield "latitude", latitude
        yield "longitude", longitude
