"""Pages are followed to the end, and paging that leads nowhere is told."""

from __future__ import annotations

import pytest

from cloudward.connect.aws import client
from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan


def key(number: int) -> dict[str, str]:
    return {"KeyId": str(number), "KeyArn": f"arn:aws:kms:us-east-1:123456789012:key/{number}"}


def page(*numbers: int, then: str = "") -> dict[str, object]:
    more = {"Truncated": True, "NextMarker": then} if then else {"Truncated": False}
    return {"Keys": [key(number) for number in numbers], **more}


def test_pages_are_one_list_and_the_token_is_passed_on(replay: Replay, scan: Scan) -> None:
    replay.record("kms", "ListKeys", page(1, 2, then="a"), page(3, then="b"), page(4))
    found = scan(replay, services=["kms"])
    assert [resource.name for resource in found.of("AWS::KMS::Key")] == ["1", "2", "3", "4"]
    assert found.outcomes("kms:ListKeys") == {Outcome.READ: 4}
    tokens = [params.get("Marker") for _, _, operation, params in replay.requests if operation == "ListKeys"]
    assert tokens == [None, "a", "b"]


def test_failing_page_keeps_what_came_and_the_list_is_not_complete(replay: Replay, scan: Scan) -> None:
    replay.record("kms", "ListKeys", page(1, then="a"), refused("AccessDeniedException"))
    found = scan(replay, services=["kms"])
    assert [resource.name for resource in found.of("AWS::KMS::Key")] == ["1"]
    assert found.outcomes("kms:ListKeys") == {Outcome.READ: 1, Outcome.DENIED: 1}
    assert found.row("kms:ListKeys", Outcome.DENIED).listing


def test_same_token_twice_is_failed(replay: Replay, scan: Scan) -> None:
    replay.record("kms", "ListKeys", page(1, then="a"), forever=True)
    found = scan(replay, services=["kms"])
    row = found.row("kms:ListKeys", Outcome.FAILED)
    assert row.cause is not None
    assert "twice" in row.cause.message
    assert replay.count()["ListKeys"] == 2


def test_tokens_that_go_round_in_a_circle_are_failed(replay: Replay, scan: Scan) -> None:
    replay.record("kms", "ListKeys", *(page(n, then=str(n % 5)) for n in range(50)))
    assert Outcome.FAILED in scan(replay, services=["kms"]).outcomes("kms:ListKeys")
    assert replay.count()["ListKeys"] == 6


def test_endless_paging_ends_as_failed(replay: Replay, scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_PAGES", 20)
    replay.record("kms", "ListKeys", *(page(n, then=f"next-{n}") for n in range(30)))
    found = scan(replay, services=["kms"])
    row = found.row("kms:ListKeys", Outcome.FAILED)
    assert row.cause is not None
    assert "20 pages" in row.cause.message
    assert len(found.of("AWS::KMS::Key")) == 20


def test_more_without_a_way_to_go_on_is_failed(replay: Replay, scan: Scan) -> None:
    replay.record("kms", "ListKeys", {"Keys": [key(1)], "Truncated": True})
    assert scan(replay, services=["kms"]).outcomes("kms:ListKeys") == {Outcome.READ: 1, Outcome.FAILED: 1}


def test_more_of_an_operation_that_is_not_paged_is_failed(replay: Replay, scan: Scan) -> None:
    replay.record("s3", "ListBuckets", {"Buckets": [{"Name": "logs", "BucketRegion": "us-east-1"}]})
    replay.record("s3", "GetBucketTagging", {"TagSet": [], "IsTruncated": True})
    found = scan(replay, services=["s3"])
    assert "cut off" in found.one("AWS::S3::Bucket").unread["meta.tags"].message


def test_all_pages_of_a_detail_are_joined(replay: Replay, scan: Scan) -> None:
    replay.record("kms", "ListKeys", page(1))
    tag = {"TagKey": "a", "TagValue": "1"}, {"TagKey": "b", "TagValue": "2"}
    replay.record("kms", "DescribeKey", {"KeyMetadata": {"KeyManager": "CUSTOMER"}})
    replay.record("kms", "ListResourceTags", {"Tags": [tag[0]], "Truncated": True, "NextMarker": "m"})
    replay.record("kms", "ListResourceTags", {"Tags": [tag[1]], "Truncated": False}, Marker="m")
    assert scan(replay, services=["kms"]).one("AWS::KMS::Key").tags == {"a": "1", "b": "2"}


def test_list_that_is_joined_to_others_is_unread_as_a_whole_when_a_page_fails(
    replay: Replay, scan: Scan
) -> None:
    replay.record("kms", "ListKeys", page(1))
    alias = {"AliasName": "alias/one", "TargetKeyId": "2"}
    aliases = {"Aliases": [alias], "Truncated": True, "NextMarker": "m"}
    replay.record("kms", "ListAliases", aliases, refused("AccessDeniedException"))
    assert "Runtime.Aliases" in scan(replay, services=["kms"]).one("AWS::KMS::Key").unread
