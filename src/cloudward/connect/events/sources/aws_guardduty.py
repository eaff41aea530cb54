from cloudward.connect.events import DELIVERED, Document, Source


def _fits(record: Document) -> bool:
    service = record.get("service") or record.get("Service") or {}
    named = record.get("arn") or (service.get("serviceName") if isinstance(service, dict) else "")
    return "guardduty" in str(named).lower()


SOURCE = Source(
    name="aws-guardduty",
    title="Amazon GuardDuty findings",
    keys=("type", "accountId", "schemaVersion"),
    fits=_fits,
    time=("service.eventLastSeen", "updatedAt", "createdAt"),
    id=("id", "updatedAt", "service.archived", DELIVERED),
    delivered=True,
    page="https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html",
)
