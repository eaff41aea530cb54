"""Lines of syslog in their three spellings."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cloudward.connect.events.moments import moment, without_year

BSD = re.compile(
    r"(?:<(\d{1,3})>)?(\w{3}\s+\d{1,2} \d\d:\d\d:\d\d) (\S+) ([^\s:\[]+)(?:\[(\d+)\])?: ?(.*)", re.DOTALL
)
ISO = re.compile(
    r"(?:<(\d{1,3})>)?(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) (\S+) ([^\s:\[]+)(?:\[(\d+)\])?: ?(.*)",
    re.DOTALL,
)
RFC5424 = re.compile(
    r"<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]\"\\]|\\.|\"(?:[^\"\\]|\\.)*\")*\])+) ?(.*)",
    re.DOTALL,
)


def reader(written: datetime) -> Callable[[str], dict[str, Any] | None]:
    """What reads a line of a file that was last written then; old lines do not say the year."""

    def read(text: str) -> dict[str, Any] | None:
        if match := RFC5424.fullmatch(text):
            priority, at, host, program, pid, message_id, data, message = match.groups()
            extra = {"msgid": message_id, "structured": data}
            return _record(priority, moment(at), host, program, pid, message.lstrip("\ufeff"), extra)
        if match := ISO.fullmatch(text):
            priority, at, host, program, pid, message = match.groups()
            return _record(priority, moment(at), host, program, pid, message, {})
        if match := BSD.fullmatch(text):
            priority, at, host, program, pid, message = match.groups()
            return _record(priority, without_year(at, written), host, program, pid, message, {})
        return None

    return read


def _record(
    priority: str | None,
    at: datetime | None,
    host: str,
    program: str,
    pid: str | None,
    message: str,
    extra: dict[str, str],
) -> dict[str, Any] | None:
    if at is None:
        return None
    found: dict[str, Any] = {
        "time": at.isoformat(),
        "host": host,
        "program": program.rpartition("/")[2],
        "message": message,
        **{name: text for name, text in extra.items() if text != "-"},
    }
    if pid and pid.isdigit():
        found["pid"] = int(pid)
    if priority:
        found |= {"facility": int(priority) // 8, "severity": int(priority) % 8}
    return found
