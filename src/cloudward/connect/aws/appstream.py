"""AppStream 2.0: fleets of machines from which applications are streamed."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "appstream",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/appstream2/latest/developerguide/limits.html",
    title="AppStream 2.0",
)


@collects(
    "AWS::AppStream::Fleet",
    id="Arn",
    calls=(
        Call("DescribeFleets", listing=True),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceArn": "Arn"},
            extra=True,
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        **same("Name!", "InstanceType", "FleetType", "ImageArn", "IamRoleArn", "EnableDefaultInternetAccess"),
        **same("MaxUserDurationInSeconds", "DisconnectTimeoutInSeconds", "IdleDisconnectTimeoutInSeconds"),
        **same("SubnetIds", "SecurityGroupIds", of="VpcConfig", into="VpcConfig"),
        **same("State", "CreatedTime", into="Runtime"),
    },
    name="Name",
    tags="Tagging.Tags!",
    generation="CreatedTime",
)
def fleets(appstream: Client) -> Iterable[Document]:
    """Fleets, and how long a session of theirs lasts."""
    return appstream.each("DescribeFleets", "Fleets")
