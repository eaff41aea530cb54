from cloudward.connect.events import Document, Source


def _fits(record: Document) -> bool:
    return str(record.get("apiVersion", "audit.k8s.io/")).startswith("audit.k8s.io/")


SOURCE = Source(
    name="kubernetes-audit",
    title="Kubernetes audit log (files, webhook, EKS, AKS)",
    keys=("auditID", "verb", "requestURI"),
    fits=_fits,
    time=("requestReceivedTimestamp", "stageTimestamp"),
    id=("auditID", "stage"),
    secrets=(
        "requestObject.data.*",
        "requestObject.stringData.*",
        "responseObject.data.*",
        "responseObject.status.token",
        "requestObject.spec.containers.*.env.*.value",
    ),
    page="https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/",
)
