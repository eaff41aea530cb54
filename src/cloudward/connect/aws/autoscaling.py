"""Auto Scaling groups of instances, and the launch configurations that older ones are made from."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.credentials import user_data_holds_credentials
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "autoscaling",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html",
    title="EC2 Auto Scaling",
)

TEMPLATE = ("LaunchTemplateId", "LaunchTemplateName", "Version")
MIXED = "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification"
SPOT = "MixedInstancesPolicy.InstancesDistribution"


def _parts(text: str | None) -> list[str]:
    return text.split(",") if text else []


@collects(
    "AWS::AutoScaling::AutoScalingGroup",
    id="AutoScalingGroupARN",
    calls=(Call("DescribeAutoScalingGroups", listing=True, params={"MaxRecords": 100}),),
    fields={
        **same("AutoScalingGroupName!", "MinSize", "MaxSize", "DesiredCapacity", "CapacityRebalance"),
        **same("HealthCheckType", "HealthCheckGracePeriod", "MaxInstanceLifetime"),
        **same("NewInstancesProtectedFromScaleIn", "LaunchConfigurationName"),
        **same("LoadBalancerNames", "TargetGroupARNs"),
        "TrafficSources": Items("TrafficSources", same("Identifier", "Type")),
        "VPCZoneIdentifier": Using(_parts, "VPCZoneIdentifier"),
        **same(*TEMPLATE, of="LaunchTemplate", into="LaunchTemplate"),
        **same(*TEMPLATE, of=MIXED, into=MIXED),
        "MixedInstancesPolicy.LaunchTemplate.Overrides": Items(
            "MixedInstancesPolicy.LaunchTemplate.Overrides",
            {"InstanceType": "InstanceType", "InstanceRequirements": "InstanceRequirements"},
        ),
        **same("OnDemandPercentageAboveBaseCapacity", of=SPOT, into=SPOT),
        **same("AvailabilityZones!", "CreatedTime", "Status", into="Runtime"),
    },
    name="AutoScalingGroupName",
    tags="Tags",
    generation="CreatedTime",
)
def groups(autoscaling: Client) -> Iterable[Document]:
    """Groups of instances that grow and shrink."""
    return autoscaling.each("DescribeAutoScalingGroups", "AutoScalingGroups")


@collects(
    "AWS::AutoScaling::LaunchConfiguration",
    id="LaunchConfigurationARN",
    calls=(Call("DescribeLaunchConfigurations", listing=True, params={"MaxRecords": 100}),),
    fields={
        **same("LaunchConfigurationName!", "ImageId", "InstanceType", "KeyName", "IamInstanceProfile"),
        **same("AssociatePublicIpAddress", "SecurityGroups", "EbsOptimized", "UserData", "SpotPrice"),
        **same("HttpTokens", "HttpEndpoint", of="MetadataOptions", into="MetadataOptions"),
        **same("HttpPutResponseHopLimit", of="MetadataOptions", into="MetadataOptions"),
        "InstanceMonitoring": "InstanceMonitoring.Enabled",
        "BlockDeviceMappings": Items(
            "BlockDeviceMappings", same("DeviceName", "VirtualName", "Ebs.Encrypted", "Ebs.SnapshotId")
        ),
        "Runtime.UserDataHoldsCredentials": Using(user_data_holds_credentials, "UserData"),
        "Runtime.CreatedTime": "CreatedTime",
    },
    name="LaunchConfigurationName",
    generation="CreatedTime",
)
def launch_configurations(autoscaling: Client) -> Iterable[Document]:
    """What older groups make their instances from."""
    return autoscaling.each("DescribeLaunchConfigurations", "LaunchConfigurations")
