"""The audit log of Kubernetes as diagnostic settings of AKS write it: a text in an envelope that names the
cluster."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cloudward.connect.events import Document, Source, value
from cloudward.connect.events.sources.kubernetes_audit import SOURCE as KUBERNETES

CATEGORIES = {"kube-audit", "kube-audit-admin"}


def _fits(record: Document) -> bool:
    return record["category"] in CATEGORIES


def _turn(record: Document) -> Iterator[Document]:
    text, id = value(record, "properties.log"), str(record.get("resourceId", "")).lower()
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, TypeError):
        found = text
    if isinstance(found, dict):
        cluster = {"cluster_name": id.rpartition("/")[2], "resource_id": id}
        yield {**found, "cluster": cluster}
    else:
        yield {"log": text}  # it says no moment, and is told as broken


SOURCE = Source(
    name="azure-aks",
    title="Azure Kubernetes Service audit log",
    gives="kubernetes-audit",
    keys=("category", "properties.log", "resourceId"),
    fits=_fits,
    turn=_turn,
    time=KUBERNETES.time,
    id=KUBERNETES.id,
    secrets=KUBERNETES.secrets,
    page="https://learn.microsoft.com/azure/aks/monitor-aks-reference",
)
