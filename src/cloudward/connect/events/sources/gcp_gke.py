"""Audit entries of GKE say what the audit log of Kubernetes says: they are read as that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cloudward.connect.events import Document, Source
from cloudward.connect.events.sources.kubernetes_audit import SOURCE as KUBERNETES

CODES: Mapping[Any, int] = {
    1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501,
    13: 500, 14: 503, 15: 500, 16: 401,
}  # fmt: skip
"""The status of a call as Google writes it -> as HTTP has it.

https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
"""


def _fits(record: Document) -> bool:
    return str((record.get("protoPayload") or {}).get("methodName")).startswith("io.k8s.")


def _turn(record: Document) -> Iterator[Document]:
    payload = record["protoPayload"]
    about = payload.get("requestMetadata") or {}
    address = about.get("callerIp") or about.get("callerIP")
    status = payload.get("status") or {}
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
        "responseStatus": {"code": _code(payload), "message": status.get("message")},
        "annotations": record.get("labels") or {},
        "cluster": (record.get("resource") or {}).get("labels") or {},
    }


def _code(payload: Document) -> Any:
    """What Kubernetes answered, as HTTP has it."""
    answer, code = payload.get("response") or {}, (payload.get("status") or {}).get("code")
    told = answer.get("code") if answer.get("kind") == "Status" else None
    return told or CODES.get(code, code) or 200


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
