"""What AWS's answers, refusals and silences become: coverage, and fields that are not known."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import Kind, Reply, refused
from cloudward.errors import SignInError
from cloudward.model import Outcome, Reason

from .conftest import Pauses, Scan

BUCKET = {"Name": "logs", "BucketRegion": "us-east-1", "CreationDate": "2024-01-01T00:00:00Z"}
DENIED = refused("AccessDenied", "not authorized", 403)
SLOW = refused("SlowDown", "please reduce your request rate", 503)
HTML_500 = Reply(Kind.UNREADABLE, message="an HTML page", status=500)
HTML_404 = Reply(Kind.UNREADABLE, message="an HTML page", status=404)


@pytest.fixture
def s3(replay: Replay) -> Replay:
    """One bucket, about which nothing is recorded."""
    return replay.record("s3", "ListBuckets", {"Buckets": [BUCKET]})


def test_denied_detail_is_an_unread_field_that_names_the_permission(s3: Replay, scan: Scan) -> None:
    found = scan(s3.record("s3", "GetBucketPolicy", DENIED), services=["s3"])
    cause = found.one("AWS::S3::Bucket").unread["BucketPolicy"]
    assert (cause.reason, cause.call) == (Reason.DENIED, "s3:GetBucketPolicy")
    assert "BucketPolicy" not in found.one("AWS::S3::Bucket").properties
    assert found.outcomes("s3:GetBucketPolicy") == {Outcome.DENIED: 1}


def test_denied_list_is_a_listing_that_was_not_read(replay: Replay, scan: Scan) -> None:
    found = scan(replay.record("s3", "ListBuckets", DENIED), services=["s3"])
    row = found.row("s3:ListAllMyBuckets", Outcome.DENIED)
    assert row.listing
    assert row.type == "AWS::S3::Bucket"
    assert found.of("AWS::S3::Bucket") == []


def test_empty_list_is_evidence(replay: Replay, scan: Scan) -> None:
    found = scan(replay.record("s3", "ListBuckets", {"Buckets": []}), services=["s3"])
    assert found.row("s3:ListAllMyBuckets", Outcome.EMPTY).listing


def test_declared_absence_is_known_to_be_none(s3: Replay, scan: Scan) -> None:
    found = scan(
        s3.record("s3", "GetBucketPolicy", refused("NoSuchBucketPolicy", status=404)), services=["s3"]
    )
    bucket = found.one("AWS::S3::Bucket")
    assert bucket.properties["BucketPolicy"] is None
    assert "BucketPolicy" not in bucket.unread
    assert found.outcomes("s3:GetBucketPolicy") == {Outcome.EMPTY: 1}


def test_error_code_that_nobody_declared_is_failed_not_empty(s3: Replay, scan: Scan) -> None:
    found = scan(s3.record("s3", "GetBucketPolicy", refused("NoSuchBucketPolicyYet")), services=["s3"])
    assert found.outcomes("s3:GetBucketPolicy") == {Outcome.FAILED: 1}
    assert found.one("AWS::S3::Bucket").unread["BucketPolicy"].reason is Reason.FAILED


def test_throttled_then_fine_is_read(s3: Replay, scan: Scan, pauses: Pauses) -> None:
    s3.record("s3", "GetBucketPolicy", SLOW, SLOW, {"Policy": "{}"})
    found = scan(s3, services=["s3"])
    assert found.one("AWS::S3::Bucket").properties["BucketPolicy"] == {}
    assert found.outcomes("s3:GetBucketPolicy") == {Outcome.READ: 1}
    assert len(pauses) >= 2


def test_throttled_for_ever_ends_as_failed(s3: Replay, scan: Scan) -> None:
    found = scan(s3.record("s3", "GetBucketPolicy", SLOW, forever=True), services=["s3"])
    assert found.outcomes("s3:GetBucketPolicy") == {Outcome.FAILED: 1}
    assert "SlowDown" in found.one("AWS::S3::Bucket").unread["BucketPolicy"].message
    assert s3.count()["GetBucketPolicy"] == 9


def test_service_that_never_answers_is_given_up(replay: Replay, scan: Scan) -> None:
    many = [{**BUCKET, "Name": f"bucket-{number}"} for number in range(200)]
    replay.record("s3", "ListBuckets", {"Buckets": many})
    replay.record("s3", "GetBucketPolicy", HTML_500, forever=True)
    found = scan(replay, services=["s3"])
    assert found.outcomes("s3:GetBucketPolicy") == {Outcome.FAILED: 200}
    assert len(found.of("AWS::S3::Bucket")) == 200
    assert replay.count()["GetBucketPolicy"] < 100


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (HTML_500, Outcome.FAILED),
        (HTML_404, Outcome.UNSUPPORTED),
        (refused("500", status=500), Outcome.FAILED),
        (refused("404", status=404), Outcome.UNSUPPORTED),
        (Reply(Kind.UNREADABLE, message="cannot be parsed", status=200), Outcome.FAILED),
        (Reply(Kind.UNREADABLE, message="an HTML page of 403", status=403), Outcome.DENIED),
        (Reply(Kind.UNREACHABLE, message="ConnectTimeoutError"), Outcome.FAILED),
        (refused("OptInRequired", status=403), Outcome.UNSUPPORTED),
        (refused("SubscriptionRequiredException"), Outcome.UNSUPPORTED),
        (refused("UnknownOperationException"), Outcome.UNSUPPORTED),
        (refused("UnauthorizedOperation", status=403), Outcome.DENIED),
        (refused("AuthFailure", status=401), Outcome.DENIED),
        (refused("SomethingNew", status=403), Outcome.DENIED),
        (refused(""), Outcome.FAILED),
    ],
    ids=lambda value: str(value) if isinstance(value, Outcome) else value.code or value.message or "no code",
)
def test_what_is_no_answer_is_never_empty(replay: Replay, scan: Scan, reply: Reply, outcome: Outcome) -> None:
    found = scan(replay.record("s3", "ListBuckets", reply, forever=True), services=["s3"])
    assert found.outcomes("s3:ListAllMyBuckets") == {outcome: 1}


def test_gone_between_list_and_detail_is_dropped_and_told(s3: Replay, scan: Scan) -> None:
    found = scan(s3.record("s3", "GetBucketPolicy", refused("NoSuchBucket", status=404)), services=["s3"])
    assert found.of("AWS::S3::Bucket") == []
    assert found.outcomes("s3:GetBucketPolicy") == {Outcome.GONE: 1}


def test_missing_key_costs_the_field_not_the_resource(s3: Replay, scan: Scan) -> None:
    found = scan(s3.record("s3", "GetBucketPolicy", {"Polic": "{}"}), services=["s3"])
    bucket = found.one("AWS::S3::Bucket")
    assert bucket.unread["BucketPolicy"].message == "the answer has no Policy"
    assert bucket.properties["BucketName"] == "logs"


def test_bad_element_of_a_list_costs_that_element(s3: Replay, scan: Scan) -> None:
    grants = [
        {"Grantee": {"Type": "Group", "URI": "u"}, "Permission": "READ"},
        {"Grantee": {"Type": "Group"}},
    ]
    s3.record("s3", "GetBucketOwnershipControls", refused("OwnershipControlsNotFoundError", status=404))
    found = scan(s3.record("s3", "GetBucketAcl", {"Grants": grants}), services=["s3"])
    bucket = found.one("AWS::S3::Bucket")
    assert bucket.properties["Grants"][0]["Permission"] == "READ"
    assert "Grants[1].Permission" in bucket.unread
    assert "Grants" not in bucket.unread


def test_element_without_id_is_counted_as_failed_and_nothing_else_is_lost(replay: Replay, scan: Scan) -> None:
    found = scan(replay.record("s3", "ListBuckets", {"Buckets": [{}, BUCKET]}), services=["s3"])
    assert [bucket.name for bucket in found.of("AWS::S3::Bucket")] == ["logs"]
    row = found.row("s3:ListAllMyBuckets", Outcome.FAILED)
    assert row.listing
    assert row.count == 1


def test_function_that_stumbles_costs_its_field(s3: Replay, scan: Scan) -> None:
    s3.record("s3", "GetBucketLifecycleConfiguration", {"Rules": [{"ID": "no status"}]})
    found = scan(s3, services=["s3"])
    cause = found.one("AWS::S3::Bucket").unread["LifecycleConfiguration.Rules"]
    assert cause.call == "s3:GetLifecycleConfiguration"
    assert "makes no sense" in cause.message


def test_what_was_not_recorded_is_not_requested(s3: Replay, scan: Scan) -> None:
    found = scan(s3, services=["s3"])
    assert found.one("AWS::S3::Bucket").unread["BucketPolicy"].reason is Reason.NOT_REQUESTED
    assert found.outcomes("s3:GetBucketPolicy") == {Outcome.NOT_REQUESTED: 1}


def test_expired_credentials_end_the_scan_in_clear_words(s3: Replay, scan: Scan) -> None:
    s3.record("s3", "GetBucketPolicy", refused("ExpiredToken", "the token has expired"))
    with pytest.raises(SignInError, match="ExpiredToken"):
        scan(s3, services=["s3"])


def test_key_that_one_region_refuses_and_sts_takes_is_a_region_that_is_not_enabled(
    replay: Replay, scan: Scan
) -> None:
    found = scan(replay.record("kms", "ListKeys", refused("UnrecognizedClientException")), services=["kms"])
    assert found.outcomes("kms:ListKeys") == {Outcome.UNSUPPORTED: 1}


def test_key_that_sts_refuses_too_ends_the_scan(scan: Scan) -> None:
    gone = refused("InvalidClientTokenId", "the token is invalid", 403)
    identity = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/auditor"}
    replay = (
        Replay()
        .record("sts", "GetCallerIdentity", identity)
        .record("sts", "GetCallerIdentity", gone, forever=True)
    )
    replay.record("ec2", "DescribeRegions", {"Regions": [{"RegionName": "us-east-1"}]})
    replay.record("kms", "ListKeys", gone, forever=True)
    with pytest.raises(SignInError, match="any more"):
        scan(replay, services=["kms"])


def test_nobody_signed_in_is_said_before_anything_is_read(scan: Scan) -> None:
    replay = Replay().record("sts", "GetCallerIdentity", refused("InvalidClientTokenId", status=403))
    with pytest.raises(SignInError) as raised:
        scan(replay)
    assert "aws configure" in raised.value.hint
    assert len(replay.requests) == 1


def test_coverage_has_the_age_of_a_cached_report(replay: Replay, scan: Scan) -> None:
    made = "2025-12-31T20:00:00Z"
    replay.record("iam", "GetCredentialReport", {"Content": b"user,arn\n", "GeneratedTime": made})
    found = scan(replay, services=["iam"])
    row = found.row("iam:GetCredentialReport", Outcome.READ, "AWS::IAM::RootUser")
    assert row.at == datetime(2025, 12, 31, 20, tzinfo=UTC)


def test_report_that_is_not_ready_is_asked_again(replay: Replay, scan: Scan, pauses: Pauses) -> None:
    not_yet = refused("ReportInProgress", status=404)
    report = {"Content": b"user,arn\n", "GeneratedTime": "2026-01-01T00:00:00Z"}
    replay.record("iam", "GetCredentialReport", not_yet, not_yet, report)
    found = scan(replay, services=["iam"])
    assert found.outcomes("iam:GetCredentialReport", "AWS::IAM::User") == {Outcome.READ: 1}
    assert len(pauses) >= 2


def test_the_order_of_resources_and_of_coverage_does_not_depend_on_threads(
    replay: Replay, scan: Scan
) -> None:
    names = [f"bucket-{number:03}" for number in range(150)]
    replay.record("s3", "ListBuckets", {"Buckets": [{**BUCKET, "Name": name} for name in names]})
    found = scan(replay, services=["s3"])
    assert [bucket.name for bucket in found.of("AWS::S3::Bucket")] == names
    calls = [row.call for row in found.coverage if row.type == "AWS::S3::Bucket"]
    assert calls == sorted(calls)


def test_words_tell_switched_off_from_denied_where_the_code_is_the_same(replay: Replay, scan: Scan) -> None:
    off = refused("AccessDeniedException", "Macie is not enabled.", 403)
    replay.record("macie2", "GetMacieSession", off)
    assert scan(replay, services=["macie2"]).row("macie2:GetMacieSession", Outcome.EMPTY).listing
