"""EC2's own: instances, disks, snapshots, images and the region's defaults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cloudward.connect.aws.replay import Faulty, Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason
from tests.playing import teach

from .conftest import ACCOUNT, Collected, Scan, everything, types

NOT_IN_MOTO = ("AWS::EC2::InstanceMetadataDefaults",)
WANTED = {
    name: [field.name for field in type.fields] for name, type in types().items() if name not in NOT_IN_MOTO
}
DENIED = refused("UnauthorizedOperation", "no", 403)


def over_moto(**settings: Any) -> Collected:
    """EC2 of one region of moto."""
    teach()
    given = {"services": ["ec2"], "regions": ["us-east-1"], "wanted": WANTED, **settings}
    return everything(given.pop("transport", None) or Boto(), **given)


@pytest.fixture(scope="module")
def ec2() -> Iterator[Any]:
    """moto without its images, of which it makes a thousand."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        yield boto3.client("ec2", region_name="us-east-1")


def launched(ec2: Any, **options: Any) -> str:
    answer = ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, InstanceType="t3.micro", **options)
    return str(answer["Instances"][0]["InstanceId"])


@pytest.fixture(scope="module")
def instance(ec2: Any) -> str:
    group = ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    return launched(
        ec2,
        SubnetId=ec2.describe_subnets()["Subnets"][0]["SubnetId"],
        SecurityGroupIds=[group],
        MetadataOptions={"HttpTokens": "required"},
        Monitoring={"Enabled": True},
        UserData="password=canary",
    )


@pytest.fixture(scope="module")
def snapshots(ec2: Any) -> list[str]:
    """A private and a public one."""
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
    private, public = (str(ec2.create_snapshot(VolumeId=volume)["SnapshotId"]) for _ in range(2))
    everyone = {"Attribute": "createVolumePermission", "OperationType": "add", "GroupNames": ["all"]}
    ec2.modify_snapshot_attribute(SnapshotId=public, **everyone)
    return [private, public]


@pytest.fixture(scope="module")
def image(ec2: Any, instance: str) -> str:
    image = str(ec2.create_image(InstanceId=instance, Name="golden")["ImageId"])
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    return image


@pytest.fixture(scope="module")
def found(ec2: Any, instance: str, snapshots: list[str], image: str) -> Collected:
    ec2.terminate_instances(InstanceIds=[launched(ec2)])
    return over_moto()


def test_instance_has_the_shape_of_a_template(found: Collected, instance: str) -> None:
    resource = found.one("AWS::EC2::Instance", instance)
    properties = resource.properties
    assert resource.id == f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{instance}"
    assert properties["SubnetId"].startswith("subnet-")
    assert properties["MetadataOptions"]["HttpTokens"] == "required"
    assert properties["Monitoring"] is True
    assert properties["NetworkInterfaces"][0]["GroupSet"] == properties["SecurityGroupIds"] != []
    assert properties["Volumes"][0]["VolumeId"].startswith("vol-")
    assert properties["Runtime"]["State"] == "running"
    assert not resource.unread


def test_terminated_instance_is_no_longer_there(found: Collected, instance: str) -> None:
    assert [each.name for each in found.of("AWS::EC2::Instance")] == [instance]


def test_user_data_is_sealed(found: Collected, instance: str) -> None:
    resource = found.one("AWS::EC2::Instance", instance)
    assert resource.properties["UserData"]["redacted"] is True
    assert "canary" not in repr(resource)


def test_disk_says_what_it_is_attached_to(found: Collected, instance: str) -> None:
    volume = found.of("AWS::EC2::Volume")[0].properties
    assert volume["Encrypted"] is False
    assert [each["InstanceId"] for each in volume["Runtime"]["Attachments"]] == [instance]


def test_public_snapshot_is_known_by_name_and_the_others_are_not(
    found: Collected, snapshots: list[str]
) -> None:
    private, public = snapshots
    assert found.one("AWS::EC2::Snapshot", private).properties["Public"] is False
    assert found.one("AWS::EC2::Snapshot", public).properties["Public"] is True


