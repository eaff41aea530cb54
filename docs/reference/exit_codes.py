"""The exit codes."""

from __future__ import annotations

from collections.abc import Iterator

from cloudward.cli.exits import MEANING, Exit
from docs.page import Page, table


def pages() -> Iterator[Page]:
    rows = [(str(int(code)), MEANING[code]) for code in Exit]
    body = f"""# Exit codes

{table(("code", "means"), rows)}
{(Exit.__doc__ or "").strip()}

A scan in which something could not be read never ends with 0, unless `--allow-incomplete` says that this is
fine.
`--fail-on never` leaves only the question whether everything could be read.
"""
    yield Page("reference/exit-codes", "Exit codes", body)
