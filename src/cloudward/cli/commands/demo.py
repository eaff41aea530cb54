"""`cloudward demo`."""

from __future__ import annotations


def demo() -> None:
    """Scan a made-up company: no account needed.

    It runs on this machine, without the network, and leaves nothing behind.
    """
    from cloudward.cli.demo import run

    run()
