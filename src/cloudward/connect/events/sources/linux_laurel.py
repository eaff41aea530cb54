"""What laurel makes of the audit daemon's records: one document for each event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cloudward.connect.events import Document, Source
from cloudward.connect.events.moments import moment


def _turn(record: Document) -> Iterator[Document]:
    at = str(record["ID"]).partition(":")[0]
    common = {"ID": record["ID"], "node": record.get("NODE"), "time": str(moment(at) or "")}
    call = record.get("SYSCALL") if isinstance(record.get("SYSCALL"), Mapping) else {}
    for kind, part in record.items():
        for each in part if isinstance(part, list) else [part]:
            if isinstance(each, Mapping):
                words = each.get("ARGV")
                line = {"CommandLine": " ".join(map(str, words))} if isinstance(words, list) else {}
                arguments = (
                    {f"a{n}": str(word) for n, word in enumerate(words)} if isinstance(words, list) else {}
                )
                yield {**common, "type": kind, **(call or {}), **each, **arguments, **line}


SOURCE = Source(
    name="linux-laurel",
    title="Linux audit daemon by laurel (JSON)",
    gives="linux-auditd",
    keys=("ID", "SYSCALL"),
    turn=_turn,
    time=("time",),
    page="https://github.com/threathunters-io/laurel",
)
