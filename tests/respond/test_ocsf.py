from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema  # type: ignore[import-untyped]

from cloudward.model import (
    Assessment,
    Cause,
    ExemptionCategory,
    LastKnown,
    Policy,
    Provider,
    Reason,
    Resource,
    Scope,
    Severity,
    Status,
)
from cloudward.respond.ocsf import VERSION, finding

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
POLICY = Policy(
    id="aws-s3-bucket-logged",
    title="Buckets should log access",
    severity=Severity.HIGH,
    resource=("AWS::S3::Bucket",),
    unhealthy="p.LoggingConfiguration == null",
    categories=("data", "logging"),
    why="Nobody can say later who read what.",
    fix={"cli": "aws s3api put-bucket-logging ...", "portal": "Open the bucket."},
    tactics=("TA0010",),
)
BUCKET = Resource(
    "arn:aws:s3:::logs",
    "AWS::S3::Bucket",
    Provider.AWS,
    "111122223333",
    "eu-west-1",
    "logs",
    {},
    {"env": "prod"},
)
ACCOUNT = Scope("111122223333", Provider.AWS, "account", "acme-prod")
UNHEALTHY = Assessment(
    policy=POLICY.id,
    resource=BUCKET.id,
    type=BUCKET.type,
    scope=ACCOUNT.id,
    region="eu-west-1",
    status=Status.UNHEALTHY,
    severity=Severity.HIGH,
    cause=None,
    since=NOW - timedelta(days=3),
    last_known=None,
    snapshot="20260131T120000Z",
    document_hash="d0",
    policy_hash="p0",
    parameters={"max_days": 45},
    engine="1",
    evaluated_at=NOW,
    due=NOW + timedelta(days=9),
)
DENIED = replace(
    UNHEALTHY,
    status=Status.UNKNOWN,
    cause=Cause(Reason.DENIED, "s3:GetBucketLogging", "not allowed"),
    last_known=LastKnown(Status.HEALTHY, NOW - timedelta(days=1)),
)


def schema(*profiles: str) -> Draft202012Validator:
    """The published JSON Schema of the class; it refuses attributes that it does not name."""
    published = OcsfJsonSchemaEmbedded(get_ocsf_schema(VERSION)).get_class_schema(
        "compliance_finding", list(profiles)
    )
    return Draft202012Validator(published)


CLOUD = schema("cloud")


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("exemption", [None, *ExemptionCategory])
def test_every_status_gives_a_valid_event(status: Status, exemption: ExemptionCategory | None) -> None:
    event = finding(
        replace(DENIED, status=status),
        POLICY,
        ACCOUNT,
        BUCKET,
        control="logging",
        exemption=exemption,
        product="1",
    )
    assert errors(CLOUD, event) == []


def test_the_schema_would_notice(subtests: pytest.Subtests) -> None:
    event = finding(UNHEALTHY, POLICY, ACCOUNT, BUCKET)
    for wrong in (
        {"nosuch": 1},
        {"time": "today"},
        {"severity_id": 17},
        {"finding_info": {"title": "no uid"}},
    ):
        with subtests.test(wrong=wrong):
            assert errors(CLOUD, {**event, **wrong}) != []


def test_a_cluster_is_no_cloud() -> None:
    cluster = Scope("shop", Provider.KUBERNETES, "cluster", "shop")
    event = finding(replace(UNHEALTHY, region=None), POLICY, cluster, BUCKET)
    assert "cloud" not in event
    assert errors(schema(), event) == []


def test_little_content_is_still_valid() -> None:
    bare = Policy("my-rule", "Mine", Severity.LOW, ("AWS::S3::Bucket",), "true")
    event = finding(replace(UNHEALTHY, parameters={}, due=None), bare, replace(ACCOUNT, name=""), BUCKET)
    assert errors(CLOUD, event) == []


def test_unknown_says_its_cause_and_never_passes() -> None:
    event = finding(DENIED, POLICY, ACCOUNT, BUCKET)
    assert event["compliance"]["status_id"] == 0
    assert event["status"] == "Unknown"
    assert event["status_detail"] == "denied s3:GetBucketLogging not allowed"
    assert event["message"] == "unknown (denied s3:GetBucketLogging not allowed): Buckets should log access"
    assert event["severity"] == "High"
    assert event["unmapped"]["last_known"]["status"] == "healthy"


def test_what_is_healthy_or_exempt_is_informational() -> None:
    healthy = finding(replace(UNHEALTHY, status=Status.HEALTHY), POLICY, ACCOUNT, BUCKET)
    waived = finding(UNHEALTHY, POLICY, ACCOUNT, BUCKET, exemption=ExemptionCategory.WAIVER)
    assert (healthy["severity"], healthy["status"]) == ("Informational", "Resolved")
    assert (waived["severity"], waived["status"]) == ("Informational", "Suppressed")
    assert waived["compliance"]["status"] == "Fail"


def test_the_uid_is_the_same_scan_after_scan() -> None:
    later = replace(UNHEALTHY, evaluated_at=NOW + timedelta(days=1), snapshot="next", status=Status.HEALTHY)
    uids = {finding(each, POLICY, ACCOUNT, BUCKET)["finding_info"]["uid"] for each in (UNHEALTHY, later)}
    assert uids == {"aws-s3-bucket-logged:aws:111122223333:AWS::S3::Bucket:arn:aws:s3:::logs"}


def test_a_status_that_is_new_in_this_scan_is_created() -> None:
    new = finding(replace(UNHEALTHY, since=NOW), POLICY, ACCOUNT, BUCKET)
    old = finding(UNHEALTHY, POLICY, ACCOUNT, BUCKET)
    assert (new["type_uid"], old["type_uid"]) == (200301, 200302)


def errors(validator: Draft202012Validator, event: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(event)]
