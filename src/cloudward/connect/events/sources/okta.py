from cloudward.connect.events import Source

SOURCE = Source(
    name="okta",
    title="Okta system log",
    keys=("eventType", "actor", "outcome", "published"),
    time=("published",),
    id=("uuid",),
    page="https://developer.okta.com/docs/reference/api/system-log/",
)
