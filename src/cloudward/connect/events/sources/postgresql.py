from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cloudward.connect.events import Line, Source

START = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (?P<zone>[A-Z]{2,5}|[+-]\d\d)\s*"
    r"[:\[ ]*(?P<prefix>.*?)\b"
    r"(?P<level>LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG\d?|DETAIL|HINT|STATEMENT|CONTEXT): +"
    r"(?P<message>.*)",
    re.DOTALL,
)
PREFIX = (
    ("pid", re.compile(r"\[?(\d+)\]")),
    ("user", re.compile(r"(?:user=)?([\w.$-]+)@[\w.$-]+|user=([\w.$-]+)")),
    ("database", re.compile(r"[\w.$-]+@([\w.$-]+)|db=([\w.$-]+)")),
    ("ip", re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})")),
)
SAID = (
    ("user", re.compile(r'(?:for user|user=|role) "?([\w.$-]+)')),
    ("database", re.compile(r"database[= ]\"?([\w.$-]+)")),
    ("ip", re.compile(r"host[= ]\"?(\d{1,3}(?:\.\d{1,3}){3})")),
)
QUERY = re.compile(r"(?:statement|execute [^:]+|parse [^:]+|AUDIT): (.*)", re.DOTALL)


def _lines(_: datetime) -> Line:
    def read(text: str) -> dict[str, Any] | None:
        match = START.fullmatch(text)
        return _record(match) if match else None

    return read


def _record(match: re.Match[str]) -> dict[str, Any]:
    zone = match["zone"]
    record: dict[str, Any] = {
        "time": match["time"] + (f"{zone}:00" if zone[0] in "+-" else " UTC"),
        "level": match["level"],
        "message": match["message"],
    }
    for shapes, text in ((PREFIX, match["prefix"]), (SAID, match["message"])):
        for name, pattern in shapes:
            if name not in record and (found := pattern.search(text)):
                record[name] = next(group for group in found.groups() if group)
    if query := QUERY.search(match["message"]):
        record["query"] = query[1]
    return record


SOURCE = Source(
    name="postgresql",
    title="PostgreSQL server log",
    lines=_lines,
    continued=True,
    keys=("level", "message"),
    time=("time",),
    page="https://www.postgresql.org/docs/current/runtime-config-logging.html",
)
