"""Buckets as moto plays them, and what moto cannot play as recorded."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Faulty, Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import Reply, answer, refused
from cloudward.model import Outcome, Reason

from .conftest import ACCOUNT, Collected, Scan

DENIED = refused("AccessDenied", "no", 403)
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}],
}


@pytest.fixture
def s3(moto: None) -> Any:
    return boto3.client("s3")


def scanned(scan: Scan) -> Collected:
    return scan(Boto(), services=["s3"], regions=["us-east-1", "eu-west-1"])


def test_bucket_with_nothing_set_is_complete(s3: Any, scan: Scan) -> None:
    s3.create_bucket(Bucket="plain-bucket")
    bucket = scanned(scan).one("AWS::S3::Bucket")
    assert (bucket.id, bucket.name, bucket.region) == (
        "arn:aws:s3:::plain-bucket",
        "plain-bucket",
        "us-east-1",
    )
    assert bucket.unread == {}
    assert bucket.tags == {}
    assert bucket.properties["VersioningConfiguration"] == {"Status": "Suspended"}
    assert bucket.properties["Runtime"]["MfaDelete"] == "Disabled"
    assert bucket.properties["BucketPolicy"] is None
    assert bucket.properties["BucketEncryption"] == {"ServerSideEncryptionConfiguration": []}
    assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {False}
    assert bucket.properties["LoggingConfiguration"]["DestinationBucketName"] is None
    (grant,) = bucket.properties["Grants"]
    assert grant["Permission"] == "FULL_CONTROL"
    assert grant["Grantee"]["ID"] == bucket.properties["Runtime"]["OwnerId"]


def test_bucket_with_everything_set_has_cloudformations_shape(s3: Any, scan: Scan) -> None:
    name = "full-bucket"
    block = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls"), True)
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/mine"}
    rules = [{"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}]
    s3.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
        ObjectLockEnabledForBucket=True,
    )
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(POLICY))
    s3.put_bucket_acl(Bucket=name, ACL="public-read")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "team", "Value": "red"}]})
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    cors = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [cors]})
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 30}}
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    bucket = scanned(scan).one("AWS::S3::Bucket")
    p = bucket.properties
    assert bucket.unread == {}
    assert bucket.region == "eu-west-1"
    assert bucket.tags == {"team": "red"}
    assert p["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}
    ]
    assert p["PublicAccessBlockConfiguration"] == {**block, "RestrictPublicBuckets": False}
    assert p["BucketPolicy"] == POLICY
    everyone = "http://acs.amazonaws.com/groups/global/AllUsers"
    assert [g["Permission"] for g in p["Grants"] if g["Grantee"]["URI"] == everyone] == ["READ"]
    assert p["VersioningConfiguration"] == {"Status": "Enabled"}
    assert p["ObjectLockEnabled"] is True
    assert p["WebsiteConfiguration"]["IndexDocument"] == "index.html"
    assert p["CorsConfiguration"]["CorsRules"][0]["AllowedOrigins"] == ["*"]
    assert p["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 30
    assert p["LifecycleConfiguration"]["Rules"][0]["Prefix"] == "a/"


def test_account_block_is_a_singleton_and_blocks_nothing_when_it_was_never_set(s3: Any, scan: Scan) -> None:
    block = scanned(scan).one("AWS::S3::AccountPublicAccessBlock")
    assert block.id == f"AWS::S3::AccountPublicAccessBlock:{ACCOUNT}"
    assert set(block.properties.values()) == {False}


def test_account_block_that_is_set_is_read(s3: Any, scan: Scan) -> None:
    settings = dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    boto3.client("s3control").put_public_access_block(
        AccountId=ACCOUNT, PublicAccessBlockConfiguration=settings
    )
    assert scanned(scan).one("AWS::S3::AccountPublicAccessBlock").properties == settings


def test_calls_for_fields_that_nobody_wants_are_not_made(s3: Any, scan: Scan) -> None:
    s3.create_bucket(Bucket="plain-bucket")
    wanted = {"AWS::S3::Bucket": {"CorsConfiguration.CorsRules[].AllowedOrigins"}}
    found = scan(Boto(), services=["s3"], wanted=wanted)
    bucket = found.one("AWS::S3::Bucket")
    assert bucket.properties["CorsConfiguration"] == {"CorsRules": []}
    assert bucket.unread["WebsiteConfiguration.IndexDocument"].reason is Reason.NOT_REQUESTED
    assert found.outcomes("s3:GetBucketWebsite") == {Outcome.NOT_REQUESTED: 0}
    assert found.outcomes("s3:GetBucketPolicy") == {Outcome.EMPTY: 1}


def test_core_calls_per_bucket(s3: Any, scan: Scan) -> None:
    for number in range(3):
        s3.create_bucket(Bucket=f"plain-bucket-{number}")
    found = scan(Boto(), services=["s3"], wanted={})
    rows = [row for row in found.coverage if row.type == "AWS::S3::Bucket" and not row.listing]
    made = sum(row.count for row in rows if row.outcome is not Outcome.NOT_NEEDED)
    assert made == 3 * 8  # of them the place, which AWS tells in the list and moto does not; tags at once


def test_locks_and_replication_are_asked_only_of_buckets_with_versions(s3: Any, scan: Scan) -> None:
    for name in ("plain-bucket", "versioned-bucket"):
        s3.create_bucket(Bucket=name)
    enabled = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket="versioned-bucket", VersioningConfiguration=enabled)
    found = scan(Boto(), services=["s3"])
    for call in ("s3:GetBucketObjectLockConfiguration", "s3:GetReplicationConfiguration"):
        assert found.outcomes(call) == {Outcome.EMPTY: 1, Outcome.NOT_NEEDED: 1}
    plain, _ = found.of("AWS::S3::Bucket")
    assert plain.properties["ObjectLockEnabled"] is False
    assert plain.unread == {}


def test_locks_are_asked_of_all_buckets_whose_versioning_nobody_may_see(s3: Any, scan: Scan) -> None:
    s3.create_bucket(Bucket="plain-bucket")
    aws = Faulty(Boto()).record("s3", "GetBucketVersioning", DENIED, forever=True)
    found = scan(aws, services=["s3"])
    assert found.outcomes("s3:GetBucketObjectLockConfiguration") == {Outcome.EMPTY: 1}
    assert found.one("AWS::S3::Bucket").properties["ObjectLockEnabled"] is False


def test_one_answer_tells_the_tags_of_all_buckets_of_a_region(s3: Any, scan: Scan) -> None:
    tagged = {"TagSet": [{"Key": "team", "Value": "red"}]}
    for number in range(3):
        s3.create_bucket(Bucket=f"plain-bucket-{number}")
        s3.put_bucket_tagging(Bucket=f"plain-bucket-{number}", Tagging=tagged if number else {"TagSet": []})
    aws = Faulty(Boto())
    found = scan(aws, services=["s3"])
    assert [bucket.tags for bucket in found.of("AWS::S3::Bucket")] == [{}, {"team": "red"}, {"team": "red"}]
    assert [each[2] for each in aws.requests if each[2] in ("GetResources", "GetBucketTagging")] == [
        "GetResources"
    ]
    assert found.outcomes("s3:GetBucketTagging") == {Outcome.NOT_NEEDED: 3}


@pytest.mark.parametrize("reply", [DENIED, answer({}), answer({"ResourceTagMappingList": [None]})])
def test_buckets_are_asked_for_their_tags_when_the_one_answer_does_not_come(
    s3: Any, scan: Scan, reply: Reply
) -> None:
    s3.create_bucket(Bucket="plain-bucket")
    s3.put_bucket_tagging(Bucket="plain-bucket", Tagging={"TagSet": [{"Key": "team", "Value": "red"}]})
    aws = Faulty(Boto()).record("resourcegroupstaggingapi", "GetResources", reply, forever=True)
    found = scan(aws, services=["s3"])
    assert found.one("AWS::S3::Bucket").tags == {"team": "red"}
    assert {*found.outcomes("tag:GetResources")} <= {Outcome.DENIED, Outcome.FAILED}
    aws.record("s3", "GetBucketTagging", DENIED, forever=True)
    bucket = scan(aws, services=["s3"]).one("AWS::S3::Bucket")
    assert bucket.unread["meta.tags"].call == "s3:GetBucketTagging"


@pytest.fixture
def one(replay: Replay) -> Replay:
    return replay.record("s3", "ListBuckets", {"Buckets": [{"Name": "logs", "BucketRegion": "eu-west-1"}]})


def test_bucket_is_asked_in_its_own_region_without_asking_for_it(one: Replay, scan: Scan) -> None:
    found = scan(one, services=["s3"])
    assert found.one("AWS::S3::Bucket").region == "eu-west-1"
    asked = {region for _, region, operation, _ in one.requests if operation == "GetBucketPolicy"}
    assert asked == {"eu-west-1"}
    assert one.count()["GetBucketLocation"] == 0


def test_old_names_of_regions_are_understood(replay: Replay, scan: Scan) -> None:
    replay.record("s3", "ListBuckets", {"Buckets": [{"Name": "old"}, {"Name": "older"}]})
    replay.record("s3", "GetBucketLocation", {"LocationConstraint": "EU"}, Bucket="old")
    replay.record("s3", "GetBucketLocation", {"LocationConstraint": None}, Bucket="older")
    found = scan(replay, services=["s3"])
    assert [bucket.region for bucket in found.of("AWS::S3::Bucket")] == ["eu-west-1", "us-east-1"]


def test_bucket_whose_place_is_denied_is_still_read(replay: Replay, scan: Scan) -> None:
    replay.record("s3", "ListBuckets", {"Buckets": [{"Name": "logs"}]})
    replay.record("s3", "GetBucketLocation", refused("AccessDenied", status=403))
    replay.record("s3", "GetBucketPolicy", {"Policy": json.dumps(POLICY)})
    bucket = scan(replay, services=["s3"]).one("AWS::S3::Bucket")
    assert bucket.region is None
    assert bucket.unread["meta.region"].call == "s3:GetBucketLocation"
    assert bucket.properties["BucketPolicy"] == POLICY


def test_notifications_have_one_entry_per_event(one: Replay, scan: Scan) -> None:
    target = {"LambdaFunctionArn": "arn:f", "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    answer = {"LambdaFunctionConfigurations": [target], "EventBridgeConfiguration": {}}
    one.record("s3", "GetBucketNotificationConfiguration", answer)
    found = scan(one, services=["s3"]).one("AWS::S3::Bucket").properties["NotificationConfiguration"]
    assert [(e["Event"], e["Function"]) for e in found["LambdaConfigurations"]] == [
        ("s3:ObjectCreated:*", "arn:f"),
        ("s3:ObjectRemoved:*", "arn:f"),
    ]
    assert found["EventBridgeConfiguration"]["EventBridgeEnabled"] is True
