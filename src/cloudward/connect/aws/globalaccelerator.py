"""Global Accelerator: addresses that lead to an application from anywhere."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "globalaccelerator",
    scope="global",
    title="AWS Global Accelerator",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/global-accelerator/latest/dg/limits-global-accelerator.html",
)

HOME = "us-west-2"
"""The one region that answers: https://docs.aws.amazon.com/global-accelerator/latest/api/Welcome.html"""


@collects(
    "AWS::GlobalAccelerator::Accelerator",
    id="AcceleratorArn",
    calls=(
        Call("ListAccelerators", listing=True, params={"MaxResults": 100}, home=HOME),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceArn": "AcceleratorArn"},
            home=HOME,
            extra=True,
            gone=("AcceleratorNotFoundException",),
        ),
    ),
    fields={
        **same("Name!", "Enabled", "IpAddressType"),
        **same("Status", "DnsName", "CreatedTime", into="Runtime"),
    },
    name="Name",
    tags="Tagging.Tags!",
    generation="CreatedTime",
)
def accelerators(globalaccelerator: Client) -> Iterable[Document]:
    """Accelerators."""
    return globalaccelerator.each("ListAccelerators", "Accelerators")
