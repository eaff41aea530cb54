"""The audit log of Kubernetes as EKS writes it: records of a log group that is named after the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from cloudward.connect.events import Document, Source
from cloudward.connect.events.sources.kubernetes_audit import SOURCE as KUBERNETES

GROUP, STREAM = "/aws/eks/", "kube-apiserver-audit-"


def _fits(record: Document) -> bool:
    return str(record["logGroup"]).startswith(GROUP) and str(record["logStream"]).startswith(STREAM)


def _turn(record: Document) -> Iterator[Document]:
    name = str(record.get("logGroup", "")).removeprefix(GROUP).partition("/")[0]
    found = record.get("logEvents")
    for each in found if isinstance(found, list) else [found]:
        yield _record(each, {"cluster_name": name, "account": record.get("owner")})


def _record(each: Any, cluster: Document) -> Document:
    text: Any = each.get("message") if isinstance(each, dict) else each
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, TypeError):
        found = text
    return {**found, "cluster": cluster} if isinstance(found, dict) else {"message": text}


SOURCE = Source(
    name="aws-eks",
    title="Amazon EKS audit log",
    gives="kubernetes-audit",
    keys=("logGroup", "logStream", "logEvents"),
    fits=_fits,
    turn=_turn,
    time=KUBERNETES.time,
    id=KUBERNETES.id,
    secrets=KUBERNETES.secrets,
    page="https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",
)
