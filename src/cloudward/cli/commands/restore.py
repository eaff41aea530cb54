"""`cloudward restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cloudward.cli.options import StorePath
from cloudward.cli.output import counted, note


def restore(
    store: StorePath,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `cloudward backup` wrote.")],
    check: Annotated[bool, typer.Option("--check", help="Only look whether the file is whole.")] = False,
) -> None:
    """Make a store of a backup.

    The folder must be new; so must the database be, when CLOUDWARD_DATABASE names one. A damaged file is
    refused before anything is in its place.
    """
    from cloudward.store.backup import read
    from cloudward.store.backup import restore as make

    told = read(file) if check else make(file, store)
    found = f"{counted(told.snapshots, 'snapshot')}, {counted(told.rows, 'row')}"
    found += "" if told.events is None else f", {counted(told.events, 'file')} of events"
    found += f" of {told.created:%Y-%m-%d %H:%M} UTC"
    note(f"{file} is whole: {found}" if check else f"{store}: {found}")
    if not told.keys and not check:
        note(f"The keys are not in it: put `key` and `keys` of the old store into {store} before you use it.")
