"""Alarms on metrics, and alarms on alarms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "cloudwatch",
    scope="regional",
    quota=9,
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html",
    title="Amazon CloudWatch",
)

_SHARED = {
    **same("AlarmName!", "AlarmDescription", "ActionsEnabled", "AlarmActions", "OKActions"),
    **same("InsufficientDataActions"),
    "Runtime.State": "StateValue",
    "Runtime.Region": "Region",
}


_BOTH = Call(
    "DescribeAlarms",
    listing=True,
    once=True,
    params={"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100},
)


def _placed(cloudwatch: Client, key: str) -> Iterator[Document]:
    """Alarms with their region: names of metrics and alarms mean something only there."""
    for alarm in cloudwatch.each("DescribeAlarms", key):
        yield {**alarm, "Region": cloudwatch.region}


@collects(
    "AWS::CloudWatch::Alarm",
    id="AlarmArn",
    calls=(_BOTH,),
    fields={
        **_SHARED,
        **same("MetricName", "Namespace", "ComparisonOperator", "Threshold", "Statistic", "Period"),
        **same("EvaluationPeriods", "TreatMissingData"),
        "Dimensions": Items("Dimensions", same("Name", "Value")),
        "Metrics": Items(
            "Metrics",
            {
                **same("Id", "Expression", "ReturnData"),
                **same("MetricName", "Namespace", of="MetricStat.Metric", into="MetricStat.Metric"),
            },
        ),
    },
    name="AlarmName",
)
def alarms(cloudwatch: Client) -> Iterable[Document]:
    """Alarms on a metric or on an expression over metrics."""
    return _placed(cloudwatch, "MetricAlarms")


@collects(
    "AWS::CloudWatch::CompositeAlarm",
    id="AlarmArn",
    calls=(_BOTH,),
    fields={**_SHARED, **same("AlarmRule", "ActionsSuppressor")},
    name="AlarmName",
)
def composite_alarms(cloudwatch: Client) -> Iterable[Document]:
    """Alarms on a condition over other alarms."""
    return _placed(cloudwatch, "CompositeAlarms")
