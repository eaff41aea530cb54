"""AWS WAF: web ACLs of regions and, from us-east-1, of CloudFront."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects
from cloudward.model import Document

SERVICE = Service(
    "wafv2",
    scope="regional",
    title="AWS WAF",
    quota=1,
    source="https://docs.aws.amazon.com/waf/latest/developerguide/limits.html",
)

CLOUDFRONTS = "us-east-1"
"""Where the web ACLs of CloudFront live."""


def _destinations(found: list[Any] | None) -> list[str]:
    return [arn for each in found or () for arn in each.get("LogDestinationConfigs") or ()]


@collects(
    "AWS::WAFv2::WebACL",
    id="ARN",
    calls=(
        Call("ListWebACLs", listing=True, params={"Limit": 100}),
        Call("ListLoggingConfigurations", into="Logging", params={"Limit": 100}),
        Call(
            "GetWebACL",
            into="Acl",
            by={"Name": "Name", "Id": "Id", "Scope": "Scope"},
            extra=True,
            gone=("WAFNonexistentItemException",),
        ),
    ),
    fields={
        "Name": "Name!",
        "Scope": "Scope!",
        "Description": "Description",
        "Rules": Items("Acl.WebACL!.Rules", {"Name": "Name!", "Priority": "Priority"}),
        "Runtime.FirewallManagerRuleGroups": Using(
            lambda *groups: sum(len(each or ()) for each in groups),
            "Acl.WebACL!.PreProcessFirewallManagerRuleGroups",
            "Acl.WebACL!.PostProcessFirewallManagerRuleGroups",
        ),
        "Runtime.LogDestinations": Using(_destinations, "Logging"),
    },
    name="Name",
)
def web_acls(wafv2: Client) -> Iterator[Document]:
    """Web ACLs."""
    for scope in ("REGIONAL", "CLOUDFRONT") if wafv2.region == CLOUDFRONTS else ("REGIONAL",):
        logs = wafv2.grouped("ListLoggingConfigurations", "LoggingConfigurations", "ResourceArn", Scope=scope)
        for acl in wafv2.each("ListWebACLs", "WebACLs", Scope=scope):
            yield {**acl, "Scope": scope, "Logging": logs[acl["ARN"]]}


@collects(
    "AWS::WAFv2::RuleGroup",
    id="ARN",
    calls=(
        Call("ListRuleGroups", listing=True, params={"Limit": 100}),
        Call(
            "GetRuleGroup",
            into="Group",
            by={"Name": "Name", "Id": "Id", "Scope": "Scope"},
            extra=True,
            gone=("WAFNonexistentItemException",),
        ),
    ),
    fields={
        "Name": "Name!",
        "Scope": "Scope!",
        "Description": "Description",
        "VisibilityConfig.CloudWatchMetricsEnabled": (
            "Group.RuleGroup!.VisibilityConfig!.CloudWatchMetricsEnabled!"
        ),
        "Rules": Items(
            "Group.RuleGroup!.Rules",
            {
                "Name": "Name!",
                "VisibilityConfig.CloudWatchMetricsEnabled": "VisibilityConfig!.CloudWatchMetricsEnabled!",
            },
        ),
    },
    name="Name",
)
def rule_groups(wafv2: Client) -> Iterator[Document]:
    """Rules that web ACLs share."""
    for scope in ("REGIONAL", "CLOUDFRONT") if wafv2.region == CLOUDFRONTS else ("REGIONAL",):
        for group in wafv2.each("ListRuleGroups", "RuleGroups", Scope=scope):
            yield {**group, "Scope": scope}
