"""Classic load balancers as moto plays them, and what it cannot play as recorded."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Reason

from .conftest import Scan

TYPE = "AWS::ElasticLoadBalancing::LoadBalancer"
PLAIN = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 80}
SECURE = {
    "Protocol": "HTTPS",
    "LoadBalancerPort": 443,
    "InstancePort": 80,
    "SSLCertificateId": "arn:aws:acm:us-east-1:123456789012:certificate/one",
}


@pytest.mark.usefixtures("moto")
def test_load_balancer_has_cloudformations_shape(scan: Scan) -> None:
    elb = boto3.client("elb", region_name="us-east-1")
    elb.create_load_balancer(
        LoadBalancerName="web",
        Listeners=[PLAIN],
        AvailabilityZones=["us-east-1a", "us-east-1b"],
        Tags=[{"Key": "team", "Value": "red"}],
    )
    elb.modify_load_balancer_attributes(
        LoadBalancerName="web",
        LoadBalancerAttributes={
            "AccessLog": {"Enabled": True, "S3BucketName": "logs"},
            "ConnectionDraining": {"Enabled": True},
            "CrossZoneLoadBalancing": {"Enabled": True},
        },
    )
    found = scan(Boto(), services=["elb"], regions=["us-east-1"]).one(TYPE)
    p = found.properties
    assert found.id == "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/web"
    assert found.tags == {"team": "red"}
    assert (p["CrossZone"], p["ConnectionDrainingPolicy"]["Enabled"]) == (True, True)
    assert p["AccessLoggingPolicy"] == {"Enabled": True, "S3BucketName": "logs"}
    assert p["AvailabilityZones"] == ["us-east-1a", "us-east-1b"]
    assert (p["Listeners"][0]["Protocol"], p["Listeners"][0]["LoadBalancerPort"]) == ("HTTP", "80")
    assert p["Runtime"]["SecurityPolicies"] == []
    assert found.unread == {}


def balancer(name: str, listener: dict[str, Any]) -> dict[str, Any]:
    return {
        "LoadBalancerName": name,
        "AvailabilityZones": ["a"],
        "ListenerDescriptions": [{"Listener": listener, "PolicyNames": ["p"]}],
    }


def test_policies_are_asked_only_where_tls_ends(replay: Replay, scan: Scan) -> None:
    both = [balancer("plain", PLAIN), balancer("secure", SECURE)]
    policy = {
        "PolicyName": "p",
        "PolicyTypeName": "SSLNegotiationPolicyType",
        "PolicyAttributeDescriptions": [
            {"AttributeName": "Reference-Security-Policy", "AttributeValue": "ELBSecurityPolicy-2016-08"}
        ],
    }
    replay.record("elb", "DescribeLoadBalancers", {"LoadBalancerDescriptions": both})
    replay.record("elb", "DescribeLoadBalancerPolicies", {"PolicyDescriptions": [policy]})
    secure = scan(replay, services=["elb"]).one(TYPE, "secure")
    assert replay.count()["DescribeLoadBalancerPolicies"] == 1
    assert secure.properties["Runtime"]["SecurityPolicies"] == ["ELBSecurityPolicy-2016-08"]


@pytest.mark.parametrize(
    ("kind", "attributes", "found"),
    [
        (
            "SSLNegotiationPolicyType",
            [{"AttributeName": "Protocol-TLSv1", "AttributeValue": "true"}],
            ["custom"],
        ),
        ("LBCookieStickinessPolicyType", [], []),
    ],
)
def test_own_policy_is_custom_and_other_kinds_say_nothing(
    kind: str, attributes: list[Any], found: list[str], replay: Replay, scan: Scan
) -> None:
    policy = {"PolicyName": "p", "PolicyTypeName": kind, "PolicyAttributeDescriptions": attributes}
    replay.record("elb", "DescribeLoadBalancers", {"LoadBalancerDescriptions": [balancer("s", SECURE)]})
    replay.record("elb", "DescribeLoadBalancerPolicies", {"PolicyDescriptions": [policy]})
    assert scan(replay, services=["elb"]).one(TYPE).properties["Runtime"]["SecurityPolicies"] == found


def test_tags_are_asked_for_twenty_at_once_and_denied_for_all_of_them(replay: Replay, scan: Scan) -> None:
    many = [balancer(f"lb-{number}", PLAIN) for number in range(21)]
    replay.record("elb", "DescribeLoadBalancers", {"LoadBalancerDescriptions": many})
    tags = [{"LoadBalancerName": "lb-20", "Tags": [{"Key": "team", "Value": "red"}]}]
    replay.record("elb", "DescribeTags", refused("AccessDenied", "no", 403), {"TagDescriptions": tags})
    found = scan(replay, services=["elb"])
    assert replay.count()["DescribeTags"] == 2
    assert found.one(TYPE, "lb-0").unread["meta.tags"].reason is Reason.DENIED
    assert found.one(TYPE, "lb-20").tags == {"team": "red"}


def test_desync_mode_is_among_the_further_attributes(replay: Replay, scan: Scan) -> None:
    off = {"Enabled": False}
    attributes = {
        "CrossZoneLoadBalancing": off,
        "AccessLog": off,
        "ConnectionDraining": off,
        "AdditionalAttributes": [{"Key": "elb.http.desyncmitigationmode", "Value": "monitor"}],
    }
    replay.record("elb", "DescribeLoadBalancers", {"LoadBalancerDescriptions": [balancer("lb", PLAIN)]})
    replay.record("elb", "DescribeLoadBalancerAttributes", {"LoadBalancerAttributes": attributes})
    found = scan(replay, services=["elb"]).one(TYPE)
    assert found.properties["Runtime"]["DesyncMitigationMode"] == "monitor"
    assert found.properties["AccessLoggingPolicy"]["Enabled"] is False
