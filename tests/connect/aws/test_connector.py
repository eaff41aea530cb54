"""Accounts, regions, units, and what was left out."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

import cloudward
from cloudward.assess.reading import Reading
from cloudward.connect.aws.connector import Aws
from cloudward.connect.aws.facts import permissions
from cloudward.connect.aws.pace import Bucket, Clock
from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import Kind, Reply, refused
from cloudward.errors import UsageError
from cloudward.model import Outcome, Reason
from cloudward.rules.completion import sealer
from cloudward.store.coverage import complete

from .conftest import ACCOUNT, Scan, everything, types

IDENTITY = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/auditor"}


def aws(transport: Any, **settings: Any) -> Aws:
    return Aws(types(), sealer(b"key"), transport=transport, **settings)


def regions(*names: str) -> Replay:
    listed = [{"RegionName": name, "OptInStatus": "opt-in-not-required"} for name in names]
    replay = Replay(regions=("eu-west-1", "us-east-1"))
    replay.record("sts", "GetCallerIdentity", IDENTITY, forever=True)
    return replay.record("ec2", "DescribeRegions", {"Regions": listed}, forever=True)


def test_units_are_one_per_account_or_one_per_region_always_in_the_same_order() -> None:
    units = aws(regions("us-east-1", "eu-west-1"), services=["kms", "s3"]).units()
    assert [unit.id for unit in units] == [
        f"{ACCOUNT}/eu-west-1/kms",
        f"{ACCOUNT}/us-east-1/kms",
        f"{ACCOUNT}/global/s3",
    ]


def test_regions_that_are_left_out_stand_in_coverage_once_for_all_services(scan: Scan) -> None:
    replay = regions("us-east-1", "eu-west-1", "eu-west-2").record(
        "kms", "ListKeys", {"Keys": []}, forever=True
    )
    found = scan(replay, services=["kms", "sqs", "s3"], regions=["us-east-1"])
    left_out = [row for row in found.coverage if row.outcome is Outcome.NOT_REQUESTED and row.count == 0]
    assert [(row.region, row.type, row.listing) for row in left_out if not row.type] == [
        ("eu-west-1", "", False),
        ("eu-west-2", "", False),
    ]
    assert {row.region for row in left_out if row.type} <= {None, "us-east-1"}
    reading = Reading(ACCOUNT, found.coverage, types())
    gap = reading.gap("AWS::KMS::Key")
    assert gap is not None
    assert (gap.reason, gap.message) == (
        Reason.NOT_SCANNED,
        f"AWS::KMS::Key in {ACCOUNT} eu-west-1: the region was left out",
    )
    assert reading.gap_in("AWS::KMS::Key", "us-east-1") is None
    assert reading.gap_in("AWS::KMS::Key", "eu-west-2") is not None
    assert not complete(found.coverage, "AWS::KMS::Key")
    assert complete(found.coverage, "AWS::KMS::Key", "us-east-1")


def test_what_is_global_is_read_whatever_regions_are_left_out(scan: Scan) -> None:
    replay = regions("us-east-1", "eu-west-1").record("s3", "ListBuckets", {"Buckets": []})
    found = scan(replay, services=["kms", "s3"], regions=["us-east-1"])
    assert Reading(ACCOUNT, found.coverage, types()).gap("AWS::S3::Bucket") is None
    assert complete(found.coverage, "AWS::S3::Bucket")


def test_a_service_that_is_not_offered_in_a_region_has_nothing_there(scan: Scan) -> None:
    nowhere = Reply(Kind.UNREACHABLE, message="EndpointConnectionError")
    replay = Replay(regions=("eu-west-1",))
    replay.record("sts", "GetCallerIdentity", IDENTITY, forever=True)
    replay.record("ec2", "DescribeRegions", {"Regions": [{"RegionName": "us-east-1"}]}, forever=True)
    replay.record("sqs", "ListQueues", nowhere, forever=True)
    replay.record("macie2", "GetMacieSession", nowhere, forever=True)
    found = scan(replay, services=["sqs", "macie2"])
    for call in ("sqs:ListQueues", "macie2:GetMacieSession"):
        row = found.row(call, Outcome.EMPTY)
        assert row.listing
        assert row.cause is not None
        assert (row.cause.reason, row.cause.message) == (
            Reason.UNSUPPORTED,
            f"{call.split(':')[0]} is not offered in us-east-1",
        )
    assert not found.resources


def test_when_nobody_may_list_the_regions_the_known_ones_are_read_and_the_gap_is_told(
    scan: Scan,
) -> None:
    replay = Replay(regions=("eu-west-1", "us-east-1"))
    replay.record("sts", "GetCallerIdentity", IDENTITY, forever=True)
    replay.record("ec2", "DescribeRegions", refused("UnauthorizedOperation", status=403), forever=True)
    replay.record("kms", "ListKeys", {"Keys": []}, forever=True)
    found = scan(replay, services=["kms", "account"])
    rows = {row.region: row for row in found.coverage if row.type == "AWS::KMS::Key" and row.listing}
    assert {"eu-west-1", "us-east-1", None} == set(rows)
    assert (rows[None].outcome, rows[None].call) == (Outcome.DENIED, "ec2:DescribeRegions")
    assert [region.name for region in found.of("AWS::::Region")] == ["eu-west-1", "us-east-1"]
    assert found.row("ec2:DescribeRegions", Outcome.DENIED, "AWS::::Region").listing


def test_unknown_region_and_service_are_refused_with_the_near_name() -> None:
    with pytest.raises(UsageError, match="did you mean 'eu-west-1'"):
        aws(regions("eu-west-1"), regions=["eu-west-11"]).units()
    with pytest.raises(UsageError, match="did you mean 'kms'"):
        aws(regions("eu-west-1"), services=["kmss"])


def test_only_the_scanned_regions_are_assessed_as_regions(scan: Scan) -> None:
    found = scan(regions("us-east-1", "eu-west-1"), services=["account"], regions=["eu-west-1"])
    region = found.one("AWS::::Region")
    assert (region.id, region.region) == (f"AWS::::Region:{ACCOUNT}/eu-west-1", "eu-west-1")


def test_account_knows_its_contact_and_organization(scan: Scan) -> None:
    replay = regions("us-east-1")
    replay.record("iam", "ListAccountAliases", {"AccountAliases": ["acme"]})
    replay.record("account", "GetAlternateContact", {"AlternateContact": {"EmailAddress": "sec@example.org"}})
    organization = {"Id": "o-1", "MasterAccountId": "999999999999", "FeatureSet": "ALL"}
    replay.record("organizations", "DescribeOrganization", {"Organization": organization})
    account = scan(replay, services=["account"]).one("AWS::::Account")
    assert account.id == f"AWS::::Account:{ACCOUNT}"
    assert account.properties["Alias"] == "acme"
    assert account.properties["SecurityContact"] == {"Registered": True}
    assert account.properties["Organization"]["ManagementAccountId"] == "999999999999"
    assert "sec@example.org" not in json.dumps(account.properties)


def test_account_without_contact_or_organization_is_known_to_have_none(scan: Scan) -> None:
    replay = regions("us-east-1")
    replay.record("account", "GetAlternateContact", refused("ResourceNotFoundException", status=404))
    replay.record("organizations", "DescribeOrganization", refused("AWSOrganizationsNotInUseException"))
    account = scan(replay, services=["account"]).one("AWS::::Account")
    assert account.properties["SecurityContact"] == {"Registered": False}
    assert account.properties["Organization"]["Id"] is None


def test_partition_of_the_account_is_in_its_arns(scan: Scan) -> None:
    replay = Replay("cn-north-1", regions=("cn-north-1",))
    replay.record("sts", "GetCallerIdentity", {**IDENTITY, "Arn": f"arn:aws-cn:iam::{ACCOUNT}:user/auditor"})
    replay.record("ec2", "DescribeRegions", {"Regions": [{"RegionName": "cn-north-1"}]})
    replay.record("s3", "ListBuckets", {"Buckets": [{"Name": "logs", "BucketRegion": "cn-north-1"}]})
    assert scan(replay, services=["s3"]).one("AWS::S3::Bucket").id == "arn:aws-cn:s3:::logs"
    assert {region for _, region, _, _ in replay.requests} == {"cn-north-1"}


def test_permissions_follow_the_services_and_the_wishes() -> None:
    assert "s3:ListAllMyBuckets" in permissions()
    assert "s3:GetBucketCORS" not in permissions(["s3"], wanted={})
    assert "s3:GetBucketCORS" in permissions(
        ["s3"], wanted={"AWS::S3::Bucket": ["CorsConfiguration.CorsRules"]}
    )
    assert all(one.startswith(("kms:", "ec2:DescribeRegions", "tag:")) for one in permissions(["kms"]))


def test_bucket_of_requests_keeps_the_rate_halves_when_throttled_and_recovers() -> None:
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    bucket = Bucket(10.0, Clock(tick=lambda: now, sleep=sleep))
    for _ in range(110):
        bucket.take()
    assert now == pytest.approx(10.0, abs=0.2)
    bucket.slow_down()
    before = now
    for _ in range(5):
        bucket.take()
    assert now - before > 0.9
    for _ in range(200):
        bucket.take()
    before = now
    for _ in range(100):
        bucket.take()
    assert now - before == pytest.approx(10.0, abs=0.2)


def test_rate_is_bounded_for_each_service(scan: Scan) -> None:
    now, waited = 0.0, []

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        waited.append(seconds)

    names = [{"Name": f"bucket-{number}", "BucketRegion": "us-east-1"} for number in range(10)]
    replay = regions("us-east-1").record("s3", "ListBuckets", {"Buckets": names})
    everything(replay, Clock(tick=lambda: now, sleep=sleep), services=["s3"], max_rate=20.0, wanted={})
    asked = sum(service == "s3" for service, _, _, _ in replay.requests)
    assert sum(waited) >= (asked - 20) / 20 - 0.01


def test_server_with_an_endpoint_of_its_own_is_read_whole(server: str, scan: Scan) -> None:
    boto3.client("s3").create_bucket(Bucket="plain-bucket")
    boto3.client("kms").create_key()
    boto3.client("iam").create_user(UserName="ada")
    found = scan(Boto(), regions=["us-east-1"], services=["s3", "kms", "iam", "account"])
    assert found.one("AWS::S3::Bucket").unread == {}
    assert found.one("AWS::KMS::Key").unread == {}
    assert found.one("AWS::IAM::User").unread == {}
    assert found.one("AWS::S3::AccountPublicAccessBlock").unread == {}
    bad = [
        row for row in found.coverage if row.outcome in (Outcome.FAILED, Outcome.DENIED, Outcome.UNSUPPORTED)
    ]
    assert [row.call for row in bad] == ["account:GetContactInformation"], "what moto does not answer"
    boto3.client("s3").delete_bucket(Bucket="plain-bucket")


def test_a_call_that_a_played_cloud_does_not_know_costs_only_what_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        ec2 = boto3.client("ec2", region_name="eu-west-1")
        image = ec2.register_image(Name="canary")["ImageId"]
        ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)
        found = cloudward.scan_aws(boto3.Session(), regions=["eu-west-1"], services=["ec2"])
        rows = [row for row in found.coverage if row.call == "ec2:GetSnapshotBlockPublicAccessState"]
    assert "AWS::EC2::Instance" in {each.type for each in found.resources}
    assert {row.outcome for row in rows} == {Outcome.UNSUPPORTED}


def test_session_of_ones_own_brings_its_credentials_and_region(server: str) -> None:
    session = boto3.Session("AKIAEXAMPLE", "secret", region_name="eu-west-1")
    assert Boto(session).region == "eu-west-1"
    scanner = Aws(types(), sealer(b"key"), session=session, services=["kms"], regions=["eu-west-1"])
    assert scanner.units()[0].region == "eu-west-1"
    scanner.close()