def test_image_of_the_account_says_whether_it_is_public(found: Collected, image: str) -> None:
    resource = found.one("AWS::EC2::Image")
    assert (resource.name, resource.properties["ImageId"]) == ("golden", image)
    assert resource.properties["Public"] is True
    assert resource.properties["LaunchPermissions"][0]["Group"] == "all"


def test_a_region_costs_23_calls_whatever_is_in_it(ec2: Any, found: Collected) -> None:
    transport = Faulty(Boto())
    over_moto(transport=transport, wanted={})
    asked = transport.count()
    del asked["GetCallerIdentity"], asked["DescribeRegions"], asked["DescribeSnapshotAttribute"]
    assert sum(asked.values()) == 23
    assert {name for name, times in asked.items() if times > 1} == {"DescribeSnapshots"}


def test_user_data_is_not_asked_for_when_nobody_wants_it(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "DescribeInstances", listed())
    resource = scan(replay, services=["ec2"], wanted={}).one("AWS::EC2::Instance")
    assert replay.count()["DescribeInstanceAttribute"] == 0
    assert resource.unread["UserData"].reason is Reason.NOT_REQUESTED


def test_instance_that_does_not_say_its_state_is_there(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "DescribeInstances", {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]})
    resource = scan(replay, services=["ec2"]).one("AWS::EC2::Instance")
    assert resource.properties["Runtime"]["State"] is None


def test_profile_is_named_as_in_templates(replay: Replay, scan: Scan) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:instance-profile/teams/web"
    replay.record("ec2", "DescribeInstances", listed(IamInstanceProfile={"Arn": arn}))
    properties = scan(replay, services=["ec2"]).one("AWS::EC2::Instance").properties
    assert properties["IamInstanceProfile"] == "web"
    assert properties["Runtime"]["IamInstanceProfileArn"] == arn


def test_instance_that_says_nothing_of_its_metadata_lets_version_one_in(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "DescribeInstances", listed())
    properties = scan(replay, services=["ec2"]).one("AWS::EC2::Instance").properties
    assert properties["MetadataOptions"]["HttpTokens"] == "optional"


def test_ipv6_addresses_of_all_interfaces_are_gathered(replay: Replay, scan: Scan) -> None:
    interfaces = [
        {"NetworkInterfaceId": "eni-1", "Groups": [], "Ipv6Addresses": [{"Ipv6Address": "2600::1"}]},
        {"NetworkInterfaceId": "eni-2", "Groups": [], "Association": {"IpOwnerId": "amazon"}},
    ]
    replay.record("ec2", "DescribeInstances", listed(NetworkInterfaces=interfaces))
    properties = scan(replay, services=["ec2"]).one("AWS::EC2::Instance").properties
    assert properties["Runtime"]["Ipv6Addresses"] == ["2600::1"]
    assert [each["AssociatePublicIpAddress"] for each in properties["NetworkInterfaces"]] == [False, True]


def listed(**instance: Any) -> dict[str, Any]:
    running = {"InstanceId": "i-1", "State": {"Name": "running"}, **instance}
    return {"Reservations": [{"Instances": [running]}]}


SNAPSHOTS = [
    {"SnapshotId": f"snap-{n}", "OwnerId": ACCOUNT, "StartTime": "2025-01-01T00:00:00Z"} for n in (1, 2)
]


def test_only_snapshots_that_everyone_may_restore_are_asked_one_by_one(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "DescribeSnapshots", {"Snapshots": SNAPSHOTS})
    replay.record("ec2", "DescribeSnapshots", {"Snapshots": SNAPSHOTS[:1]}, RestorableByUserIds=["all"])
    replay.record("ec2", "DescribeSnapshotAttribute", {"CreateVolumePermissions": [{"Group": "all"}]})
    found = scan(replay, services=["ec2"], wanted={})
    public, private = (found.one("AWS::EC2::Snapshot", f"snap-{n}") for n in (1, 2))
    assert replay.count()["DescribeSnapshotAttribute"] == 1
    assert public.properties["Public"] is True
    assert private.properties["Public"] is False
    assert private.unread["CreateVolumePermissions"].reason is Reason.NOT_REQUESTED


