"""Web ACLs as moto plays them, and as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Reason

from .conftest import Scan

TYPE = "AWS::WAFv2::WebACL"
ARN = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/"


@pytest.mark.usefixtures("moto")
def test_cloudfronts_are_listed_in_one_region_only(scan: Scan) -> None:
    see = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    for region, scope in (("us-east-1", "REGIONAL"), ("us-east-1", "CLOUDFRONT"), ("eu-west-1", "REGIONAL")):
        waf = boto3.client("wafv2", region_name=region)
        waf.create_web_acl(
            Name=f"{region}-{scope}",
            Scope=scope,
            DefaultAction={"Allow": {}},
            VisibilityConfig=see,
        )
    found = scan(Boto(), services=["wafv2"], regions=["us-east-1", "eu-west-1"])
    assert sorted(each.name for each in found.of(TYPE)) == [
        "eu-west-1-REGIONAL",
        "us-east-1-CLOUDFRONT",
        "us-east-1-REGIONAL",
    ]
    assert all(each.properties["Rules"] == [] and not each.unread for each in found.of(TYPE))


def acl(name: str) -> dict[str, str]:
    return {"Name": name, "Id": name, "ARN": ARN + name}


def test_pages_are_followed_and_logs_found_for_all_at_once(replay: Replay, scan: Scan) -> None:
    pages = {"WebACLs": [acl("one")], "NextMarker": "one"}, {"WebACLs": [acl("two")]}
    logs = [{"ResourceArn": ARN + "two", "LogDestinationConfigs": ["arn:logs"]}]
    replay.record("wafv2", "ListWebACLs", *pages, Scope="REGIONAL")
    replay.record("wafv2", "ListLoggingConfigurations", {"LoggingConfigurations": logs}, Scope="REGIONAL")
    found = scan(replay, services=["wafv2"])
    assert found.one(TYPE, "one").properties["Runtime"]["LogDestinations"] == []
    assert found.one(TYPE, "two").properties["Runtime"]["LogDestinations"] == ["arn:logs"]


def test_denied_logs_are_unread(replay: Replay, scan: Scan) -> None:
    replay.record("wafv2", "ListWebACLs", {"WebACLs": [acl("one")]}, Scope="REGIONAL")
    replay.record("wafv2", "ListLoggingConfigurations", refused("AccessDeniedException", "no", 400))
    found = scan(replay, services=["wafv2"]).one(TYPE)
    assert found.unread["Runtime.LogDestinations"].reason is Reason.DENIED


def test_rule_groups_tell_which_rules_are_counted(replay: Replay, scan: Scan) -> None:
    group = {
        "Name": "ours",
        "Id": "1",
        "ARN": "arn:aws:wafv2:us-east-1:123456789012:regional/rulegroup/ours/1",
    }
    counted, silent = ({"CloudWatchMetricsEnabled": each} for each in (True, False))
    rules = [{"Name": "a", "VisibilityConfig": counted}, {"Name": "b", "VisibilityConfig": silent}]
    replay.record("wafv2", "ListRuleGroups", {"RuleGroups": [group]}, {"RuleGroups": []})
    replay.record("wafv2", "GetRuleGroup", {"RuleGroup": {"VisibilityConfig": counted, "Rules": rules}})
    found = scan(replay, services=["wafv2"]).one("AWS::WAFv2::RuleGroup").properties
    assert found["Scope"] == "REGIONAL"
    assert found["VisibilityConfig"]["CloudWatchMetricsEnabled"] is True
    assert [rule["VisibilityConfig"]["CloudWatchMetricsEnabled"] for rule in found["Rules"]] == [True, False]
