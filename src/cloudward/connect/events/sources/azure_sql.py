from cloudward.connect.events import Document, Source

CATEGORIES = {"DevOpsOperationsAudit", "SQLSecurityAuditEvents"}


def _fits(record: Document) -> bool:
    return record["category"] in CATEGORIES


SOURCE = Source(
    name="azure-sql",
    title="Azure SQL audit events",
    keys=("category", "resourceId"),
    fits=_fits,
    time=("time", "TimeGenerated"),
    page="https://learn.microsoft.com/azure/azure-sql/database/audit-log-format",
)
