from cloudward.connect.events import Source

SOURCE = Source(
    name="aws-route53resolver",
    title="Amazon Route 53 resolver query logs",
    keys=("query_name", "query_type", "vpc_id"),
    time=("query_timestamp",),
    page="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html",
)
