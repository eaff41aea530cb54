"""Classic load balancers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cloudward.connect.aws.batching import batches
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, details, same
from cloudward.model import Document

SERVICE = Service(
    "elb",
    prefix="elasticloadbalancing",
    scope="regional",
    title="Elastic Load Balancing (classic)",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-limits.html",
)

ATTRIBUTES = "Attributes.LoadBalancerAttributes!"
REFERENCE = "Reference-Security-Policy"
DESYNC = "elb.http.desyncmitigationmode"


def _terminates_tls(listeners: Sequence[Document] | None) -> bool:
    """Only listeners with TLS, which have a certificate, have policies that are worth asking for."""
    return any(each["Listener"].get("SSLCertificateId") for each in listeners or ())


def _security_policies(
    listeners: Sequence[Document] | None, policies: Sequence[Document] | None
) -> list[str]:
    """The predefined policy behind each listener with TLS; what somebody made himself is `custom`."""
    predefined = {each["PolicyName"]: _reference(each) for each in policies or ()}
    secure = (each for each in listeners or () if _terminates_tls([each]))
    named = (name for each in secure for name in each.get("PolicyNames") or ())
    return sorted(predefined[name] for name in named if predefined[name])


def _reference(policy: Document) -> str:
    """Other kinds of policies (cookies, for instance) say nothing of TLS."""
    if policy["PolicyTypeName"] != "SSLNegotiationPolicyType":
        return ""
    attributes = policy.get("PolicyAttributeDescriptions") or ()
    found = (each.get("AttributeValue") for each in attributes if each["AttributeName"] == REFERENCE)
    return next(filter(None, found), "custom")


def _desync(attributes: Sequence[Document] | None) -> Any:
    return next((each["Value"] for each in attributes or () if each["Key"] == DESYNC), None)


@collects(
    "AWS::ElasticLoadBalancing::LoadBalancer",
    id="arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{LoadBalancerName}",
    calls=(
        Call("DescribeLoadBalancers", listing=True),
        Call("DescribeTags", into="TagList"),
        *details(
            Call("DescribeLoadBalancerAttributes", into="Attributes"),
            Call(
                "DescribeLoadBalancerPolicies",
                into="Policy",
                when=Using(_terminates_tls, "ListenerDescriptions"),
                extra=True,
            ),
            by={"LoadBalancerName": "LoadBalancerName"},
            gone=("LoadBalancerNotFound", "AccessPointNotFound"),
        ),
    ),
    fields={
        **same("LoadBalancerName!", "Scheme", "AvailabilityZones", "Subnets", "SecurityGroups"),
        "Listeners": Items(
            "ListenerDescriptions",
            {
                **same("LoadBalancerPort!", "Protocol!", "InstancePort", "InstanceProtocol", of="Listener!"),
                "SSLCertificateId": "Listener!.SSLCertificateId",
                "PolicyNames": "PolicyNames",
            },
        ),
        "AccessLoggingPolicy.Enabled": f"{ATTRIBUTES}.AccessLog!.Enabled!",
        "AccessLoggingPolicy.S3BucketName": f"{ATTRIBUTES}.AccessLog!.S3BucketName",
        "CrossZone": f"{ATTRIBUTES}.CrossZoneLoadBalancing!.Enabled!",
        "ConnectionDrainingPolicy.Enabled": f"{ATTRIBUTES}.ConnectionDraining!.Enabled!",
        "Runtime.DesyncMitigationMode": Using(_desync, f"{ATTRIBUTES}.AdditionalAttributes"),
        "Runtime.SecurityPolicies": Using(
            _security_policies, "ListenerDescriptions", "Policy.PolicyDescriptions"
        ),
        "Runtime.VpcId": "VPCId",
        **same("AvailabilityZones!", into="Runtime"),
        "Runtime.InstanceCount": Using(lambda instances: len(instances or ()), "Instances"),
        **same("DNSName", "CreatedTime", into="Runtime"),
    },
    name="LoadBalancerName",
    tags="TagList",
    generation="CreatedTime",
)
def load_balancers(elb: Client) -> Iterator[Document]:
    """Classic load balancers."""
    for batch in batches(elb.each("DescribeLoadBalancers", "LoadBalancerDescriptions", PageSize=400), 20):
        yield from _tagged(elb, batch)


def _tagged(elb: Client, batch: list[Document]) -> Iterable[Document]:
    """Tags come for up to 20 names at once."""
    names = [each["LoadBalancerName"] for each in batch]
    tags = elb.grouped("DescribeTags", "TagDescriptions", "LoadBalancerName", LoadBalancerNames=names)
    for each in batch:
        found = tags[each["LoadBalancerName"]]
        yield {**each, "TagList": found and found[0]["Tags"]}
