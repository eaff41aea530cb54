"""SQS: queues, and who may send to them and read them."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, details, same
from cloudward.model import Document

SERVICE = Service(
    "sqs",
    scope="regional",
    quota=20,
    guess=True,
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html",
    title="Simple Queue Service",
)


@collects(
    "AWS::SQS::Queue",
    id="arn:{partition}:sqs:{region}:{account}:{Name}",
    calls=(
        Call("ListQueues", listing=True, params={"MaxResults": 1000}),
        *details(
            Call("GetQueueAttributes", into="Queue", params={"AttributeNames": ["All"]}),
            Call("ListQueueTags", into="TagList", extra=True),
            by={"QueueUrl": "Url"},
            gone=("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
        ),
    ),
    fields={
        "QueueName": "Name!",
        **same("FifoQueue", "KmsMasterKeyId", "SqsManagedSseEnabled", of="Queue.Attributes"),
        **same("MessageRetentionPeriod", "VisibilityTimeout", of="Queue.Attributes"),
        **same("RedrivePolicy", "Policy", of="Queue.Attributes"),
    },
    tags="TagList.Tags",
)
def queues(sqs: Client) -> Iterable[Document]:
    """Message queues."""
    for url in sqs.each("ListQueues", "QueueUrls"):
        yield {"Url": url, "Name": url.rsplit("/", 1)[-1]}
