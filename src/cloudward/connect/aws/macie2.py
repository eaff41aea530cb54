"""Macie: whether a region's buckets are searched for sensitive data."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects
from cloudward.model import Document

SERVICE = Service(
    "macie2",
    scope="regional",
    title="Amazon Macie",
    quota=5,
    source="https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html",
)

_OFF = "AccessDeniedException: Macie is not enabled"
"""The same code, with other words, says that the caller may not ask."""


@collects(
    "AWS::Macie::Session",
    calls=(
        Call("GetMacieSession", into="Session", listing=True, absent={_OFF: {"status": None}}),
        Call("GetAutomatedDiscoveryConfiguration", into="Discovery", extra=True),
    ),
    fields={
        "Status": "Session.status!",
        "FindingPublishingFrequency": "Session.findingPublishingFrequency",
        "AutomatedDiscoveryStatus": "Discovery.status!",
        "Runtime.CreatedAt": "Session.createdAt",
    },
    generation="Session.createdAt",
)
def sessions(macie2: Client) -> Iterable[Document]:
    """The session of a region; none where Macie is switched off."""
    session = macie2.call("GetMacieSession")
    if session and session["status"]:
        yield {"Session": session, "Discovery": macie2.call("GetAutomatedDiscoveryConfiguration")}
