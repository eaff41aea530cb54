from cloudward.connect.events import Source

SOURCE = Source(
    name="gcp-vpcflow",
    title="Google Cloud VPC flow logs",
    keys=("jsonPayload.connection.src_ip", "jsonPayload.connection.dest_ip"),
    time=("jsonPayload.start_time", "timestamp"),
    id=("insertId",),
    page="https://cloud.google.com/vpc/docs/about-flow-logs-records",
)
