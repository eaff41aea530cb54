from cloudward.connect.events import Document, Source


def _fits(record: Document) -> bool:
    service = record.get("service") or record.get("Service") or {}
    return "guardduty" in str(record.get("arn") or record.get("Arn") or service.get("serviceName")).lower()


SOURCE = Source(
    name="aws-guardduty",
    title="Amazon GuardDuty findings",
    keys=("severity", "type", "accountId"),
    fits=_fits,
    time=("service.eventLastSeen", "updatedAt", "createdAt"),
    id=("id", "updatedAt"),
    page="https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html",
)
