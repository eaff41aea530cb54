from cloudward.connect.events import Source

SOURCE = Source(
    name="gcp-dns",
    title="Google Cloud DNS query logs",
    keys=("jsonPayload.queryName", "jsonPayload.queryType"),
    time=("timestamp",),
    id=("insertId",),
    page="https://cloud.google.com/dns/docs/monitoring",
)
