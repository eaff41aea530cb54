"""File systems and access points as moto plays them, and as recorded."""

from __future__ import annotations

import json

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

ARN = "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-1"
ONE = {"FileSystems": [{"FileSystemId": "fs-1", "FileSystemArn": ARN}]}
POLICY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}


def test_file_system_has_the_names_of_templates(moto: None, scan: Scan) -> None:
    efs, ec2 = boto3.client("efs"), boto3.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    tags = [{"Key": "team", "Value": "red"}]
    id = efs.create_file_system(CreationToken="t", Encrypted=True, Backup=True, Tags=tags)["FileSystemId"]
    efs.put_file_system_policy(FileSystemId=id, Policy=json.dumps(POLICY))
    efs.create_mount_target(FileSystemId=id, SubnetId=subnet)
    efs.create_access_point(
        ClientToken="t", FileSystemId=id, PosixUser={"Uid": 0, "Gid": 0}, RootDirectory={"Path": "/app"}
    )
    found = scan(Boto(), services=["efs"], regions=["us-east-1"])
    system = found.one("AWS::EFS::FileSystem")
    assert (system.name, system.tags, system.unread) == (id, {"team": "red"}, {})
    p = system.properties
    assert p["Encrypted"] is True
    assert p["BackupPolicy"]["Status"] in ("ENABLED", "ENABLING")
    assert p["FileSystemPolicy"] == POLICY
    assert [target["SubnetId"] for target in p["Runtime"]["MountTargets"]] == [subnet]
    point = found.one("AWS::EFS::AccessPoint").properties
    assert (point["FileSystemId"], point["RootDirectory"]["Path"]) == (id, "/app")
    assert point["PosixUser"] == {"Uid": "0", "Gid": "0"}


def test_no_policy_means_none_and_no_backup(replay: Replay, scan: Scan) -> None:
    replay.record("efs", "DescribeFileSystems", ONE)
    replay.record("efs", "DescribeBackupPolicy", refused("PolicyNotFound", status=404))
    replay.record("efs", "DescribeFileSystemPolicy", refused("PolicyNotFound", status=404))
    replay.record("efs", "DescribeMountTargets", {"MountTargets": []})
    system = scan(replay, services=["efs"]).one("AWS::EFS::FileSystem")
    assert system.properties["BackupPolicy"]["Status"] == "DISABLED"
    assert system.properties["FileSystemPolicy"] is None
    assert system.unread == {}


def test_denied_calls_are_unread(replay: Replay, scan: Scan) -> None:
    replay.record("efs", "DescribeFileSystems", ONE)
    for operation in ("DescribeBackupPolicy", "DescribeFileSystemPolicy", "DescribeMountTargets"):
        replay.record("efs", operation, refused("AccessDeniedException", status=403))
    system = scan(replay, services=["efs"]).one("AWS::EFS::FileSystem")
    assert set(system.unread) == {"BackupPolicy.Status", "FileSystemPolicy", "Runtime.MountTargets"}


def test_access_point_without_a_user_lets_the_client_say_who_it_is(replay: Replay, scan: Scan) -> None:
    point = {"AccessPointId": "fsap-1", "AccessPointArn": f"{ARN}/ap", "FileSystemId": "fs-1"}
    replay.record("efs", "DescribeAccessPoints", {"AccessPoints": [point]})
    p = scan(replay, services=["efs"]).one("AWS::EFS::AccessPoint").properties
    assert p["PosixUser"] == {"Uid": None, "Gid": None}
    assert p["RootDirectory"]["Path"] == "/"
