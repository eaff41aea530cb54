"""Shield Advanced: whether the account pays for it, and what it protects."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "shield",
    scope="global",
    title="AWS Shield Advanced",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/waf/latest/developerguide/shield-limits.html",
)


@collects(
    "AWS::Shield::Subscription",
    calls=(Call("GetSubscriptionState", into="Answer", listing=True),),
    fields={"SubscriptionState": "Answer.SubscriptionState!"},
)
def subscriptions(shield: Client) -> Iterable[Document]:
    """Whether the account has Shield Advanced."""
    yield {"Answer": shield.call("GetSubscriptionState")}


@collects(
    "AWS::Shield::Protection",
    id="ProtectionArn",
    calls=(
        Call(
            "ListProtections",
            listing=True,
            params={"MaxResults": 1000},
            absent={"ResourceNotFoundException": {"Protections": []}},
        ),
    ),
    fields={
        **same("Name!", "ResourceArn!"),
        "HealthCheckIds": "HealthCheckIds",
        "ApplicationLayerAutomaticResponseConfiguration.Status": (
            "ApplicationLayerAutomaticResponseConfiguration.Status"
        ),
        "Runtime.Id": "Id!",
    },
    name="Name",
    generation="Id",
)
def protections(shield: Client) -> Iterable[Document]:
    """What Shield Advanced protects; nothing where the account has no subscription."""
    return shield.each("ListProtections", "Protections")
