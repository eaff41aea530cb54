"""Log groups, and the filters that count events in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Fact, Items, Nothing, Service, Using, collects
from cloudward.model import Document

SERVICE = Service(
    "logs",
    scope="regional",
    quota=5,
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html",
    title="Amazon CloudWatch Logs",
)


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


@collects(
    "AWS::Logs::LogGroup",
    id="arn:{partition}:logs:{region}:{account}:log-group:{logGroupName}",
    calls=(Call("DescribeLogGroups", listing=True),),
    fields={
        "LogGroupName": "logGroupName!",
        "LogGroupClass": "logGroupClass",
        "RetentionInDays": "retentionInDays",
        "KmsKeyId": "kmsKeyId",
        "DeletionProtectionEnabled": "deletionProtectionEnabled",
        "Runtime.CreationTime": Using(_moment, "creationTime"),
        "Runtime.StoredBytes": "storedBytes",
        "Runtime.MetricFilterCount": "metricFilterCount",
        "Runtime.DataProtectionStatus": "dataProtectionStatus",
    },
    name="logGroupName",
    generation="creationTime",
)
def log_groups(logs: Client) -> Iterable[Document]:
    """Where services and programs write their logs."""
    return logs.each("DescribeLogGroups", "logGroups")


@collects(
    "AWS::Logs::MetricFilter",
    id="arn:{partition}:logs:{region}:{account}:log-group:{logGroupName}:metric-filter:{filterName}",
    calls=(
        Call(
            "DescribeMetricFilters",
            listing=True,
            unless=Fact(
                Nothing("DescribeLogGroups"),
                "a metric filter is one of a log group",
                "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html",
            ),
        ),
    ),
    fields={
        "FilterName": "filterName!",
        "LogGroupName": "logGroupName!",
        "FilterPattern": "filterPattern!",
        "ApplyOnTransformedLogs": "applyOnTransformedLogs",
        "Runtime.Region": "Region",
        "MetricTransformations": Items(
            "metricTransformations",
            {
                "MetricName": "metricName!",
                "MetricNamespace": "metricNamespace!",
                "MetricValue": "metricValue",
                "DefaultValue": "defaultValue",
                "Unit": "unit",
            },
        ),
    },
    name="filterName",
)
def metric_filters(logs: Client) -> Iterable[Document]:
    """Patterns that turn log events into metrics, of all log groups at once."""
    return ({**each, "Region": logs.region} for each in logs.each("DescribeMetricFilters", "metricFilters"))
