"""A scan that goes by events: what they name is read again, the rest stays as it was."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.cli.conftest import Cloudward, Ran

ACCOUNT = "123456789012"
POLICIES = ("--policy", "aws-s3-bucket-versioning", "--policy", "aws-sqs-queue-encrypted")
READ = ("--service", "s3", "--service", "s3control", "--service", "sqs", "--region", "us-east-1")
FIRST = ("scan", "aws", *POLICIES, *READ)


@pytest.fixture
def account(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        for bucket in ("invoices", "photos"):
            s3.create_bucket(Bucket=bucket)
        boto3.client("sqs").create_queue(QueueName="orders")
        yield


def event(name: str, source: str = "s3", later: float = 1, **more: Any) -> dict[str, Any]:
    """What CloudTrail writes; `later` is in minutes from now."""
    at = datetime.now(UTC) + timedelta(minutes=later)
    return {
        "eventVersion": "1.11",
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT,
        "readOnly": False,
        **more,
    }


def versioned(bucket: str) -> None:
    boto3.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def statuses(cloudward: Cloudward) -> dict[str, str]:
    listed = cloudward("recommendations", "aws-s3-bucket-versioning", "--status", "all", "-o", "json").json[
        "items"
    ]
    return {each["name"]: each["status"] for each in listed}


def written(home: Path, *events: dict[str, Any]) -> Path:
    path = home / "events.json"
    path.write_text(json.dumps({"Records": events}))
    return path


def renewed(cloudward: Cloudward, path: Path) -> Ran:
    return cloudward("scan", "aws", *POLICIES, "--events", path, "--fail-on", "never", "--output", "json")


def test_what_an_event_names_is_read_again_and_nothing_else(
    account: None, cloudward: Cloudward, home: Path
) -> None:
    first = cloudward(*FIRST, "--fail-on", "never", "--output", "json").json
    for bucket in ("invoices", "photos"):
        versioned(bucket)
    named = event("PutBucketVersioning", requestParameters={"bucketName": "photos"})
    again = renewed(cloudward, written(home, named)).json
    assert statuses(cloudward) == {"invoices": "unhealthy", "photos": "healthy"}
    assert again["requests"] < first["requests"]
    assert again["resources"] == first["resources"]
    assert [
        each["name"] for each in cloudward("inventory", "AWS::SQS::Queue", "-o", "json").json["items"]
    ] == ["orders"]


def test_an_event_that_names_more_than_is_looked_at_may_have_named_anything(
    account: None, cloudward: Cloudward, home: Path
) -> None:
    cloudward(*FIRST)
    versioned("photos")
    many = [f"bucket-{number}" for number in range(600)]
    renewed(cloudward, written(home, event("PutSomething", requestParameters={"names": many})))
    assert statuses(cloudward)["photos"] == "healthy"


def test_what_is_new_is_read_and_what_is_gone_goes(account: None, cloudward: Cloudward, home: Path) -> None:
    cloudward(*FIRST)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="letters")
    s3.delete_bucket(Bucket="invoices")
    renewed(cloudward, written(home, event("CreateBucket", requestParameters={"bucketName": "letters"})))
    assert set(statuses(cloudward)) == {"letters", "photos"}


@pytest.mark.parametrize(
    "told",
    [
        event("GetBucketVersioning", readOnly=True, requestParameters={"bucketName": "photos"}),
        event("PutBucketVersioning", errorCode="AccessDenied", requestParameters={"bucketName": "photos"}),
        event("PutObject", eventCategory="Data", requestParameters={"bucketName": "photos"}),
        event("PutBucketVersioning", later=-300, requestParameters={"bucketName": "photos"}),
        event("PutBucketVersioning", recipientAccountId="9" * 12, requestParameters={"bucketName": "photos"}),
        event("RunInstances", "unheard-of"),
    ],
    ids=["reads", "refused", "data", "before the last scan", "another account", "of no service of ours"],
)
def test_what_changes_nothing_is_not_read(
    account: None, cloudward: Cloudward, home: Path, told: dict[str, Any]
) -> None:
    cloudward(*FIRST)
    versioned("photos")
    assert renewed(cloudward, written(home, told)).json["requests"] <= 2  # who is signed in, and the regions
    assert statuses(cloudward)["photos"] == "unhealthy"


def test_events_come_packed_by_the_line_and_from_eventbridge(
    account: None, cloudward: Cloudward, home: Path
) -> None:
    cloudward(*FIRST)
    folder = home / "trail"
    folder.mkdir()
    names = [
        event("PutBucketVersioning", requestParameters={"bucketName": name})
        for name in ("photos", "invoices")
    ]
    (folder / "log.json.gz").write_bytes(gzip.compress(json.dumps({"Records": names[:1]}).encode()))
    bridged = {"detail-type": "AWS API Call via CloudTrail", "detail": names[1]}
    (folder / "bus.jsonl").write_text(f"{json.dumps(bridged)}\n\n")
    for bucket in ("invoices", "photos"):
        versioned(bucket)
    renewed(cloudward, folder)
    assert statuses(cloudward) == {"invoices": "healthy", "photos": "healthy"}


def test_events_that_cannot_be_read_leave_the_scan_incomplete(
    account: None, cloudward: Cloudward, home: Path
) -> None:
    cloudward(*FIRST)
    versioned("photos")
    folder = home / "trail"
    folder.mkdir()
    (folder / "a.json").write_text('{"Records": [')
    (folder / "b.json").write_text(
        json.dumps(event("PutBucketVersioning", requestParameters={"bucketName": "photos"}))
    )
    assert renewed(cloudward, folder).code == 3
    rows = cloudward("coverage", "--output", "json").json["items"]
    assert [row["call"] for row in rows if row["outcome"] == "failed" and "trail" in row["call"]] == [
        f"events {folder / 'a.json'}"
    ]
    assert statuses(cloudward)["photos"] == "healthy"
    (folder / "a.json").unlink()
    renewed(cloudward, folder)
    rows = cloudward("coverage", "--output", "json").json["items"]
    assert not [row for row in rows if str(folder) in row["call"]]


@pytest.mark.exam  # every service in every region of a played cloud: minutes
def test_an_account_without_an_earlier_scan_is_read_whole(
    account: None, cloudward: Cloudward, home: Path
) -> None:
    renewed(cloudward, written(home))
    assert set(statuses(cloudward)) == {"invoices", "photos"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--region", "us-east-1"), "--events goes by what the last scan read"),
        (("--events", "nowhere.json"), "no such file or folder"),
    ],
)
def test_what_does_not_go_with_events_is_said_first(
    cloudward: Cloudward, home: Path, words: tuple[str, ...], said: str
) -> None:
    ran = cloudward("scan", "aws", "--events", written(home), *words)
    assert ran.code == 2
    assert said in ran.err
