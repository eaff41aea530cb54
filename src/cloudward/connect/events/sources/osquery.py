from cloudward.connect.events import Source

SOURCE = Source(
    name="osquery",
    title="osquery results",
    keys=("name", "hostIdentifier", "unixTime"),
    time=("unixTime",),
    page="https://osquery.readthedocs.io/en/stable/deployment/logging/",
)
