"""Audit entries of GKE say what the audit log of Kubernetes says: they are read as that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudward.connect.events import Document, Source
from cloudward.connect.events.sources.kubernetes_audit import SOURCE as KUBERNETES


def _fits(record: Document) -> bool:
    return str((record.get("protoPayload") or {}).get("methodName")).startswith("io.k8s.")


def _turn(record: Document) -> Iterator[Document]:
    payload = record["protoPayload"]
    about = payload.get("requestMetadata") or {}
    address = about.get("callerIp") or about.get("callerIP")
    status, answer = payload.get("status") or {}, payload.get("response") or {}
    refused = status.get("code") or (answer.get("code") if answer.get("kind") == "Status" else None)
    yield {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "auditID": record.get("insertId"),
        "verb": str(payload["methodName"]).rpartition(".")[2],
        "requestURI": f"/{payload.get('resourceName', '')}",
        "requestReceivedTimestamp": record.get("timestamp"),
        "user": {"username": (payload.get("authenticationInfo") or {}).get("principalEmail")},
        "sourceIPs": [address] if address else [],
        "userAgent": about.get("callerSuppliedUserAgent"),
        "objectRef": _object(str(payload.get("resourceName", ""))),
        "requestObject": payload.get("request"),
        "responseObject": payload.get("response"),
        "responseStatus": {"code": 403 if refused == 7 else refused or 200, "message": status.get("message")},
        "annotations": record.get("labels") or {},
        "cluster": (record.get("resource") or {}).get("labels") or {},
    }


def _object(name: str) -> dict[str, Any]:
    """`core/v1/namespaces/shop/pods/web-0/exec` in its parts."""
    group, version, *rest = [*name.split("/"), "", ""]
    rest = [part for part in rest if part]
    namespace = rest[1] if len(rest) > 1 and rest[0] == "namespaces" else None
    kept = rest[2:] if namespace and len(rest) > 2 else rest
    found = dict(zip(("resource", "name", "subresource"), kept, strict=False))
    return {
        "apiGroup": "" if group == "core" else group,
        "apiVersion": version,
        "namespace": namespace,
        **found,
    }


SOURCE = Source(
    name="gcp-gke",
    title="Google Kubernetes Engine audit entries",
    gives="kubernetes-audit",
    keys=("protoPayload.methodName", "insertId", "timestamp"),
    fits=_fits,
    turn=_turn,
    time=KUBERNETES.time,
    id=KUBERNETES.id,
    secrets=KUBERNETES.secrets,
    page="https://cloud.google.com/kubernetes-engine/docs/how-to/audit-logging",
)
