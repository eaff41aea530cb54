from cloudward.connect.events import Document, Source

CATEGORIES = {
    "administrative",
    "action",
    "write",
    "delete",
    "servicehealth",
    "resourcehealth",
    "alert",
    "autoscale",
    "recommendation",
    "security",
    "policy",
}


def _fits(record: Document) -> bool:
    category = record.get("category") or record.get("categoryValue") or record.get("CategoryValue")
    if isinstance(category, dict):
        category = category.get("value")
    return str(category).lower() in CATEGORIES


SOURCE = Source(
    name="azure-activity",
    title="Azure activity log",
    keys=("operationName", "resourceId"),
    fits=_fits,
    time=("time", "eventTimestamp", "TimeGenerated"),
    id=("eventDataId", "properties.eventDataId"),
    page="https://learn.microsoft.com/azure/azure-monitor/essentials/activity-log-schema",
)
