"""`cloudward demo`."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what the last demo found.")] = False,
) -> None:
    """Scan a made-up company and open the portal on it.

    It needs no account and no network. What it found lies beside the store of real scans, so that
    the next demo is there at once. With DEMO_EXIT=1 it ends by itself and leaves nothing behind.
    """
    from cloudward.cli.demo import run

    run(fresh)
