from cloudward.connect.events import Document, Source

CATEGORIES = {"GatewayLogs"}


def _fits(record: Document) -> bool:
    return record["category"] in CATEGORIES


SOURCE = Source(
    name="azure-apimanagement",
    title="Azure API Management gateway logs",
    keys=("category", "resourceId"),
    fits=_fits,
    time=("time", "TimeGenerated"),
    page="https://learn.microsoft.com/azure/api-management/monitor-api-management-reference",
)
