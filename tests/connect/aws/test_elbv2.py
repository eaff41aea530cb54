"""Load balancers as moto plays them, and their firewalls and faults as recorded."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Reason

from .conftest import Scan

TYPE = "AWS::ElasticLoadBalancingV2::LoadBalancer"
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1"


@pytest.mark.usefixtures("moto")
def test_load_balancer_has_its_listeners_and_attributes(scan: Scan) -> None:
    ec2 = boto3.client("ec2", region_name="us-east-1")
    elbv2 = boto3.client("elbv2", region_name="us-east-1")
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"][:2]]
    made = elbv2.create_load_balancer(Name="web", Subnets=subnets, Tags=[{"Key": "team", "Value": "red"}])
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    redirect: Any = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
    elbv2.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[redirect])
    on: Any = {"Key": "deletion_protection.enabled", "Value": "true"}
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[on])
    found = scan(Boto(), services=["elbv2"], regions=["us-east-1"]).one(TYPE)
    assert (found.id, found.tags) == (arn, {"team": "red"})
    assert found.properties["Subnets"] == subnets
    assert on in found.properties["LoadBalancerAttributes"]
    (listener,) = found.properties["Listeners"]
    assert (listener["Protocol"], listener["Port"]) == ("HTTP", 80)
    assert listener["DefaultActions"][0]["RedirectConfig"]["Protocol"] == "HTTPS"
    assert len(found.properties["Runtime"]["AvailabilityZones"]) == 2


def balancer(kind: str) -> dict[str, Any]:
    return {"LoadBalancers": [{"LoadBalancerArn": ARN, "LoadBalancerName": "web", "Type": kind}]}


def test_firewall_is_named_and_none_is_known_to_be_none(replay: Replay, scan: Scan) -> None:
    replay.record("elbv2", "DescribeLoadBalancers", balancer("application"), balancer("application"))
    replay.record("wafv2", "GetWebACLForResource", {"WebACL": {"ARN": "arn:acl"}}, {})
    first, second = (scan(replay, services=["elbv2"]).one(TYPE) for _ in range(2))
    assert first.properties["Runtime"]["WebAclArn"] == "arn:acl"
    assert second.properties["Runtime"]["WebAclArn"] is None
    assert "Runtime.WebAclArn" not in second.unread


def test_only_application_load_balancers_are_asked_for_a_firewall(replay: Replay, scan: Scan) -> None:
    replay.record("elbv2", "DescribeLoadBalancers", balancer("network"))
    scan(replay, services=["elbv2"])
    assert replay.count()["GetWebACLForResource"] == 0


def test_denied_firewall_and_listeners_are_unread(replay: Replay, scan: Scan) -> None:
    denied = refused("AccessDenied", "no", 403)
    replay.record("elbv2", "DescribeLoadBalancers", balancer("application"))
    replay.record("elbv2", "DescribeListeners", denied)
    replay.record("wafv2", "GetWebACLForResource", refused("AccessDeniedException", "no", 400))
    unread = scan(replay, services=["elbv2"]).one(TYPE).unread
    assert unread["Listeners"].reason is Reason.DENIED
    assert (unread["Runtime.WebAclArn"].reason, unread["Runtime.WebAclArn"].call) == (
        Reason.DENIED,
        "wafv2:GetWebACLForResource",
    )


def test_balancer_that_was_deleted_meanwhile_is_dropped(replay: Replay, scan: Scan) -> None:
    replay.record("elbv2", "DescribeLoadBalancers", balancer("application"))
    replay.record("elbv2", "DescribeLoadBalancerAttributes", refused("LoadBalancerNotFound", "", 400))
    assert scan(replay, services=["elbv2"]).of(TYPE) == []


def test_target_group_tells_how_its_targets_are_reached(replay: Replay, scan: Scan) -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"
    group = {
        "TargetGroupArn": arn,
        "TargetGroupName": "web",
        "Protocol": "HTTP",
        "HealthCheckProtocol": "HTTPS",
    }
    replay.record("elbv2", "DescribeTargetGroups", {"TargetGroups": [group]})
    found = scan(replay, services=["elbv2"]).one("AWS::ElasticLoadBalancingV2::TargetGroup")
    assert (found.id, found.name, found.properties["TargetType"]) == (arn, "web", "instance")
    assert (found.properties["Protocol"], found.properties["HealthCheckProtocol"]) == ("HTTP", "HTTPS")
