from cloudward.connect.events import Document, Source


def _fits(record: Document) -> bool:
    kind = str(record["type"]).lower()
    return kind.startswith("microsoft.security/") and kind.endswith("/alerts")


SOURCE = Source(
    name="azure-defender",
    title="Microsoft Defender for Cloud alerts",
    keys=("type", "properties.alertType"),
    fits=_fits,
    time=("properties.endTimeUtc", "properties.timeGeneratedUtc", "properties.startTimeUtc"),
    id=("properties.systemAlertId", "properties.processingEndTimeUtc", "properties.status"),
    page="https://learn.microsoft.com/rest/api/defenderforcloud/alerts/get",
)
