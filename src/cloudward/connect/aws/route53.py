"""Route 53: zones of names, and which of them log the questions that they are asked."""

from __future__ import annotations

from collections.abc import Iterator

from cloudward.connect.aws.batching import batches
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "route53",
    scope="global",
    title="Amazon Route 53",
    quota=10,
    burst=50,
    source="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/throttling-api-requests.html",
)


def _first_log(configurations: list[Document] | None) -> str | None:
    return configurations[0]["CloudWatchLogsLogGroupArn"] if configurations else None


@collects(
    "AWS::Route53::HostedZone",
    id="arn:{partition}:route53:::hostedzone/{ZoneId}",
    calls=(
        Call("ListHostedZones", listing=True),
        Call("ListQueryLoggingConfigs", into="Logging"),
        Call("ListTagsForResources", into="TagList", params={"ResourceType": "hostedzone"}),
    ),
    fields={
        "Id": "ZoneId!",
        "Name": "Name!",
        "HostedZoneConfig.Comment": "Config.Comment",
        "QueryLoggingConfig.CloudWatchLogsLogGroupArn": Using(_first_log, "Logging"),
        "Runtime.PrivateZone": "Config!.PrivateZone!",
        **same("ResourceRecordSetCount", into="Runtime"),
        "Runtime.LinkedService": "LinkedService.ServicePrincipal",
    },
    name="Name",
    tags="TagList",
    generation="CallerReference",
)
def hosted_zones(route53: Client) -> Iterator[Document]:
    """Zones of names, public and private; one list tells which of them log."""
    logs = route53.grouped("ListQueryLoggingConfigs", "QueryLoggingConfigs", "HostedZoneId")
    for batch in batches(route53.each("ListHostedZones", "HostedZones"), 10):
        zones = [{**zone, "ZoneId": zone["Id"].rsplit("/", 1)[-1]} for zone in batch]
        ids = [zone["ZoneId"] for zone in zones]
        tags = route53.grouped("ListTagsForResources", "ResourceTagSets", "ResourceId", ResourceIds=ids)
        for zone in zones:
            found = tags[zone["ZoneId"]]
            yield {**zone, "Logging": logs[zone["ZoneId"]], "TagList": found and found[0]["Tags"]}
