"""EventBridge: event buses, who may send to them, and global endpoints."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "events",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html",
    title="Amazon EventBridge",
)


@collects(
    "AWS::Events::EventBus",
    id="Arn",
    calls=(
        Call("ListEventBuses", listing=True, params={"Limit": 100}),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceARN": "Arn"},
            extra=True,
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        **same("Name!", "Description", "Policy"),
        **same("CreationTime", "LastModifiedTime", into="Runtime"),
    },
    name="Name",
    tags="Tagging.Tags!",
    generation="CreationTime",
)
def buses(events: Client) -> Iterable[Document]:
    """Event buses: the default one, those of partners and the account's own."""
    return events.each("ListEventBuses", "EventBuses")


@collects(
    "AWS::Events::Endpoint",
    id="Arn",
    calls=(Call("ListEndpoints", listing=True, params={"MaxResults": 100}),),
    fields={
        **same("Name!", "Description", "RoleArn"),
        "ReplicationConfig.State": "ReplicationConfig.State",
        "EventBuses": Items("EventBuses", same("EventBusArn!")),
        **same(
            "Primary.HealthCheck",
            "Secondary.Route",
            of="RoutingConfig.FailoverConfig",
            into="RoutingConfig.FailoverConfig",
        ),
        **same("State", "CreationTime", into="Runtime"),
    },
    name="Name",
    generation="CreationTime",
)
def endpoints(events: Client) -> Iterable[Document]:
    """Global endpoints, which send events to another region when the first one fails."""
    return events.each("ListEndpoints", "Endpoints")
