from __future__ import annotations

from datetime import datetime
from typing import Any

from cloudward.connect.events import Line, Source

DEFAULT = """
    version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end
    action log-status
"""
NUMBERS = {"version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end"}


def _lines(_: datetime) -> Line:
    names = [name.replace("-", "_") for name in DEFAULT.split()]

    def read(text: str) -> dict[str, Any] | None:
        words = text.split()
        if "srcaddr" in words or "interface-id" in words:
            names[:] = [word.replace("-", "_") for word in words]
            return {}
        if len(words) != len(names) or not _flow(dict(zip(names, words, strict=True))):
            return None
        return {name: _value(name, word) for name, word in zip(names, words, strict=True) if word != "-"}

    return read


def _flow(record: dict[str, str]) -> bool:
    return record.get("action", "-") in {"ACCEPT", "REJECT", "-"} and record.get("start", "0").isdigit()


def _value(name: str, word: str) -> Any:
    return int(word) if name in NUMBERS and word.isdigit() else word


SOURCE = Source(
    name="aws-vpcflow",
    title="Amazon VPC flow logs",
    lines=_lines,
    keys=("interface_id", "srcaddr", "dstaddr"),
    time=("start", "end"),
    page="https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html",
)
