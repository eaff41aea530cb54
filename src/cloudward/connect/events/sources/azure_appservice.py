from cloudward.connect.events import Document, Source

CATEGORIES = {
    "AppServiceAuditLogs",
    "AppServiceConsoleLogs",
    "AppServiceFileAuditLogs",
    "AppServiceHTTPLogs",
    "AppServiceIPSecAuditLogs",
}


def _fits(record: Document) -> bool:
    return record["category"] in CATEGORIES


SOURCE = Source(
    name="azure-appservice",
    title="Azure App Service logs",
    keys=("category", "resourceId"),
    fits=_fits,
    time=("time", "TimeGenerated"),
    page="https://learn.microsoft.com/azure/app-service/monitor-app-service-reference",
)
