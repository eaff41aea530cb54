from cloudward.connect.events import Document, Source

CATEGORIES = {
    "SignInLogs",
    "NonInteractiveUserSignInLogs",
    "ServicePrincipalSignInLogs",
    "ManagedIdentitySignInLogs",
    "ADFSSignInLogs",
}


def _fits(record: Document) -> bool:
    return "category" not in record or record["category"] in CATEGORIES


SOURCE = Source(
    name="azure-signin",
    title="Microsoft Entra sign-in logs",
    keys=("properties.appDisplayName", "properties.ipAddress", "category"),
    fits=_fits,
    time=("properties.createdDateTime", "time"),
    id=("properties.id",),
    page="https://learn.microsoft.com/entra/identity/monitoring-health/concept-sign-in-log-activity-details",
)
