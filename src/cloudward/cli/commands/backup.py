"""`cloudward backup`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cloudward.cli.options import StorePath
from cloudward.cli.output import counted, note
from cloudward.cli.stored import kept


def backup(
    store: StorePath,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where it goes.")],
    keys: Annotated[
        bool, typer.Option("--keys", help="Also the keys of the store: who has the file has its secrets.")
    ] = False,
    events: Annotated[
        bool, typer.Option("--events", help="Also the events that are kept; often most of the store.")
    ] = False,
) -> None:
    """Write the whole store into one file, while it is in use.

    The state database as it was at one moment, every snapshot, and a manifest of hashes. Without --events
    only those events are in it that are evidence of alerts. Without --keys, keep `key` and `keys` of the
    store's folder in another place: the secrets of connectors need them.
    """
    from cloudward.store.backup import backup as write

    with kept(store) as opened:
        told = write(opened, file, keys=keys, events=events)
    found = f"{counted(told.snapshots, 'snapshot')}, {counted(told.rows, 'row')}"
    found += "" if told.events is None else f", {counted(told.events, 'file')} of events"
    note(f"{file}: {found}, {told.bytes >> 20:,} MiB")
    if not keys:
        note(f"The keys are not in it: keep {store / 'key'} and {store / 'keys'} somewhere else.")
