"""Alarms on what trails record, and log groups, from boto3 to the verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from tests.estates.scanning import POLICIES, REGION, scan
from tests.estates.test_cloudtrail import group, role, trail

ALARM = yaml.safe_load((POLICIES / "cloudwatch" / "aws-cloudwatch-alarm.yaml").read_text())["variants"]
NAMES = tuple(ALARM)
SIGN_IN = "aws-cloudwatch-alarm-sign-in-without-mfa"
CIS = '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }'


@pytest.fixture
def aws() -> Iterator[boto3.Session]:
    with mock_aws():
        yield boto3.Session(region_name=REGION)


def watched(aws: boto3.Session, **settings: Any) -> None:
    """A trail that writes to the log group `trail`."""
    logs = {"CloudWatchLogsLogGroupArn": group(aws, "trail"), "CloudWatchLogsRoleArn": role(aws)}
    trail(aws, "main", **{"IsMultiRegionTrail": True, **logs, **settings})


def alarm(
    aws: boto3.Session, name: str, pattern: str, *, to: str = "trail", space: str = "CIS", told: bool = True
) -> None:
    aws.client("logs").put_metric_filter(
        logGroupName=to,
        filterName=name,
        filterPattern=pattern,
        metricTransformations=[{"metricName": name, "metricNamespace": "CIS", "metricValue": "1"}],
    )
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        MetricName=name,
        Namespace=space,
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[f"arn:aws:sns:{REGION}:123456789012:security"] if told else [],
    )


def clauses(name: str) -> list[str]:
    found: list[str] = ALARM[name]["params"]["clauses"]
    return found


def joined(parts: list[str]) -> str:
    return "{ " + " || ".join(f"({part})" for part in parts) + " }"


def statuses() -> dict[str, str]:
    found = scan("cloudwatch", *NAMES, also=("account", "cloudtrail", "logs"))
    return {policy: judged(status) for (policy, _), status in found.items()}


def judged(status: str) -> str:
    """Only one region is read, so that a trail of another region could still be the watched one."""
    return "not healthy" if status == "unhealthy" or status.startswith("unknown: not_scanned") else status


def test_no_alarm_at_all(aws: boto3.Session) -> None:
    assert statuses() == dict.fromkeys(NAMES, "not healthy")


@pytest.mark.parametrize("order", [1, -1], ids=["as-written", "reversed"])
def test_each_alarm_with_all_of_its_clauses(aws: boto3.Session, order: int) -> None:
    watched(aws)
    for name in NAMES:
        alarm(aws, name, joined(clauses(name)[::order]))
    assert statuses() == dict.fromkeys(NAMES, "healthy")


def test_each_alarm_without_its_last_clause(aws: boto3.Session) -> None:
    watched(aws)
    for name in NAMES:
        alarm(aws, name, joined(clauses(name)[:-1]))
    assert statuses() == dict.fromkeys(NAMES, "not healthy")


@pytest.mark.parametrize(
    ("pattern", "settings", "wanted"),
    [
        (CIS, {}, "healthy"),
        ('{($.eventName=ConsoleLogin)&&($.additionalEventData.MFAUsed!="Yes")}', {}, "healthy"),
        ('{ ($.additionalEventData.MFAUsed != Yes) && ($.eventName = "ConsoleLogin") }', {}, "healthy"),
        ('{ $.eventName = "ConsoleLogin" }', {}, "not healthy"),
        (CIS.replace("!=", "="), {}, "not healthy"),
        (CIS, {"space": "Other"}, "not healthy"),
        (CIS, {"told": False}, "not healthy"),
        (CIS, {"to": "other"}, "not healthy"),
    ],
)
def test_one_alarm(aws: boto3.Session, pattern: str, settings: dict[str, Any], wanted: str) -> None:
    watched(aws)
    group(aws, "other")
    alarm(aws, "sign-in", pattern, **settings)
    assert statuses()[SIGN_IN] == wanted
