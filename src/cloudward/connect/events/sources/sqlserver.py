"""The error log of SQL Server, in which sign-ins stand too."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cloudward.connect.events import Line, Source

LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d\d) (?P<process>[A-Za-z]\w*) +(?P<message>.*)", re.DOTALL
)
LOGIN = re.compile(r"Login (?P<outcome>failed|succeeded) for user '(?P<user>[^']*)'\.")
CLIENT = re.compile(r"\[CLIENT: (?P<ip>[^\]]+)\]\s*$")
OPTION = re.compile(
    r"Configuration option '(?P<option>[^']+)' changed from (?P<before>-?\d+) to (?P<after>-?\d+)\."
)
OUTCOMES = {"failed": "failure", "succeeded": "success"}


def _lines(_: datetime) -> Line:
    return _record


def _record(text: str) -> dict[str, Any] | None:
    match = LINE.fullmatch(text)
    if match is None:
        return None
    record: dict[str, Any] = match.groupdict()
    for shape in (LOGIN, CLIENT, OPTION):
        if found := shape.search(record["message"]):
            record |= found.groupdict()
    if "outcome" in record:
        record["outcome"] = OUTCOMES[record["outcome"]]
    return record


SOURCE = Source(
    name="sqlserver",
    title="SQL Server error log",
    lines=_lines,
    continued=True,
    keys=("process", "message"),
    time=("time",),
    page="https://learn.microsoft.com/sql/relational-databases/logs/view-offline-log-files",
)
