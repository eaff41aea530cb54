"""Records of the Linux audit daemon, as it writes them and as laurel gathers them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cloudward.connect.events import Line, Source
from cloudward.connect.events.moments import moment

START = re.compile(r"(?:node=(\S+) )?type=(\S+) msg=audit\((\d+\.\d+):(\d+)\): ?(.*)", re.DOTALL)
PAIR = re.compile(r"""(\w[\w-]*)=(?:"([^"]*)"|'([^']*)'|(\S*))""")
HEXED = {"proctitle", "cmd", "name", "exe", "comm", "cwd", "data", "acct"}
HEX = re.compile(r"(?:[0-9A-F]{2}){2,}")


def _lines(_: datetime) -> Line:
    def read(text: str) -> dict[str, Any] | None:
        match = START.fullmatch(text)
        if not match:
            return None
        node, kind, at, serial, rest = match.groups()
        record: dict[str, Any] = {"type": kind, "time": str(moment(at) or ""), "serial": int(serial)}
        if node:
            record["node"] = node
        record |= _pairs(rest.partition("\x1d")[0])
        return record | _command(record)

    return read


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, double, single, bare in PAIR.findall(text):
        if single and "=" in single:
            found |= _pairs(single)
        else:
            found[name] = double or single or _plain(name, bare)
    return found


def _plain(name: str, word: str) -> str:
    """Names with odd characters are written in hexadecimal."""
    if (name in HEXED or re.fullmatch(r"a\d+", name)) and HEX.fullmatch(word):
        return bytes.fromhex(word).replace(b"\0", b" ").decode("utf-8", "replace")
    return word


def _command(record: dict[str, Any]) -> dict[str, str]:
    """What EXECVE ran, in one text."""
    if record["type"] != "EXECVE":
        return {}
    words = [record[f"a{number}"] for number in range(64) if f"a{number}" in record]
    return {"CommandLine": " ".join(words)} if words else {}


SOURCE = Source(
    name="linux-auditd",
    title="Linux audit daemon",
    lines=_lines,
    keys=("type", "serial"),
    time=("time",),
    page="https://man7.org/linux/man-pages/man8/auditd.8.html",
)
