"""Requests for spare capacity."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, collects, same
from cloudward.connect.aws.ec2 import SERVICE as SERVICE
from cloudward.model import Document

_CONFIG = "SpotFleetRequestConfig"
_OVER = ("cancelled", "failed")


@collects(
    "AWS::EC2::SpotFleet",
    id="arn:{partition}:ec2:{region}:{account}:spot-fleet-request/{SpotFleetRequestId}",
    calls=(Call("DescribeSpotFleetRequests", listing=True),),
    fields={
        "Id": "SpotFleetRequestId!",
        "SpotFleetRequestConfigData.Type": f"{_CONFIG}.Type",
        "SpotFleetRequestConfigData.LaunchSpecifications": Items(
            f"{_CONFIG}.LaunchSpecifications",
            {
                **same("ImageId", "InstanceType", "SubnetId"),
                "BlockDeviceMappings": Items(
                    "BlockDeviceMappings",
                    {
                        "DeviceName": "DeviceName",
                        **same("SnapshotId", "Encrypted", "VolumeSize", of="Ebs", into="Ebs"),
                    },
                ),
            },
        ),
        "Runtime.State": "SpotFleetRequestState",
        "Runtime.CreateTime": "CreateTime",
    },
    tags="Tags",
    generation="CreateTime",
)
def spot_fleets(ec2: Client) -> Iterable[Document]:
    """Requests that still hold or ask for instances."""
    requests = ec2.each("DescribeSpotFleetRequests", "SpotFleetRequestConfigs")
    return (request for request in requests if request.get("SpotFleetRequestState") not in _OVER)
