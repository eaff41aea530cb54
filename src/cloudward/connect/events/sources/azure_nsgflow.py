"""Flow logs of network security groups and virtual networks: one event for each flow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudward.connect.events import Document, Source

CATEGORIES = {"NetworkSecurityGroupFlowEvent", "FlowLogFlowEvent"}
FLOW = "time src_ip dst_ip src_port dst_port protocol direction"
COUNTS = "packets_out bytes_out packets_in bytes_in"
GROUP = f"{FLOW} decision state {COUNTS}"
NETWORK = f"{FLOW} state encryption {COUNTS}"
WORDS = {
    "T": "TCP",
    "U": "UDP",
    "6": "TCP",
    "17": "UDP",
    "I": "inbound",
    "O": "outbound",
    "A": "allow",
    "D": "deny",
}


def _fits(record: Document) -> bool:
    return record["category"] in CATEGORIES


def _turn(record: Document) -> Iterator[Document]:
    common = {
        key: record.get(key) for key in ("category", "resourceId", "flowLogResourceID", "targetResourceID")
    }
    if record["category"] == "NetworkSecurityGroupFlowEvent":
        for rule in (record.get("properties") or {}).get("flows", []):
            for flow in rule.get("flows", []):
                for text in flow.get("flowTuples", []):
                    yield {**common, "rule": rule.get("rule"), "mac": flow.get("mac"), **_flow(GROUP, text)}
        return
    for flow in (record.get("flowRecords") or {}).get("flows", []):
        for group in flow.get("flowGroups", []):
            for text in group.get("flowTuples", []):
                yield {**common, "rule": group.get("rule"), **_flow(NETWORK, text)}


def _flow(names: str, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, word in zip(names.split(), text.split(","), strict=False):
        numeric = word.isdigit() and name != "protocol"
        found[name] = int(word) if numeric else WORDS.get(word, word) if name != "state" else word
    if found.get("state") == "D":
        found["decision"] = "deny"
    return found


SOURCE = Source(
    name="azure-nsgflow",
    title="Azure flow logs (network security groups, virtual networks)",
    keys=("category", "time"),
    fits=_fits,
    turn=_turn,
    time=("time",),
    page="https://learn.microsoft.com/azure/network-watcher/vnet-flow-logs-overview",
)
