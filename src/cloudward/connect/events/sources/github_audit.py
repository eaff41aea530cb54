from cloudward.connect.events import Document, Source


def _fits(record: Document) -> bool:
    return "." in str(record["action"]) and ("org" in record or "business" in record or "actor" in record)


SOURCE = Source(
    name="github-audit",
    title="GitHub audit log",
    keys=("action", "actor"),
    fits=_fits,
    time=("@timestamp", "created_at", "p_event_time"),
    id=("_document_id",),
    secrets=("hashed_token", "config.secret"),
    page="https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/audit-log-events-for-your-organization",
)
