"""Groups and launch configurations as moto plays them, and what must not leave the connector."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

GROUP = "AWS::AutoScaling::AutoScalingGroup"
CONFIGURATION = "AWS::AutoScaling::LaunchConfiguration"


@pytest.mark.usefixtures("moto")
def test_group_and_configuration_have_the_names_of_templates(scan: Scan) -> None:
    autoscaling = boto3.client("autoscaling", region_name="us-east-1")
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="old",
        ImageId="ami-12345678",
        InstanceType="t3.micro",
        AssociatePublicIpAddress=True,
        UserData="export TOKEN=AKIAIOSFODNN7EXAMPLE",
        MetadataOptions={"HttpTokens": "required"},
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="old",
        MinSize=0,
        MaxSize=3,
        AvailabilityZones=["us-east-1a", "us-east-1b"],
        HealthCheckType="ELB",
        Tags=[{"Key": "team", "Value": "red"}],
    )
    found = scan(Boto(), services=["autoscaling"], regions=["us-east-1"])
    group, configuration = found.one(GROUP), found.one(CONFIGURATION)
    assert (group.name, group.tags, group.unread) == ("web", {"team": "red"}, {})
    assert group.id.endswith(":autoScalingGroupName/web")
    p = group.properties
    assert (p["HealthCheckType"], p["LaunchConfigurationName"], p["MaxSize"]) == ("ELB", "old", 3)
    assert p["Runtime"]["AvailabilityZones"] == ["us-east-1a", "us-east-1b"]
    assert p["MixedInstancesPolicy"]["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == 100
    c = configuration.properties
    assert (configuration.name, configuration.unread) == ("old", {})
    assert (c["AssociatePublicIpAddress"], c["MetadataOptions"]["HttpTokens"]) == (True, "required")
    assert (c["UserData"]["redacted"], c["Runtime"]["UserDataHoldsCredentials"]) == (True, True)


def test_mixed_group_says_of_which_types_it_may_be(replay: Replay, scan: Scan) -> None:
    mixed = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1", "Version": "$Latest"},
            "Overrides": [{"InstanceType": "m5.large"}, {"InstanceRequirements": {"VCpuCount": {"Min": 2}}}],
        },
        "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 20},
    }
    group = {
        "AutoScalingGroupARN": "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:name/a",
        "AutoScalingGroupName": "a",
        "AvailabilityZones": ["us-east-1a"],
        "MixedInstancesPolicy": mixed,
        "VPCZoneIdentifier": "subnet-1,subnet-2",
        "TrafficSources": [{"Identifier": "web", "Type": "elbv2"}],
    }
    replay.record("autoscaling", "DescribeAutoScalingGroups", {"AutoScalingGroups": [group]})
    p = scan(replay, services=["autoscaling"]).one(GROUP).properties
    template = p["MixedInstancesPolicy"]["LaunchTemplate"]
    assert template["LaunchTemplateSpecification"]["LaunchTemplateId"] == "lt-1"
    assert [each["InstanceType"] for each in template["Overrides"]] == ["m5.large", None]
    assert template["Overrides"][0]["InstanceRequirements"] is None
    assert template["Overrides"][1]["InstanceRequirements"] == {"VCpuCount": {"Min": 2}}
    assert p["VPCZoneIdentifier"] == ["subnet-1", "subnet-2"]
    assert (p["LaunchConfigurationName"], p["LaunchTemplate"]["LaunchTemplateId"]) == (None, None)


def test_user_data_that_are_none_are_unread(replay: Replay, scan: Scan) -> None:
    one = {"LaunchConfigurationName": "a", "LaunchConfigurationARN": "arn:a", "UserData": "no base64!"}
    replay.record("autoscaling", "DescribeLaunchConfigurations", {"LaunchConfigurations": [one]})
    found = scan(replay, services=["autoscaling"]).one(CONFIGURATION)
    assert set(found.unread) == {"Runtime.UserDataHoldsCredentials"}


def test_denied_groups_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("autoscaling", "DescribeAutoScalingGroups", refused("AccessDenied", status=403))
    found = scan(replay, services=["autoscaling"])
    (row,) = [row for row in found.coverage if row.call == "autoscaling:DescribeAutoScalingGroups"]
    assert row.listing
    assert row.cause is not None
