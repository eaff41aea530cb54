"""CloudTrail: one resource for each trail, wherever it is seen."""

from __future__ import annotations

from typing import Any

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Reason

from .conftest import ACCOUNT, Scan

ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/all"
TRAIL = {"Name": "all", "TrailARN": ARN, "HomeRegion": "us-east-1", "S3BucketName": "logs"}
SELECTOR = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}


def recorded(replay: Replay, **trail: Any) -> Replay:
    """A trail that runs; what is asked about it has one good answer."""
    replay.record("cloudtrail", "DescribeTrails", {"trailList": [{**TRAIL, **trail}]})
    replay.record("cloudtrail", "GetTrailStatus", {"IsLogging": True})
    return replay.record("cloudtrail", "GetEventSelectors", {"EventSelectors": [SELECTOR]})


def test_trail_of_all_regions_is_one_resource_in_its_home(moto: None, scan: Scan) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="trail-logs")
    client = boto3.client("cloudtrail", region_name="us-east-1")
    client.create_trail(Name="all", S3BucketName="trail-logs", IsMultiRegionTrail=True)
    client.start_logging(Name="all")
    objects = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
    client.put_event_selectors(TrailName="all", EventSelectors=[{**SELECTOR, "DataResources": [objects]}])
    found = scan(Boto(), services=["cloudtrail"], regions=["us-east-1", "eu-west-1"])
    trail = found.one("AWS::CloudTrail::Trail")
    assert (trail.id, trail.region) == (ARN, "us-east-1")
    assert trail.properties["IsLogging"] is True
    assert trail.properties["EventSelectors"][0]["DataResources"] == [objects]
    assert trail.properties["Runtime"]["HomeRegion"] == "us-east-1"


def test_shadow_of_a_trail_is_left_to_its_home_region(replay: Replay, scan: Scan) -> None:
    recorded(replay, HomeRegion="eu-west-1")
    assert scan(replay, services=["cloudtrail"]).of("AWS::CloudTrail::Trail") == []
    assert replay.count()["GetTrailStatus"] == 0


def test_names_are_those_of_templates(replay: Replay, scan: Scan) -> None:
    recorded(replay, KmsKeyId="key", SnsTopicARN="topic", LogFileValidationEnabled=True)
    properties = scan(replay, services=["cloudtrail"], wanted={}).one("AWS::CloudTrail::Trail").properties
    assert (properties["TrailName"], properties["Arn"]) == ("all", ARN)
    assert (properties["KMSKeyId"], properties["SnsTopicArn"]) == ("key", "topic")
    assert properties["EnableLogFileValidation"] is True


def test_advanced_selectors_are_kept_with_their_negations(replay: Replay, scan: Scan) -> None:
    fields = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::tmp"]},
    ]
    replay.record("cloudtrail", "DescribeTrails", {"trailList": [TRAIL]})
    replay.record("cloudtrail", "GetTrailStatus", {"IsLogging": True})
    replay.record(
        "cloudtrail",
        "GetEventSelectors",
        {"AdvancedEventSelectors": [{"Name": "n", "FieldSelectors": fields}]},
    )
    properties = scan(replay, services=["cloudtrail"], wanted={}).one("AWS::CloudTrail::Trail").properties
    found = properties["AdvancedEventSelectors"][0]["FieldSelectors"]
    assert found[0]["Equals"] == ["Data"]
    assert found[1]["NotStartsWith"] == ["arn:aws:s3:::tmp"]
    assert properties["EventSelectors"] == []


def test_delivery_that_fails_is_told(replay: Replay, scan: Scan) -> None:
    replay.record("cloudtrail", "DescribeTrails", {"trailList": [TRAIL]})
    status = {
        "IsLogging": True,
        "LatestDeliveryError": "NoSuchBucket",
        "LatestCloudWatchLogsDeliveryError": "AccessDenied",
    }
    replay.record("cloudtrail", "GetTrailStatus", status)
    runtime = (
        scan(replay, services=["cloudtrail"], wanted={}).one("AWS::CloudTrail::Trail").properties["Runtime"]
    )
    assert runtime["LatestDeliveryError"] == "NoSuchBucket"
    assert runtime["LatestCloudWatchLogsDeliveryError"] == "AccessDenied"


def test_denied_status_is_not_taken_for_switched_off(replay: Replay, scan: Scan) -> None:
    replay.record("cloudtrail", "DescribeTrails", {"trailList": [TRAIL]})
    replay.record("cloudtrail", "GetTrailStatus", refused("AccessDeniedException", status=403))
    trail = scan(replay, services=["cloudtrail"]).one("AWS::CloudTrail::Trail")
    assert trail.unread["IsLogging"].reason is Reason.DENIED
    assert "IsLogging" not in trail.properties


def test_organization_s_trail_stays_though_a_member_may_not_ask_about_it(replay: Replay, scan: Scan) -> None:
    foreign = ARN.replace(ACCOUNT, "999999999999")
    trails = [{**TRAIL, "TrailARN": foreign, "IsOrganizationTrail": True, "IsMultiRegionTrail": True}]
    replay.record("cloudtrail", "DescribeTrails", {"trailList": trails})
    replay.record("cloudtrail", "GetTrailStatus", refused("TrailNotFoundException", status=400))
    trail = scan(replay, services=["cloudtrail"]).one("AWS::CloudTrail::Trail")
    assert trail.id == foreign
    assert "IsLogging" in trail.unread


def test_insights_are_asked_for_only_where_there_are_some(replay: Replay, scan: Scan) -> None:
    recorded(replay, HasInsightSelectors=False)
    properties = scan(replay, services=["cloudtrail"]).one("AWS::CloudTrail::Trail").properties
    assert replay.count()["GetInsightSelectors"] == 0
    assert properties["InsightSelectors"] == []
