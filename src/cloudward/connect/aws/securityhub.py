"""Security Hub: whether a region gathers findings, and by which standards."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "securityhub",
    scope="regional",
    title="AWS Security Hub",
    quota=1,
    burst=30,
    source="https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub_limits.html",
)

_OFF = "InvalidAccessException: not subscribed"
"""The same code, with other words, says that the account may not ask."""


def _standards(subscriptions: Iterable[Document] | None) -> list[str]:
    """ARNs of the standards that run; one that is being switched off does not count."""
    kept = (each for each in subscriptions or () if each["StandardsStatus"] not in ("DELETING", "FAILED"))
    return sorted(each["StandardsArn"] for each in kept)


@collects(
    "AWS::SecurityHub::Hub",
    id="Hub.HubArn",
    calls=(
        Call("DescribeHub", into="Hub", listing=True, absent={_OFF: {"HubArn": None}}),
        Call("GetEnabledStandards", into="Standards", extra=True),
    ),
    fields={
        **same("AutoEnableControls", "ControlFindingGenerator", of="Hub"),
        "Runtime.SubscribedAt": "Hub.SubscribedAt",
        "Runtime.EnabledStandards": Using(_standards, "Standards.StandardsSubscriptions"),
    },
)
def hubs(securityhub: Client) -> Iterable[Document]:
    """The hub of a region; none where Security Hub is switched off."""
    hub = securityhub.call("DescribeHub")
    if hub and hub["HubArn"]:
        yield {"Hub": hub, "Standards": securityhub.call("GetEnabledStandards")}
