"""CloudWatch Logs and CloudWatch: groups, filters, alarms."""

from __future__ import annotations

from typing import Any

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import ACCOUNT, Scan

METRIC = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}


def test_group_filter_and_alarm_hang_together(moto: None, scan: Scan) -> None:
    logs = boto3.client("logs", region_name="us-east-1")
    logs.create_log_group(logGroupName="trail")
    logs.put_retention_policy(logGroupName="trail", retentionInDays=30)
    logs.put_metric_filter(
        logGroupName="trail", filterName="vpc", filterPattern="{ $.a = b }", metricTransformations=[METRIC]
    )
    boto3.client("cloudwatch", region_name="us-east-1").put_metric_alarm(
        AlarmName="alarm",
        MetricName="m",
        Namespace="n",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        Statistic="Sum",
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=["arn:aws:sns:us-east-1:123456789012:t"],
    )
    found = scan(Boto(), services=["logs", "cloudwatch"], regions=["us-east-1"])
    group = found.one("AWS::Logs::LogGroup")
    assert group.id == f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail"
    assert group.properties["RetentionInDays"] == 30
    filter = found.one("AWS::Logs::MetricFilter").properties
    alarm = found.one("AWS::CloudWatch::Alarm").properties
    assert filter["LogGroupName"] == group.name
    assert filter["MetricTransformations"][0]["MetricName"] == alarm["MetricName"]
    assert filter["Runtime"]["Region"] == alarm["Runtime"]["Region"] == "us-east-1"
    assert alarm["AlarmActions"] == ["arn:aws:sns:us-east-1:123456789012:t"]


def test_group_without_retention_keeps_for_ever_and_tells_when_it_was_made(
    replay: Replay, scan: Scan
) -> None:
    replay.record(
        "logs", "DescribeLogGroups", {"logGroups": [{"logGroupName": "g", "creationTime": 1735689600000}]}
    )
    properties = scan(replay, services=["logs"]).one("AWS::Logs::LogGroup").properties
    assert properties["RetentionInDays"] is None
    assert properties["Runtime"]["CreationTime"] == "2025-01-01T00:00:00Z"


def test_filters_of_one_name_in_two_groups_are_two(replay: Replay, scan: Scan) -> None:
    filters: list[dict[str, Any]] = [
        {"filterName": "f", "logGroupName": group, "filterPattern": "", "metricTransformations": []}
        for group in ("a", "b")
    ]
    replay.record("logs", "DescribeMetricFilters", {"metricFilters": filters})
    assert len({each.id for each in scan(replay, services=["logs"]).of("AWS::Logs::MetricFilter")}) == 2


def test_alarms_of_both_kinds_cost_one_call(replay: Replay, scan: Scan) -> None:
    arn = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:any"
    composite = {"AlarmName": "any", "AlarmArn": arn, "AlarmRule": 'ALARM("a") OR ALARM("b")'}
    both = {"MetricAlarms": [], "CompositeAlarms": [composite]}
    replay.record("cloudwatch", "DescribeAlarms", both, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    found = scan(replay, services=["cloudwatch"])
    alarm = found.one("AWS::CloudWatch::CompositeAlarm")
    assert (alarm.name, alarm.properties["ActionsEnabled"]) == ("any", True)
    assert alarm.properties["AlarmRule"] == composite["AlarmRule"]
    assert found.of("AWS::CloudWatch::Alarm") == []
    assert replay.count()["DescribeAlarms"] == 1


def test_alarm_on_an_expression_tells_its_metrics(replay: Replay, scan: Scan) -> None:
    metric = {"MetricName": "m", "Namespace": "n"}
    metrics = [
        {"Id": "e", "Expression": "m1*2"},
        {"Id": "m1", "MetricStat": {"Metric": metric}, "ReturnData": False},
    ]
    alarm = {
        "AlarmName": "a",
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:a",
        "Metrics": metrics,
    }
    replay.record("cloudwatch", "DescribeAlarms", {"MetricAlarms": [alarm]})
    properties = scan(replay, services=["cloudwatch"]).one("AWS::CloudWatch::Alarm").properties
    assert properties["MetricName"] is None
    assert [each["MetricStat"]["Metric"]["MetricName"] for each in properties["Metrics"]] == [None, "m"]
    assert [each["ReturnData"] for each in properties["Metrics"]] == [True, False]


def test_denied_filters_are_a_list_that_was_not_read(replay: Replay, scan: Scan) -> None:
    replay.record("logs", "DescribeMetricFilters", refused("AccessDeniedException", status=400))
    row = scan(replay, services=["logs"]).row("logs:DescribeMetricFilters", Outcome.DENIED)
    assert (row.type, row.listing) == ("AWS::Logs::MetricFilter", True)
