"""Zones as moto plays them, and in tens as recorded."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

TYPE = "AWS::Route53::HostedZone"


@pytest.mark.usefixtures("moto")
def test_zone_has_the_names_of_templates(scan: Scan) -> None:
    route53 = boto3.client("route53", region_name="us-east-1")
    ids = {}
    for name, private in (("shop.example.", False), ("inside.example.", True)):
        config = {"Comment": "ours", "PrivateZone": private}
        vpc = {"VPC": {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}} if private else {}
        made = route53.create_hosted_zone(Name=name, CallerReference=name, HostedZoneConfig=config, **vpc)
        ids[name] = made["HostedZone"]["Id"].rsplit("/", 1)[-1]
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/shop:*"
    boto3.client("logs", region_name="us-east-1").create_log_group(logGroupName="/aws/route53/shop")
    route53.create_query_logging_config(HostedZoneId=ids["shop.example."], CloudWatchLogsLogGroupArn=group)
    tag = {"Key": "team", "Value": "red"}
    route53.change_tags_for_resource(
        ResourceType="hostedzone", ResourceId=ids["shop.example."], AddTags=[tag]
    )
    found = scan(Boto(), services=["route53"])
    shop, inside = found.one(TYPE, "shop.example."), found.one(TYPE, "inside.example.")
    assert shop.id == f"arn:aws:route53:::hostedzone/{ids['shop.example.']}"
    assert (shop.tags, shop.region, shop.unread) == ({"team": "red"}, None, {})
    assert shop.properties["QueryLoggingConfig"]["CloudWatchLogsLogGroupArn"] == group
    assert inside.properties["QueryLoggingConfig"]["CloudWatchLogsLogGroupArn"] is None
    assert shop.properties["Runtime"]["PrivateZone"] is False
    assert inside.properties["Runtime"]["PrivateZone"] is True


def zones(count: int) -> dict[str, Any]:
    all = [
        {"Id": f"/hostedzone/Z{number}", "Name": f"z{number}.", "Config": {"PrivateZone": False}}
        for number in range(count)
    ]
    return {"HostedZones": all, "IsTruncated": False}


def test_tags_of_ten_zones_are_asked_at_once(replay: Replay, scan: Scan) -> None:
    replay.record("route53", "ListHostedZones", zones(21))
    replay.record("route53", "ListQueryLoggingConfigs", {"QueryLoggingConfigs": []})
    replay.record("route53", "ListTagsForResources", {"ResourceTagSets": []}, forever=True)
    assert len(scan(replay, services=["route53"]).of(TYPE)) == 21
    asked = replay.count()
    assert (asked["ListTagsForResources"], asked["ListQueryLoggingConfigs"]) == (3, 1)


def test_denied_logging_is_not_off(replay: Replay, scan: Scan) -> None:
    replay.record("route53", "ListHostedZones", zones(1))
    replay.record("route53", "ListQueryLoggingConfigs", refused("AccessDenied", status=403))
    zone = scan(replay, services=["route53"]).one(TYPE)
    gap = zone.unread["QueryLoggingConfig.CloudWatchLogsLogGroupArn"]
    assert gap.call == "route53:ListQueryLoggingConfigs"
