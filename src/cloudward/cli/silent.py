"""What `cloudward detections silent` prints: the detections that cannot fire on the events that there are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloudward.cli.options import Format, rows
from cloudward.cli.output import Column, Listing, counted, note, write
from cloudward.errors import UsageError

if TYPE_CHECKING:
    from cloudward.detect import Detections

SILENT = Listing(
    "silent detection",
    {
        "detection": "the detection's id",
        "title": "what it would say has happened",
        "why": "why it cannot fire",
        "fields": "the fields that never occur",
    },
    (Column("detection", "Detection", fold=True), Column("why", "Why it cannot fire", fold=True)),
    empty="Every detection can fire on these events.",
)


def told(
    detections: Detections, paths: Iterable[Path], source: str, limit: int | None, output: Format
) -> None:
    """Read the events, and list what could not have fired on any of them."""
    from cloudward.connect.events import Event
    from cloudward.connect.events.reading import read
    from cloudward.detect.silent import Seen, silent
    from cloudward.pack.mappings import sources

    seen: dict[str, Seen] = {}
    unparsed = 0
    for each in read(paths, source):
        if isinstance(each, Event):
            if each.source not in seen:
                seen[each.source] = Seen(sources()[each.source])
            seen[each.source].add(each.document)
        else:
            unparsed += 1
    if not seen:
        raise UsageError("there are no events in these files")
    found = sorted(silent(detections, seen.values()), key=lambda each: not each.fields)
    items: list[dict[str, Any]] = [
        {"detection": each.id, "title": detections[each.id].title, "why": each.why, "fields": each.fields}
        for each in found
    ]
    write(SILENT, items, output, total=len(items), limit=rows(limit, output))
    count = sum(each.events for each in seen.values())
    of = f"{counted(count, 'event')} of {', '.join(sorted(seen))}"
    note(f"{of}: {len(found)} of {len(detections)} cannot fire.")
    if unparsed:
        note(f"{counted(unparsed, 'record')} could not be read, and may have what is missing.")
