"""`cloudward retention`."""

from __future__ import annotations

from typing import Annotated

import typer

from cloudward.cli.options import By, Format, Output, StorePath
from cloudward.cli.output import Column, Listing, note, write
from cloudward.cli.stored import kept

LISTING = Listing(
    "moment of the forecast",
    {
        "days": "from now",
        "bytes": "what snapshots and events take then, when they come as in the last week",
        "fits": "whether there is room for that",
        "size": "the same for people",
    },
    (Column("days", right=True), Column("size", right=True), Column("fits")),
)


def retention(
    store: StorePath,
    by: By,
    snapshots: Annotated[
        int | None,
        typer.Option("--snapshots", metavar="DAYS", help="Keep one a day so long, then one a month."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", metavar="DAYS", help="Keep jobs that ended so long.")
    ] = None,
    exports: Annotated[
        int | None, typer.Option("--exports", metavar="DAYS", help="Keep files that exports made so long.")
    ] = None,
    events: Annotated[
        int | None,
        typer.Option("--events", metavar="DAYS", help="Keep events of logs so long after they came."),
    ] = None,
    output: Output = Format.TABLE,
) -> None:
    """Show or say how long things are kept.

    Every snapshot is kept for two days, then one a day, then one a month. The daily upkeep of a server
    removes the others, and events that came longer ago; `cloudward scan` and `cloudward detect` remove such
    events too. Those that are evidence of an alert stay with the alert.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from cloudward.store import upkeep

    with kept(store) as opened:
        with opened.database.read() as connection:
            found = upkeep.retention(connection)
        wanted = replace(
            found,
            snapshots=found.snapshots if snapshots is None else snapshots,
            jobs=found.jobs if jobs is None else jobs,
            exports=found.exports if exports is None else exports,
            events=found.events if events is None else events,
        )
        if wanted != found:
            with opened.database.write() as connection:
                upkeep.keep(connection, wanted, by)
        room = upkeep.room(opened, datetime.now(UTC), wanted)
    records = [
        {
            "days": days,
            "bytes": size,
            "fits": size - room.taken <= room.free,
            "size": f"{size >> 20:,} MiB",
        }
        for days, size in [(0, room.taken), *room.forecast]
    ]
    extra = {
        "snapshots": wanted.snapshots,
        "jobs": wanted.jobs,
        "exports": wanted.exports,
        "events": wanted.events,
        "database": room.database,
        "free": room.free,
    }
    write(LISTING, records, output, extra=extra)
    if output is Format.TABLE:
        note(f"Snapshots: one a day for {wanted.snapshots} days, then one a month. Jobs: {wanted.jobs} days.")
        note(f"Files that exports made: {wanted.exports} days. Events of logs: {wanted.events} days.")
        note(f"The state database takes {room.database >> 20:,} MiB; {room.free >> 20:,} MiB are free.")
