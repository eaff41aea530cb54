from cloudward.connect.events import Document, Source


def _fits(record: Document) -> bool:
    return not str((record.get("protoPayload") or {}).get("methodName")).startswith("io.k8s.")


SOURCE = Source(
    name="gcp-audit",
    title="Google Cloud audit logs",
    keys=("protoPayload.methodName", "protoPayload.serviceName"),
    fits=_fits,
    time=("timestamp", "receiveTimestamp"),
    id=("insertId",),
    secrets=(
        "protoPayload.request.payload.data",
        "protoPayload.response.privateKeyData",
        "protoPayload.response.accessToken",
        "protoPayload.request.password",
    ),
    page="https://cloud.google.com/logging/docs/audit/understanding-audit-logs",
)
