"""Instances, disks, snapshots and images, from boto3 to the verdict."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from tests.estates.verdicts import ACCOUNT, REGION, Verdicts, cases, estate, scanned

Names = dict[str, str]


def _instances(session: boto3.Session) -> Names:
    ec2, iam = session.client("ec2"), session.client("iam")
    profile = iam.create_instance_profile(InstanceProfileName="web", Path="/team/")["InstanceProfile"]
    image = ec2.register_image(Name="base", Architecture="x86_64", RootDeviceName="/dev/sda1")["ImageId"]
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    share = ec2.create_security_group(GroupName="share", Description="d", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=share, IpProtocol="tcp", FromPort=445, ToPort=445, CidrIp="0.0.0.0/0"
    )

    def run(**more: object) -> str:
        made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, **more)["Instances"][0]
        return str(made["InstanceId"])

    def net(public: bool, *groups: str) -> dict[str, object]:
        interface = {"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": public}
        return {"NetworkInterfaces": [{**interface, **({"Groups": list(groups)} if groups else {})}]}

    def metadata(**options: str) -> dict[str, object]:
        return {"MetadataOptions": options}

    made = {
        "required": run(**net(False), **metadata(HttpTokens="required", HttpEndpoint="enabled")),
        "optional": run(**net(False), **metadata(HttpTokens="optional", HttpEndpoint="enabled")),
        "endpoint-off": run(**net(False), **metadata(HttpTokens="optional", HttpEndpoint="disabled")),
        "silent": run(**net(False)),
        "profile": run(**net(False), IamInstanceProfile={"Arn": profile["Arn"]}),
        "public": run(**net(True)),
        "public-share": run(**net(True, share)),
        "private-share": run(**net(False, share)),
        "stopped": run(**net(False)),
        "terminated": run(**net(True)),
    }
    ec2.stop_instances(InstanceIds=[made["stopped"]])
    ec2.terminate_instances(InstanceIds=[made["terminated"]])
    return made


def _storage(session: boto3.Session) -> Names:
    ec2 = session.client("ec2")

    def volume(encrypted: bool) -> str:
        return str(ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1, Encrypted=encrypted)["VolumeId"])

    made = {"plain": volume(False), "sealed": volume(True)}
    for name, source in (("copy", "plain"), ("sealed-copy", "sealed"), ("open", "plain"), ("lent", "plain")):
        made[name] = ec2.create_snapshot(VolumeId=made[source])["SnapshotId"]
    to = {"OperationType": "add", "Attribute": "createVolumePermission"}
    ec2.modify_snapshot_attribute(SnapshotId=made["open"], GroupNames=["all"], **to)
    ec2.modify_snapshot_attribute(SnapshotId=made["lent"], UserIds=["444455556666"], **to)

    for name in ("kept", "given", "published"):
        made[name] = ec2.register_image(Name=name, Architecture="x86_64")["ImageId"]
    ec2.modify_image_attribute(ImageId=made["given"], LaunchPermission={"Add": [{"UserId": "444455556666"}]})
    ec2.modify_image_attribute(ImageId=made["published"], LaunchPermission={"Add": [{"Group": "all"}]})
    return made


@pytest.fixture(scope="module")
def names() -> Iterator[tuple[Names, Verdicts]]:
    with estate() as session:
        made = {**_instances(session), **_storage(session)}
        yield made, Verdicts(scanned(session, "ec2"))


@pytest.mark.parametrize(
    ("policy", "name", "status"),
    [
        *cases(
            "aws-ec2-instance-imdsv2",
            healthy=["required"],
            unhealthy=["optional", "silent"],
            not_applicable=["endpoint-off"],
        ),
        *cases("aws-ec2-instance-profile", healthy=["profile"], unhealthy=["required", "stopped"]),
        *cases(
            "aws-ec2-instance-public-ip",
            healthy=["required", "private-share"],
            unhealthy=["public", "public-share"],
        ),
        *cases(
            "aws-ec2-instance-smb-exposed",
            healthy=["public", "private-share", "required"],
            unhealthy=["public-share"],
        ),
        *cases("aws-ec2-instance-enclave-ingress", not_applicable=["public-share"]),
        *cases("aws-ec2-instance-ssm", not_applicable=["stopped"]),
        *cases("aws-ec2-volume-encrypted", healthy=["sealed"], unhealthy=["plain"]),
        *cases("aws-ec2-snapshot-encrypted", healthy=["sealed-copy"], unhealthy=["copy", "open"]),
        *cases("aws-ec2-snapshot-public", healthy=["copy", "lent", "sealed-copy"], unhealthy=["open"]),
        *cases("aws-ec2-image-public", healthy=["kept", "given"], unhealthy=["published"]),
    ],
)
def test_each_is_judged_as_it_was_made(
    names: tuple[Names, Verdicts], policy: str, name: str, status: str
) -> None:
    made, verdicts = names
    assert verdicts.status(policy, made[name]) == status


def test_terminated_instances_are_not_there(names: tuple[Names, Verdicts]) -> None:
    made, verdicts = names
    assert not [a for a in verdicts.answers if made["terminated"] in a.resource.id]


def test_nothing_is_unknown_but_what_another_service_says(names: tuple[Names, Verdicts]) -> None:
    unread = names[1].unknown("ec2")
    assert {policy for policy, _, _ in unread} <= {"aws-ec2-instance-ssm", "aws-ec2-volume-backup-plan"}


def test_resources_are_named_by_their_arn(names: tuple[Names, Verdicts]) -> None:
    made, verdicts = names
    expected = {
        ("aws-ec2-instance-profile", "silent"): "instance",
        ("aws-ec2-volume-encrypted", "plain"): "volume",
        ("aws-ec2-snapshot-public", "open"): "snapshot",
        ("aws-ec2-image-public", "kept"): "image",
    }
    for (policy, name), kind in expected.items():
        arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/{made[name]}"
        assert verdicts.of(policy, made[name]).resource.id == arn
