from cloudward.connect.events import Document, Source


def _fits(record: Document) -> bool:
    return bool(record["category"] == "AuditLogs")


SOURCE = Source(
    name="azure-audit",
    title="Microsoft Entra audit logs",
    keys=("category", "operationName", "properties.activityDisplayName"),
    fits=_fits,
    time=("properties.activityDateTime", "time"),
    id=("properties.id",),
    page="https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities",
)
