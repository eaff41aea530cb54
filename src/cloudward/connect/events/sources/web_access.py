"""Access logs of web servers: common and combined form."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cloudward.connect.events import Line, Source

COMBINED = re.compile(
    r"(?P<ip>\S+) (?P<ident>\S+) (?P<user>\S+) "
    r'\[(?P<time>\d\d/\w{3}/\d{4}:[\d:]+ [+-]\d{4})\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r'(?P<status>\d{3}) (?P<bytes>\d+|-)(?: "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?.*'
)


def _lines(_: datetime) -> Line:
    def read(text: str) -> dict[str, Any] | None:
        match = COMBINED.fullmatch(text)
        return _record(match.groupdict()) if match else None

    return read


def _record(part: dict[str, str | None]) -> dict[str, Any]:
    request = (part["request"] or "").split(" ")
    method, address = (request[0], request[1]) if len(request) > 1 else ("", request[0])
    path, _, query = address.partition("?")
    found: dict[str, Any] = {
        "time": part["time"],
        "c-ip": part["ip"],
        "cs-username": part["user"],
        "cs-method": method,
        "cs-uri": address,
        "cs-uri-stem": path,
        "cs-uri-query": query,
        "sc-status": int(part["status"] or 0),
        "sc-bytes": int(part["bytes"] or 0) if part["bytes"] != "-" else 0,
        "cs-referer": part["referer"],
        "cs-user-agent": part["agent"],
    }
    return {name: value for name, value in found.items() if value not in (None, "", "-")}


SOURCE = Source(
    name="web-access",
    title="Access logs of web servers (nginx, Apache)",
    lines=_lines,
    keys=("c-ip", "cs-method", "sc-status"),
    time=("time",),
    page="https://httpd.apache.org/docs/2.4/logs.html#accesslog",
)
