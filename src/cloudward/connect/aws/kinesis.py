"""Kinesis Data Streams."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, details, same
from cloudward.model import Document

SERVICE = Service(
    "kinesis",
    scope="regional",
    quota=5,  # of ListStreams and ListTagsForStream; DescribeStreamSummary may be asked 20 times a second
    source="https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html",
    title="Kinesis Data Streams",
)

SUMMARY = "Summary.StreamDescriptionSummary!"


@collects(
    "AWS::Kinesis::Stream",
    id="arn:{partition}:kinesis:{region}:{account}:stream/{StreamName}",
    calls=(
        Call("ListStreams", listing=True, params={"Limit": 1000}),
        *details(
            Call("DescribeStreamSummary", into="Summary"),
            Call("ListTagsForStream", into="Tagging", params={"Limit": 50}, extra=True),
            by={"StreamName": "StreamName"},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "Name": "StreamName!",
        "StreamModeDetails.StreamMode": f"{SUMMARY}.StreamModeDetails.StreamMode",
        "RetentionPeriodHours": f"{SUMMARY}.RetentionPeriodHours!",
        "ShardCount": f"{SUMMARY}.OpenShardCount",
        "StreamEncryption.EncryptionType": f"{SUMMARY}.EncryptionType",
        "StreamEncryption.KeyId": f"{SUMMARY}.KeyId",
        **same("StreamStatus", "StreamCreationTimestamp", "ConsumerCount", of=SUMMARY, into="Runtime"),
    },
    name="StreamName",
    tags="Tagging.Tags!",
    generation=f"{SUMMARY}.StreamCreationTimestamp",
)
def streams(kinesis: Client) -> Iterable[Document]:
    """Streams of records; 50 is the most tags that one can have."""
    return ({"StreamName": name} for name in kinesis.each("ListStreams", "StreamNames"))
