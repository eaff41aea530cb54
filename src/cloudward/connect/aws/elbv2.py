"""Application, network and gateway load balancers, with their listeners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cloudward.connect.aws.batching import batches
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, details, same
from cloudward.model import Document

SERVICE = Service(
    "elbv2",
    prefix="elasticloadbalancing",
    scope="regional",
    title="Elastic Load Balancing",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html",
)


def _of_each(key: str, zones: Sequence[Document] | None) -> list[str]:
    return [each[key] for each in zones or () if each.get(key)]


def _zones(zones: Sequence[Document] | None) -> list[str]:
    return _of_each("ZoneName", zones)


def _subnets(zones: Sequence[Document] | None) -> list[str]:
    return _of_each("SubnetId", zones)


@collects(
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    id="LoadBalancerArn",
    calls=(
        Call("DescribeLoadBalancers", listing=True, params={"PageSize": 400}),
        Call("DescribeTags", into="TagList"),
        *details(
            Call("DescribeLoadBalancerAttributes", into="Attributes"),
            Call("DescribeListeners", into="Listener", params={"PageSize": 400}, extra=True),
            by={"LoadBalancerArn": "LoadBalancerArn"},
            gone=("LoadBalancerNotFound",),
        ),
        Call(
            "GetWebACLForResource",
            into="Firewall",
            service="wafv2",
            by={"ResourceArn": "LoadBalancerArn"},
            when=Using(lambda kind: kind == "application", "Type"),
            extra=True,
        ),
    ),
    fields={
        "Name": "LoadBalancerName!",
        **same("Type!", "Scheme", "IpAddressType", "SecurityGroups"),
        "Subnets": Using(_subnets, "AvailabilityZones"),
        "LoadBalancerAttributes": Items("Attributes.Attributes!", same("Key!", "Value")),
        "Listeners": Items(
            "Listener.Listeners!",
            {
                **same("ListenerArn!", "Port", "Protocol", "SslPolicy", "Certificates"),
                "MutualAuthentication.Mode": "MutualAuthentication.Mode",
                "DefaultActions": Items(
                    "DefaultActions",
                    {
                        **same("Type!", "TargetGroupArn"),
                        "RedirectConfig.Protocol": "RedirectConfig.Protocol",
                        "RedirectConfig.Port": "RedirectConfig.Port",
                    },
                ),
            },
        ),
        "Runtime.WebAclArn": "Firewall.WebACL.ARN",
        "Runtime.AvailabilityZones": Using(_zones, "AvailabilityZones"),
        "Runtime.State": "State.Code",
        **same("VpcId", "DNSName", "CreatedTime", into="Runtime"),
    },
    name="LoadBalancerName",
    tags="TagList",
    generation="CreatedTime",
)
def load_balancers(elbv2: Client) -> Iterator[Document]:
    """Application, network and gateway load balancers."""
    for batch in batches(elbv2.each("DescribeLoadBalancers", "LoadBalancers"), 20):
        yield from _tagged(elbv2, batch)


def _tagged(elbv2: Client, batch: list[Document]) -> Iterable[Document]:
    """Tags come for up to 20 balancers at once."""
    arns = [each["LoadBalancerArn"] for each in batch]
    tags = elbv2.grouped("DescribeTags", "TagDescriptions", "ResourceArn", ResourceArns=arns)
    for each in batch:
        found = tags[each["LoadBalancerArn"]]
        yield {**each, "TagList": found and found[0]["Tags"]}


@collects(
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    id="TargetGroupArn",
    calls=(Call("DescribeTargetGroups", listing=True, params={"PageSize": 400}),),
    fields={
        "Name": "TargetGroupName!",
        **same("TargetType", "Protocol", "ProtocolVersion", "Port", "VpcId"),
        **same("HealthCheckEnabled", "HealthCheckProtocol", "HealthCheckPath", "HealthCheckPort"),
        "Runtime.LoadBalancerArns": "LoadBalancerArns",
    },
    name="TargetGroupName",
)
def target_groups(elbv2: Client) -> Iterable[Document]:
    """Where balancers send what comes in."""
    return elbv2.each("DescribeTargetGroups", "TargetGroups")
