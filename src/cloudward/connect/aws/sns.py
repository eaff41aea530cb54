"""SNS: topics, and who may send to them and read them."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, details, same
from cloudward.model import Document

SERVICE = Service(
    "sns",
    scope="regional",
    quota=10,  # of ListTagsForResource; the others take 30 a second
    source="https://docs.aws.amazon.com/general/latest/gr/sns.html",
    title="Simple Notification Service",
)


@collects(
    "AWS::SNS::Topic",
    id="TopicArn",
    calls=(
        Call("ListTopics", listing=True),
        *details(
            Call("GetTopicAttributes", into="Topic", by={"TopicArn": "TopicArn"}, gone=("NotFound",)),
            Call("ListTagsForResource", into="TagList", by={"ResourceArn": "TopicArn"}, extra=True),
        ),
    ),
    fields={
        "TopicName": "Name!",
        **same("DisplayName", "FifoTopic", "KmsMasterKeyId", of="Topic.Attributes!"),
        **same("SignatureVersion", "TracingConfig", "Policy", of="Topic.Attributes!"),
    },
    tags="TagList.Tags!",
)
def topics(sns: Client) -> Iterable[Document]:
    """Topics, to which programs send and from which others are told."""
    for topic in sns.each("ListTopics", "Topics"):
        yield {**topic, "Name": topic["TopicArn"].rsplit(":", 1)[-1]}
