"""MySQL's and MariaDB's error log, general log and audit log (CSV)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cloudward.connect.events import Line, Source

ERROR = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d?:\d\d:\d\d(?:\.\d+)?Z?) (?P<thread>\d+) "
    r"\[(?P<level>\w+)\](?: \[[\w-]+\])* (?P<message>.*)",
    re.DOTALL,
)
GENERAL = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z)\s+(?P<thread>\d+) "
    r"(?P<command>Connect|Query|Quit|Prepare|Execute|Init DB|Field List)"
    r"\t?(?P<argument>.*)",
    re.DOTALL,
)
AUDIT = re.compile(
    r"(?P<time>\d{8} \d\d:\d\d:\d\d|\d{16}),(?P<server>[^,]*),(?P<user>[^,]*),(?P<ip>[^,]*),"
    r"(?P<connection>\d+),(?P<query_id>\d+),"
    r"(?P<command>[A-Z_]+),(?P<database>[^,]*),(?P<query>.*),(?P<code>\d+)(?:,.*)?",
    re.DOTALL,
)
WHO = re.compile(r"(?:user )?'?([\w.$-]+)'?@'?([\w.:-]+)'?")


def _lines(_: datetime) -> Line:
    def read(text: str) -> dict[str, Any] | None:
        for shape in (ERROR, GENERAL, AUDIT):
            if match := shape.fullmatch(text):
                return _record({name: value for name, value in match.groupdict().items() if value})
        return None

    return read


def _record(record: dict[str, Any]) -> dict[str, Any]:
    if re.fullmatch(r"\d{8} .*", record["time"]):
        record["time"] = re.sub(r"(\d{4})(\d\d)(\d\d) (.*)", r"\1-\2-\3 \4", record["time"])
    if record.get("command") in {"Query", "Execute", "Prepare"}:
        record["query"] = record.get("argument", "")
    said = record.get("message") or (record.get("argument") if record.get("command") == "Connect" else "")
    if said and (who := WHO.search(said)):
        record |= {"user": who[1], "ip": who[2]}
    if said and said.startswith("Access denied"):
        record["outcome"] = "failure"
    return record


SOURCE = Source(
    name="mysql",
    title="MySQL and MariaDB logs",
    lines=_lines,
    continued=True,
    keys=("thread", "command"),
    time=("time",),
    page="https://dev.mysql.com/doc/refman/8.4/en/server-logs.html",
)
