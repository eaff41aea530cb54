"""The demo: a company estate on this machine, scanned."""

from __future__ import annotations


def run() -> None:
    """Start the estate, scan it, say what was found, end all that was started."""
    raise NotImplementedError
