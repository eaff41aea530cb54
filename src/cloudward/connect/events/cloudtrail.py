"""What changed, from the events that CloudTrail writes: which service of which place, and what was named.

A file is a log file of CloudTrail (`{"Records": [...]}`, also gzipped), an event of EventBridge, a list of
either, or one a line. It is read in a child (`python -m cloudward.connect.events.cloudtrail PATH`), which
gives only what a `Change` holds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from cloudward.connect.events import unpacking
from cloudward.errors import InputError
from cloudward.runtime import isolated

SUFFIXES = (".json", ".json.gz", ".jsonl", ".ndjson")
NAMES = 500
"""So many texts of an event are looked at; one that has more may have named anything."""
LENGTH = 2048
DEPTH = 12
READING = ("Describe", "Get", "List", "Head", "Lookup", "Search", "View", "BatchGet")


class Change(msgspec.Struct, frozen=True, array_like=True):
    """Somebody changed something."""

    account: str
    region: str
    source: str
    """The service as CloudTrail names it, without `.amazonaws.com`."""
    at: datetime
    names: frozenset[str] | None
    """ARNs, ids and names that the event mentions; None when there are more than are looked at."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Events that could not be read: something may have changed that nobody knows of."""

    file: str
    problem: str


def changes(path: Path) -> Iterator[Change | Broken]:
    """The changes of a file, or of all files of a folder in order of name."""
    decode = msgspec.msgpack.Decoder(Change).decode
    for file in unpacking.files(path, SUFFIXES):
        try:
            for frame in isolated.frames(__name__, str(file), size=file.stat().st_size):
                yield decode(frame)
        except InputError as error:
            yield Broken(str(file), str(error))


def events(data: Any) -> Iterator[Mapping[str, Any]]:
    """The records inside whatever holds them."""
    if isinstance(data, list):
        for item in data:
            yield from events(item)
    elif isinstance(data, Mapping):
        inside = data.get("Records") if isinstance(data.get("Records"), list) else None
        if inside is not None:
            yield from events(inside)
        elif "detail-type" in data:
            yield from events(data.get("detail"))
        else:
            yield data


def change(record: Mapping[str, Any]) -> Change | None:
    """What a record says was changed; nothing for reading, refused and data events."""
    name, source = str(record["eventName"]), str(record["eventSource"])
    reads = record.get("readOnly", name.startswith(READING))
    if reads or record.get("errorCode") or record.get("eventCategory") == "Data":
        return None
    identity = record.get("userIdentity") or {}
    moment = datetime.fromisoformat(str(record["eventTime"]))
    names: set[str] = set()
    for part in ("resources", "requestParameters", "responseElements"):
        _texts(record.get(part), names, DEPTH)
    return Change(
        account=str(record.get("recipientAccountId") or identity.get("accountId") or ""),
        region=str(record.get("awsRegion") or ""),
        source=source.removesuffix(".amazonaws.com"),
        at=moment if moment.tzinfo else moment.replace(tzinfo=UTC),
        names=frozenset(names) if len(names) < NAMES else None,
    )


def _texts(value: Any, into: set[str], depth: int) -> None:
    if isinstance(value, str) and 0 < len(value) <= LENGTH and len(into) < NAMES:
        into.add(value)
    if depth and isinstance(value, Mapping):
        value = list(value.values())
    if depth and isinstance(value, list):
        for part in value:
            _texts(part, into, depth - 1)


def _data(path: Path) -> Any:
    data = unpacking.whole(path)
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        return [msgspec.json.decode(line) for line in data.splitlines() if line.strip()]


def main(path: str) -> None:
    encode, out = msgspec.msgpack.Encoder().encode, sys.stdout.buffer
    for record in events(_data(Path(path))):
        found = change(record)
        if found is not None:
            frame = encode(found)
            out.write(len(frame).to_bytes(4, "big") + frame)
    out.write(bytes(4))
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1])
