"""Options that several commands share, declared once."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cloudward.errors import UsageError


class Cloud(StrEnum):
    AWS = "aws"


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class FindingFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    OCSF = "ocsf"


def default_store() -> Path:
    """`$CLOUDWARD_STORE`, else `cloudward` in the user's data folder."""
    if named := os.environ.get("CLOUDWARD_STORE"):
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "cloudward"


def person() -> str:
    """Who is at the keyboard."""
    from getpass import getuser

    try:
        return getuser()
    except (KeyError, OSError):  # a container with a user that has no name
        return f"user {os.getuid()}"


Output = Annotated[Format, typer.Option("--output", "-o", help="How to print: for people, or for programs.")]
FindingOutput = Annotated[
    FindingFormat,
    typer.Option(
        "--output", "-o", help="How to print: for people, or for programs; ocsf is one event a line."
    ),
]
StorePath = Annotated[
    Path,
    typer.Option(
        "--store",
        metavar="FOLDER",
        help="Where scans are kept. [env: CLOUDWARD_STORE]",
        default_factory=default_store,
        show_default="~/.local/share/cloudward",
    ),
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="KEY[=VALUE]", help="Only with this tag; may be given again."),
]
ContentFolders = Annotated[
    list[Path],
    typer.Option(
        "--content",
        metavar="FOLDER",
        help="Your own policies and types, beside the built-in ones; may be given again.",
        default_factory=list,
        show_default=False,
    ),
]
RuleFolders = Annotated[
    list[Path],
    typer.Option(
        "--rules",
        metavar="FOLDER",
        help="Sigma rules of your own, beside the built-in detections; may be given again.",
        default_factory=list,
        show_default=False,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="TIME", help="Only from then on: 2026-11-20, 2026-11-20T10:00Z, 7d, 12h."
    ),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Only before then; written like --since.")
]
By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="NAME",
        help="Who does it; you, unless told.",
        default_factory=person,
        show_default=False,
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        min=0,
        help="At most so many rows; 0 for all. Tables stop at 50, other formats do not.",
    ),
]
Scopes = Annotated[
    list[str],
    typer.Option(
        "--scope",
        metavar="ID",
        help="Only this account, subscription or cluster; may be given again.",
        default_factory=list,
        show_default=False,
    ),
]


def value(text: str) -> Any:
    """What stands behind `=`: JSON, else the text itself."""
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


def rows(limit: int | None, format: StrEnum) -> int | None:
    """How many rows to print; None for all."""
    if limit is None:
        return 50 if format == "table" else None
    return limit or None


def moments(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """What `--since` and `--until` say; `7d` and the like count back from now."""
    first, last = (None if text is None else _moment(text) for text in (since, until))
    if first and last and last <= first:
        raise UsageError(f"--until {until} is not after --since {since}")
    return first, last


def _moment(text: str) -> datetime:
    if (back := re.fullmatch(r"(\d{1,4})([dhm])", text)) is not None:
        unit = {"d": "days", "h": "hours", "m": "minutes"}[back[2]]
        return datetime.now(UTC) - timedelta(**{unit: int(back[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time", "2026-11-20, 2026-11-20T10:00Z, 7d or 12h") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
