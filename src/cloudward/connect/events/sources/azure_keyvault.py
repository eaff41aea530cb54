from cloudward.connect.events import Document, Source

CATEGORIES = {"AuditEvent"}


def _fits(record: Document) -> bool:
    return record["category"] in CATEGORIES


SOURCE = Source(
    name="azure-keyvault",
    title="Azure Key Vault audit events",
    keys=("category", "resourceId"),
    fits=_fits,
    time=("time", "TimeGenerated"),
    page="https://learn.microsoft.com/azure/key-vault/general/logging",
)
