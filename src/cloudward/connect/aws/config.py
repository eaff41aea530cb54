"""AWS Config: what records how resources change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects
from cloudward.model import Document

SERVICE = Service(
    "config",
    scope="regional",
    title="AWS Config",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html",
)

_GROUP = "recordingGroup"


def _of_the_only(key: str) -> Any:
    """That key of what a bulk answer says of this recorder."""
    return lambda found: found[0][key] if found else None


def _channels(found: Sequence[Document] | None) -> list[str]:
    return sorted(each["s3BucketName"] for each in found or () if each.get("s3BucketName"))


@collects(
    "AWS::Config::ConfigurationRecorder",
    id="arn:{partition}:config:{region}:{account}:configuration-recorder/{name}",
    calls=(
        Call("DescribeConfigurationRecorders", listing=True),
        Call("DescribeConfigurationRecorderStatus", into="Status"),
        Call("DescribeDeliveryChannels", into="Channels", extra=True, once=True),
    ),
    fields={
        "Name": "name!",
        "RoleARN": "roleARN",
        "RecordingGroup.AllSupported": f"{_GROUP}.allSupported",
        "RecordingGroup.IncludeGlobalResourceTypes": f"{_GROUP}.includeGlobalResourceTypes",
        "RecordingGroup.ResourceTypes": f"{_GROUP}.resourceTypes",
        "RecordingGroup.ExclusionByResourceTypes.ResourceTypes": (
            f"{_GROUP}.exclusionByResourceTypes.resourceTypes"
        ),
        "RecordingGroup.RecordingStrategy.UseOnly": f"{_GROUP}.recordingStrategy.useOnly",
        "RecordingMode.RecordingFrequency": "recordingMode.recordingFrequency",
        "Runtime.RecordingScope": "recordingScope",
        "Runtime.ServicePrincipal": "servicePrincipal",
        "Runtime.Recording": Using(_of_the_only("recording"), "Status"),
        "Runtime.LastStatus": Using(
            lambda found: found[0].get("lastStatus") if found else None, "Status"
        ),
        "Runtime.DeliveryBuckets": Using(_channels, "Channels.DeliveryChannels"),
    },
    name="name",
)  # fmt: skip
def recorders(config: Client) -> Iterable[Document]:
    """The recorder of a region, and those that services keep for themselves."""
    statuses = config.grouped("DescribeConfigurationRecorderStatus", "ConfigurationRecordersStatus", "name")
    for recorder in config.each("DescribeConfigurationRecorders", "ConfigurationRecorders"):
        channels = config.call("DescribeDeliveryChannels")
        yield {**recorder, "Status": statuses[recorder["name"]], "Channels": channels}
