"""`cloudward worker`."""

from __future__ import annotations

from typing import Annotated

import typer

from cloudward.cli.options import ContentFolders, StorePath
from cloudward.cli.output import counted, note


def worker(
    store: StorePath,
    own: ContentFolders,
    scans: Annotated[int, typer.Option("--scans", metavar="N", min=0, help="Scans at once.")] = 2,
    others: Annotated[
        int, typer.Option("--others", metavar="N", min=0, help="Other jobs at once: mails, upkeep, a file.")
    ] = 2,
    addresses: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-address",
            metavar="ADDRESS",
            help="What may be called although it is private; may be given again.",
        ),
    ] = None,
) -> None:
    """Work on jobs: scans, files, notifications, upkeep.

    The server does so itself; this adds hands, on the same store. It ends with Ctrl-C or SIGTERM and gives
    back what it was at: another worker goes on with it.
    """
    import logging
    import signal
    from threading import Event

    from cloudward.cli.stored import content
    from cloudward.server.work import working
    from cloudward.store import Store

    content(own)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    folders = [folder.resolve() for folder in own]
    slots = {"long": scans, "short": others, "file": min(others, 1)}
    with Store.open(store) as opened, working(opened, folders, addresses=addresses or (), slots=slots):
        note(f"working on jobs of {store}: {counted(scans, 'scan')} and {counted(others, 'other')} at once")
        ended.wait()
        note("ending; what runs is given back")
