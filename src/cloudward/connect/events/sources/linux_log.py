"""Syslog, and in it what sshd, sudo, su and PAM write: who came in, from where, who could not."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cloudward.connect.events import Line, Source, syslog

PROGRAMS = {
    "sshd",
    "sshd-session",
    "sudo",
    "su",
    "login",
    "passwd",
    "chpasswd",
    "useradd",
    "userdel",
    "usermod",
} | {
    "groupadd",
    "groupmod",
    "gpasswd",
    "systemd-logind",
    "polkitd",
    "pkexec",
    "cron",
    "crond",
    "CRON",
}
SHAPES = tuple(
    (action, outcome, re.compile(pattern))
    for action, outcome, pattern in (
        (
            "login",
            "success",
            r"Accepted (?P<method>\S+) for (?P<user>\S+) from (?P<ip>\S+) port (?P<port>\d+)",
        ),
        (
            "login",
            "failure",
            (
                r"Failed (?P<method>\S+) for (?:invalid user )?(?P<user>\S*) ?"
                r"from (?P<ip>\S+) port (?P<port>\d+)"
            ),
        ),
        ("login", "failure", r"Invalid user (?P<user>\S*) ?from (?P<ip>\S+)(?: port (?P<port>\d+))?"),
        ("login", "failure", r"authentication failure;.*rhost=(?P<ip>\S*)(?:\s+user=(?P<user>\S+))?"),
        (
            "login",
            "failure",
            r"maximum authentication attempts exceeded for (?:invalid user )?(?P<user>\S+) from (?P<ip>\S+)",
        ),
        (
            "sudo",
            "failure",
            r"(?P<user>\S+) : (?:user NOT in sudoers|\d+ incorrect password attempts?|command not allowed)",
        ),
        ("sudo", "success", r"(?P<user>\S+) : .*USER=(?P<target>\S+) ; (?:ENV=.*; )?COMMAND=(?P<command>.*)"),
        ("su", "success", r"\(to (?P<target>\S+)\) (?P<user>\S+) on"),
        ("su", "failure", r"FAILED SU \(to (?P<target>\S+)\) (?P<user>\S+) on"),
        ("user-added", "success", r"new user: name=(?P<user>[^,]+), UID=(?P<uid>\d+)"),
        ("group-added", "success", r"add '(?P<user>[^']+)' to (?:shadow )?group '(?P<group>[^']+)'"),
        ("user-removed", "success", r"delete user '(?P<user>[^']+)'"),
        ("password-changed", "success", r"password changed for (?P<user>\S+)"),
        ("cron", "success", r"\((?P<user>[^)]+)\) CMD \((?P<command>.*)\)"),
    )
)


def _lines(written: datetime) -> Line:
    plain = syslog.reader(written)

    def read(text: str) -> dict[str, Any] | None:
        record = plain(text)
        if record is None or record["program"] not in PROGRAMS:
            return record
        return {**record, **_facts(record["message"])}

    return read


def _facts(message: str) -> dict[str, Any]:
    for action, outcome, pattern in SHAPES:
        if match := pattern.search(message):
            facts = {name: text for name, text in match.groupdict().items() if text}
            return {"action": action, "outcome": outcome, **facts}
    return {}


SOURCE = Source(
    name="linux-log",
    title="Syslog (RFC 3164, RFC 5424), with the authentication log",
    lines=_lines,
    general=True,
    keys=("host", "program", "message"),
    time=("time",),
    page="https://www.rfc-editor.org/rfc/rfc5424",
)
