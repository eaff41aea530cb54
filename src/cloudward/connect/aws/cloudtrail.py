"""Trails: what of the account's activity is written down, and whether it arrives."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "cloudtrail",
    scope="regional",
    quota=10,
    source="https://docs.aws.amazon.com/general/latest/gr/ct.html#limits_cloudtrail",
    title="AWS CloudTrail",
)


def _maybe(said: bool | None) -> bool:
    """Ask unless the list has already said that there is nothing."""
    return said is not False


@collects(
    "AWS::CloudTrail::Trail",
    id="TrailARN",
    calls=(
        Call("DescribeTrails", listing=True),
        # A member account sees its organization's trail but may not ask about it: "not found" is not "gone".
        Call("GetTrailStatus", into="Status", by={"Name": "TrailARN"}),
        Call("GetEventSelectors", into="Selectors", by={"TrailName": "TrailARN"}),
        Call(
            "GetInsightSelectors",
            into="Insights",
            by={"TrailName": "TrailARN"},
            extra=True,
            when=Using(_maybe, "HasInsightSelectors"),
            absent={"InsightNotEnabledException": {"InsightSelectors": []}},
        ),
    ),
    fields={
        "TrailName": "Name!",
        "Arn": "TrailARN!",
        **same("S3BucketName", "S3KeyPrefix", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"),
        **same("IsMultiRegionTrail", "IsOrganizationTrail", "IncludeGlobalServiceEvents"),
        "EnableLogFileValidation": "LogFileValidationEnabled",
        "SnsTopicArn": "SnsTopicARN",
        "KMSKeyId": "KmsKeyId",
        "IsLogging": "Status.IsLogging!",
        "EventSelectors": "Selectors.EventSelectors",
        "AdvancedEventSelectors": "Selectors.AdvancedEventSelectors",
        "InsightSelectors": Items("Insights.InsightSelectors", same("InsightType")),
        "Runtime.HomeRegion": "HomeRegion",
        **same("StartLoggingTime", "StopLoggingTime", of="Status", into="Runtime"),
        **same("LatestDeliveryTime", "LatestDeliveryError", of="Status", into="Runtime"),
        **same("LatestCloudWatchLogsDeliveryTime", of="Status", into="Runtime"),
        **same("LatestCloudWatchLogsDeliveryError", of="Status", into="Runtime"),
        **same("LatestDigestDeliveryTime", "LatestNotificationError", of="Status", into="Runtime"),
    },
)
def trails(cloudtrail: Client) -> Iterable[Document]:
    """Trails in their home region; what other regions show of them is the same trail.

    Shadow trails are asked for all the same: without them a member account does not see its organization's.
    """
    for trail in cloudtrail.each("DescribeTrails", "trailList"):
        if trail["HomeRegion"] == cloudtrail.region:
            yield trail
