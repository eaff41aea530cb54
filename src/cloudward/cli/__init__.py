"""The command line: parse, call, shape. Nothing is computed here that the Python API could not give."""

from __future__ import annotations

import sys


def main() -> None:
    """The `cloudward` program."""
    from cloudward.cli.app import run

    sys.exit(run(sys.argv[1:]))
