"""Launch templates as moto plays them: the default version counts, and one request describes all of them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

TYPE = "AWS::EC2::LaunchTemplate"


def made(ec2: Any, name: str, *versions: dict[str, Any], default: int = 1) -> str:
    first, *more = versions
    id: str = ec2.create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData=first,
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "team", "Value": "red"}]}],
    )["LaunchTemplate"]["LaunchTemplateId"]
    for data in more:
        ec2.create_launch_template_version(LaunchTemplateId=id, LaunchTemplateData=data)
    ec2.modify_launch_template(LaunchTemplateId=id, DefaultVersion=str(default))
    return id


@pytest.mark.usefixtures("moto")
def test_template_shows_its_default_version(scan: Scan) -> None:
    ec2 = boto3.client("ec2", region_name="us-east-1")
    script = b64encode(b"curl https://app:hunter2@db.example/").decode()
    interfaces = [{"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Groups": ["sg-1"]}]
    disks = [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": False}}]
    second = {
        "InstanceType": "t3.micro",
        "MetadataOptions": {"HttpTokens": "required"},
        "NetworkInterfaces": interfaces,
        "BlockDeviceMappings": disks,
        "UserData": script,
    }
    id = made(ec2, "web", {"InstanceType": "t2.micro"}, second, {"InstanceType": "m5.large"}, default=2)
    made(ec2, "plain", {"InstanceType": "t3.nano"})
    wanted = {TYPE: ["LaunchTemplateData", "Runtime"]}
    found = scan(Boto(), services=["ec2"], regions=["us-east-1"], wanted=wanted)
    web, plain = found.one(TYPE, "web"), found.one(TYPE, "plain")
    assert web.id == f"arn:aws:ec2:us-east-1:123456789012:launch-template/{id}"
    assert (web.tags, web.unread) == ({"team": "red"}, {})
    data = web.properties["LaunchTemplateData"]
    assert (data["InstanceType"], data["MetadataOptions"]["HttpTokens"]) == ("t3.micro", "required")
    assert data["NetworkInterfaces"][0]["AssociatePublicIpAddress"] is True
    assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is False
    assert data["UserData"]["redacted"] is True
    assert web.properties["Runtime"]["UserDataHoldsCredentials"] is True
    other = plain.properties
    assert other["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"] is None
    assert other["Runtime"]["UserDataHoldsCredentials"] is False


def test_denied_versions_leave_the_data_open(replay: Replay, scan: Scan) -> None:
    template = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web"}
    replay.record("ec2", "DescribeLaunchTemplates", {"LaunchTemplates": [template]})
    replay.record("ec2", "DescribeLaunchTemplateVersions", refused("UnauthorizedOperation", status=403))
    found = scan(replay, services=["ec2"]).one(TYPE)
    gap = found.unread["LaunchTemplateData.MetadataOptions.HttpTokens"]
    assert gap.call == "ec2:DescribeLaunchTemplateVersions"
    assert "HttpTokens" not in found.properties["LaunchTemplateData"]["MetadataOptions"]
