"""The command line: parse, call, shape. Nothing is computed here that the Python API could not give."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """The `cloudward` program."""
    from cloudward.cli.app import run
    from cloudward.cli.exits import Exit

    code = run(sys.argv[1:])
    if code == Exit.INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # Python would first wait for threads, and these for a cloud that may be silent
    sys.exit(code)
