"""Access points and directory buckets, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason

from .conftest import ACCOUNT, Scan

BLOCK = dict.fromkeys(
    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
)
POINT = {"Name": "door", "Bucket": "b", "AccessPointArn": f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/door"}
NAME = "fast--use1-az4--x-s3"
DIRECTORY = {"Name": NAME, "BucketArn": f"arn:aws:s3express:us-east-1:{ACCOUNT}:bucket/{NAME}"}


def test_access_point_tells_what_it_blocks(replay: Replay, scan: Scan) -> None:
    replay.record("s3control", "ListAccessPoints", {"AccessPointList": [POINT]})
    replay.record("s3control", "GetAccessPoint", {**POINT, "PublicAccessBlockConfiguration": BLOCK})
    found = scan(replay, services=["s3control"]).one("AWS::S3::AccessPoint")
    assert (found.id, found.region) == (POINT["AccessPointArn"], "us-east-1")
    assert found.properties["PublicAccessBlockConfiguration"] == BLOCK
    asked = {operation: sent for _, _, operation, sent in replay.requests}
    assert asked["GetAccessPoint"] == {"AccountId": ACCOUNT, "Name": "door"}


def test_denied_settings_of_an_access_point_are_unread(replay: Replay, scan: Scan) -> None:
    replay.record("s3control", "ListAccessPoints", {"AccessPointList": [POINT]})
    replay.record("s3control", "GetAccessPoint", refused("AccessDenied", status=403))
    found = scan(replay, services=["s3control"]).one("AWS::S3::AccessPoint")
    assert found.unread["PublicAccessBlockConfiguration.BlockPublicAcls"].reason is Reason.DENIED


def test_points_of_several_regions_are_asked_for_where_they_are_kept(replay: Replay, scan: Scan) -> None:
    point = {"Name": "doors", "Alias": "m1.mrap", "Status": "READY", "PublicAccessBlock": BLOCK}
    replay.record("s3control", "ListMultiRegionAccessPoints", {"AccessPoints": [point]})
    collected = scan(replay, services=["s3"])
    assert collected.outcomes("s3:ListMultiRegionAccessPoints") == {Outcome.READ: 1}
    found = collected.one("AWS::S3::MultiRegionAccessPoint")
    assert found.id == f"arn:aws:s3::{ACCOUNT}:accesspoint/m1.mrap"
    assert found.properties["PublicAccessBlockConfiguration"] == BLOCK
    (where,) = [
        where for _, where, operation, _ in replay.requests if operation == "ListMultiRegionAccessPoints"
    ]
    assert where == "us-west-2"


def test_directory_bucket_without_rules_has_none(replay: Replay, scan: Scan) -> None:
    replay.record("s3", "ListDirectoryBuckets", {"Buckets": [DIRECTORY, {"Name": "plain"}]})
    replay.record(
        "s3", "GetBucketLifecycleConfiguration", refused("NoSuchLifecycleConfiguration", status=404)
    )
    found = scan(replay, services=["s3control"])
    assert found.one("AWS::S3Express::DirectoryBucket").properties["LifecycleConfiguration"] == {"Rules": []}
    assert found.outcomes("s3express:GetLifecycleConfiguration") == {Outcome.EMPTY: 1}