def test_denied_list_of_public_snapshots_makes_none_of_them_private(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "DescribeSnapshots", DENIED, RestorableByUserIds=["all"])
    replay.record("ec2", "DescribeSnapshots", {"Snapshots": SNAPSHOTS})
    found = scan(replay, services=["ec2"])
    for snapshot in found.of("AWS::EC2::Snapshot"):
        assert "Public" not in snapshot.properties
        assert snapshot.unread["Public"].reason is Reason.DENIED


def test_denied_detail_of_a_snapshot_leaves_open_whether_it_is_public(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "DescribeSnapshots", {"Snapshots": SNAPSHOTS[:1]}, forever=True)
    replay.record("ec2", "DescribeSnapshotAttribute", DENIED)
    snapshot = scan(replay, services=["ec2"]).one("AWS::EC2::Snapshot")
    assert snapshot.unread["Public"].call == "ec2:DescribeSnapshotAttribute"
    assert "Public" not in snapshot.properties


def test_snapshot_that_was_deleted_meanwhile_is_dropped(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "DescribeSnapshots", {"Snapshots": SNAPSHOTS[:1]}, forever=True)
    replay.record("ec2", "DescribeSnapshotAttribute", refused("InvalidSnapshot.NotFound"))
    assert scan(replay, services=["ec2"]).of("AWS::EC2::Snapshot") == []


def test_defaults_of_the_region_are_singletons(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "GetEbsEncryptionByDefault", {"EbsEncryptionByDefault": True})
    replay.record("ec2", "GetInstanceMetadataDefaults", {"AccountLevel": {"HttpTokens": "required"}})
    replay.record("ec2", "GetSnapshotBlockPublicAccessState", {"State": "block-all-sharing"})
    found = scan(replay, services=["ec2"])
    assert found.one("AWS::EC2::EbsEncryptionByDefault").properties == {"EbsEncryptionByDefault": True}
    defaults = found.one("AWS::EC2::InstanceMetadataDefaults").properties
    assert (defaults["HttpTokens"], defaults["HttpEndpoint"]) == ("required", "no-preference")
    assert found.one("AWS::EC2::SnapshotBlockPublicAccess").properties["State"] == "block-all-sharing"


def test_denied_default_encryption_is_not_taken_for_off(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "GetEbsEncryptionByDefault", DENIED)
    found = scan(replay, services=["ec2"])
    assert (
        found.one("AWS::EC2::EbsEncryptionByDefault").unread["EbsEncryptionByDefault"].reason is Reason.DENIED
    )
    assert found.row("ec2:GetEbsEncryptionByDefault", Outcome.DENIED).listing


@pytest.mark.parametrize(
    ("state", "reason", "when"),
    [
        ("stopped", "User initiated (2025-01-31 09:00:00 GMT)", "2025-01-31T09:00:00Z"),
        ("stopped", "User initiated (2025-01-31 09:00:00 UTC)", "2025-01-31T09:00:00Z"),
        ("running", "", None),
    ],
)
def test_time_of_the_stop_stands_in_the_reason(
    replay: Replay, scan: Scan, state: str, reason: str, when: str | None
) -> None:
    found = scan(stopping(replay, state, reason), services=["ec2"]).one("AWS::EC2::Instance")
    assert found.properties["Runtime"]["Stopped"] == when


def test_stop_without_a_time_is_unread_and_not_recent(replay: Replay, scan: Scan) -> None:
    replay = stopping(replay, "stopped", "Server.ScheduledStop: Stopped due to scheduled retirement")
    found = scan(replay, services=["ec2"]).one("AWS::EC2::Instance")
    assert found.unread["Runtime.Stopped"].reason is Reason.FAILED


def stopping(replay: Replay, state: str, reason: str) -> Replay:
    instance = {"InstanceId": "i-1", "State": {"Name": state}, "StateTransitionReason": reason}
    return replay.record("ec2", "DescribeInstances", {"Reservations": [{"Instances": [instance]}]})
