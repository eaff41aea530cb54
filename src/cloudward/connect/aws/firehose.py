"""Data Firehose: streams that deliver records to where they are kept."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, details
from cloudward.model import Document

SERVICE = Service(
    "firehose",
    scope="regional",
    quota=5,
    source="https://docs.aws.amazon.com/firehose/latest/dev/limits.html",
    title="Amazon Data Firehose",
)

STREAM = "Stream.DeliveryStreamDescription!"
ENCRYPTION = f"{STREAM}.DeliveryStreamEncryptionConfiguration"


def _if_enabled(status: str | None, value: str | None) -> str | None:
    """A stream that is not encrypted may still name the kind and the key that it had."""
    return value if status == "ENABLED" else None


@collects(
    "AWS::KinesisFirehose::DeliveryStream",
    id="arn:{partition}:firehose:{region}:{account}:deliverystream/{Name}",
    calls=(
        Call("ListDeliveryStreams", listing=True, params={"Limit": 10_000}),
        *details(
            Call("DescribeDeliveryStream", into="Stream"),
            Call("ListTagsForDeliveryStream", into="Tagging", params={"Limit": 50}, extra=True),
            by={"DeliveryStreamName": "Name"},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "DeliveryStreamName": "Name!",
        "DeliveryStreamType": f"{STREAM}.DeliveryStreamType!",
        "DeliveryStreamEncryptionConfigurationInput.KeyType": Using(
            _if_enabled, f"{ENCRYPTION}.Status!", f"{ENCRYPTION}.KeyType"
        ),
        "DeliveryStreamEncryptionConfigurationInput.KeyARN": Using(
            _if_enabled, f"{ENCRYPTION}.Status!", f"{ENCRYPTION}.KeyARN"
        ),
        "KinesisStreamSourceConfiguration.KinesisStreamARN": (
            f"{STREAM}.Source.KinesisStreamSourceDescription.KinesisStreamARN"
        ),
        "Runtime.EncryptionStatus": f"{ENCRYPTION}.Status!",
        "Runtime.Status": f"{STREAM}.DeliveryStreamStatus",
        "Runtime.CreateTimestamp": f"{STREAM}.CreateTimestamp",
    },
    name="Name",
    tags="Tagging.Tags!",
    generation=f"{STREAM}.CreateTimestamp",
)
def delivery_streams(firehose: Client) -> Iterable[Document]:
    """Delivery streams; 50 is the most tags that one can have. What opens their destinations is not read."""
    return ({"Name": name} for name in firehose.each("ListDeliveryStreams", "DeliveryStreamNames"))
