"""Distributions as moto plays them, and pages and faults as recorded."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Reason

from .conftest import Scan

TYPE = "AWS::CloudFront::Distribution"
ARN = "arn:aws:cloudfront::123456789012:distribution/"


@pytest.mark.usefixtures("moto")
def test_distribution_has_cloudformations_shape(scan: Scan) -> None:
    origin: Any = {
        "Id": "web",
        "DomainName": "web.example.com",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"},
    }
    config: Any = {
        "CallerReference": "one",
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "web", "ViewerProtocolPolicy": "allow-all"},
    }
    boto3.client("cloudfront").create_distribution(DistributionConfig=config)
    found = scan(Boto(), services=["cloudfront"]).one(TYPE)
    properties = found.properties["DistributionConfig"]
    assert properties["DefaultRootObject"] == "index.html"
    assert properties["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "allow-all"
    assert properties["Origins"][0]["CustomOriginConfig"]["OriginProtocolPolicy"] == "http-only"
    assert found.region is None


def listed(name: str, **more: Any) -> dict[str, Any]:
    origin = {"Id": "s3", "DomainName": "b.s3.amazonaws.com"}
    behavior = {"TargetOriginId": "s3", "ViewerProtocolPolicy": "https-only"}
    item = {"Id": name, "ARN": ARN + name, "Enabled": True, "Origins": {"Items": [origin]}}
    return {"DistributionList": {"Items": [{**item, "DefaultCacheBehavior": behavior}], **more}}


def test_lists_within_an_answer_are_read_to_their_end(replay: Replay, scan: Scan) -> None:
    first = listed("ONE", IsTruncated=True, NextMarker="ONE")
    replay.record("cloudfront", "ListDistributions", first, listed("TWO", IsTruncated=False))
    found = scan(replay, services=["cloudfront"])
    assert [each.name for each in found.of(TYPE)] == ["ONE", "TWO"]


def test_denied_settings_are_unread_and_the_list_still_tells_the_rest(replay: Replay, scan: Scan) -> None:
    replay.record("cloudfront", "ListDistributions", listed("ONE", IsTruncated=False))
    replay.record("cloudfront", "GetDistributionConfig", refused("AccessDenied", "no", 403))
    found = scan(replay, services=["cloudfront"]).one(TYPE)
    assert found.unread["DistributionConfig.Logging.Bucket"].reason is Reason.DENIED
    assert found.properties["DistributionConfig"]["WebACLId"] is None


def test_origin_groups_tell_their_members(replay: Replay, scan: Scan) -> None:
    members = {"Quantity": 2, "Items": [{"OriginId": "a"}, {"OriginId": "b"}]}
    page = listed("ONE", IsTruncated=False)
    page["DistributionList"]["Items"][0]["OriginGroups"] = {"Items": [{"Id": "both", "Members": members}]}
    replay.record("cloudfront", "ListDistributions", page)
    found = scan(replay, services=["cloudfront"]).one(TYPE).properties["DistributionConfig"]
    assert found["OriginGroups"]["Items"] == [{"Id": "both", "Members": {"Items": members["Items"]}}]


def test_behaviors_tell_who_signs(replay: Replay, scan: Scan) -> None:
    page = listed("ONE", IsTruncated=False)
    behavior = page["DistributionList"]["Items"][0]["DefaultCacheBehavior"]
    behavior["TrustedSigners"] = {"Enabled": True, "Quantity": 1, "Items": ["self"]}
    behavior["TrustedKeyGroups"] = {"Enabled": False, "Quantity": 0}
    replay.record("cloudfront", "ListDistributions", page)
    found = scan(replay, services=["cloudfront"]).one(TYPE).properties["DistributionConfig"]
    assert found["DefaultCacheBehavior"]["TrustedSigners"] == ["self"]
    assert found["DefaultCacheBehavior"]["TrustedKeyGroups"] == []
