"""What a file of indicators holds. It runs in a child: the file was written by somebody else."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cloudward.connect.indicators import KINDS, kind_of, normal
from cloudward.connect.indicators.stix import Row, indicators
from cloudward.errors import InputError

SHOWN = 20
"""So many of the things that were not understood are told."""
NAMES = {
    "value": ("value", "indicator", "ioc", "ip", "address", "ip_address", "domain", "url", "hash", "sha256"),
    "kind": ("kind", "type", "indicator_type"),
    "confidence": ("confidence", "score"),
    "expires": ("expires", "valid_until", "expiration"),
    "labels": ("labels", "label", "tags", "threat", "category"),
    "description": ("description", "name", "comment", "malware"),
}
"""What columns and keys are called elsewhere, in lower case; the first that is there counts."""


def parse(data: bytes) -> tuple[list[Row], list[str], int]:
    """Rows, some of what was not understood, and how much that was."""
    rows: list[Row] = []
    wrong: list[str] = []
    count = 0
    for each in _read(data):
        made = each if isinstance(each, str) else _normal(each)
        if isinstance(made, str):
            count += 1
            wrong += [made] if len(wrong) < SHOWN else []
        else:
            rows.append(made)
    return rows, wrong, count


def _read(data: bytes) -> Iterator[Row | str]:
    text = data.decode("utf-8-sig", "replace")
    start = text.lstrip()[:1]
    if start in ("{", "["):
        yield from _json(text)
    else:
        yield from _table(text)


def _json(text: str) -> Iterator[Row | str]:
    try:
        whole = json.loads(text)
    except ValueError:
        yield from _lines(text)
        return
    if isinstance(whole, Mapping) and isinstance(whole.get("objects"), list):
        yield from indicators(whole["objects"])
    else:
        yield from _objects(whole if isinstance(whole, list) else [whole])


def _lines(text: str) -> Iterator[Row | str]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield from _objects([json.loads(line)])
            except ValueError:
                yield f"line {number} is no JSON"


def _objects(objects: Iterable[Any]) -> Iterator[Row | str]:
    for each in objects:
        if isinstance(each, Mapping) and each.get("type") == "indicator" and "pattern" in each:
            yield from indicators([each])
        elif isinstance(each, Mapping):
            yield _row({str(key).lower(): value for key, value in each.items()})
        else:
            yield _row({"value": each})


def _table(text: str) -> Iterator[Row | str]:
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", ";")))
    reader = csv.reader(io.StringIO("\n".join(lines)), skipinitialspace=True)
    try:
        head = next(reader, [])
        names = [name.strip().lower() for name in head]
        if not any(name in NAMES["value"] for name in names):
            yield _row({"value": head[0] if head else ""})
            names = ["value"]
        for cells in reader:
            yield _row(dict(zip(names, cells, strict=False)))
    except csv.Error as error:
        raise InputError(f"this is no CSV: {error}") from error


def _row(given: Mapping[str, Any]) -> Row | str:
    found = {key: next((given[name] for name in names if given.get(name) not in (None, "")), None)
             for key, names in NAMES.items()}  # fmt: skip
    value = str(found["value"] or "").strip()
    labels = found["labels"]
    several = labels if isinstance(labels, list) else str(labels or "").replace("|", ";").split(";")
    return (
        str(found["kind"] or "").lower(),
        value,
        found["confidence"],
        None if found["expires"] is None else str(found["expires"]),
        [str(each).strip().lower() for each in several if str(each).strip()],
        str(found["description"] or "")[:200],
    )


def _normal(row: Row) -> Row | str:
    kind, value, confidence, expires, labels, description = row
    named = kind if kind in KINDS else kind_of(value)
    made = normal(named, value) if named else ""
    if not made:
        return f"{value[:80]!r} is no address, name, URL or hash"
    try:
        sure = None if confidence is None else max(0, min(100, int(float(confidence))))
    except ValueError:
        return f"{value[:80]!r}: the confidence {str(confidence)[:20]!r} is no number"
    if expires is not None and moment(expires) is None:
        return f"{value[:80]!r}: {expires[:30]!r} is no time"
    return named, made, sure, expires, labels, description


def moment(text: str) -> datetime | None:
    """The time that a text says, of UTC when it does not say so; None when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
