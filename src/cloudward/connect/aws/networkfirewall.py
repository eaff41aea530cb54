"""Network Firewall: firewalls of networks, the policies that they follow, and groups of rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, details, same
from cloudward.model import Document

SERVICE = Service(
    "network-firewall",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/network-firewall/latest/developerguide/quotas.html",
    title="AWS Network Firewall",
)

FIREWALL = "Described.Firewall!"
LOGS = "Logging.LoggingConfiguration.LogDestinationConfigs"
POLICY = "Described.FirewallPolicy!"
STATELESS = "RulesSource.StatelessRulesAndCustomActions.StatelessRules"


def _kinds(logs: Sequence[Document] | None) -> list[str]:
    return sorted({each["LogType"] for each in logs or ()})


@collects(
    "AWS::NetworkFirewall::Firewall",
    id="FirewallArn",
    calls=(
        Call("ListFirewalls", listing=True, params={"MaxResults": 100}),
        *details(
            Call("DescribeFirewall", into="Described"),
            Call("DescribeLoggingConfiguration", into="Logging", extra=True),
            by={"FirewallArn": "FirewallArn"},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "FirewallName": "FirewallName!",
        **same("FirewallPolicyArn", "VpcId", "TransitGatewayId", "Description", of=FIREWALL),
        **same("DeleteProtection", "SubnetChangeProtection", of=FIREWALL),
        **same("FirewallPolicyChangeProtection", of=FIREWALL),
        "SubnetMappings": Items(f"{FIREWALL}.SubnetMappings", same("SubnetId!", "IPAddressType")),
        "AvailabilityZoneMappings": Items(f"{FIREWALL}.AvailabilityZoneMappings", same("AvailabilityZone!")),
        "Runtime.LogTypes": Using(_kinds, LOGS),
        "Runtime.Status": "Described.FirewallStatus.Status",
        "Runtime.FirewallId": f"{FIREWALL}.FirewallId",
    },
    name="FirewallName",
    tags=f"{FIREWALL}.Tags",
    generation=f"{FIREWALL}.FirewallId",
)
def firewalls(firewall: Client) -> Iterable[Document]:
    """Firewalls of networks."""
    return firewall.each("ListFirewalls", "Firewalls")


@collects(
    "AWS::NetworkFirewall::FirewallPolicy",
    id="Arn",
    calls=(
        Call("ListFirewallPolicies", listing=True, params={"MaxResults": 100}),
        Call(
            "DescribeFirewallPolicy",
            into="Described",
            by={"FirewallPolicyArn": "Arn"},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "FirewallPolicyName": "Name!",
        **same("StatelessDefaultActions!", of=POLICY, into="FirewallPolicy"),
        **same("StatelessFragmentDefaultActions!", of=POLICY, into="FirewallPolicy"),
        **same("StatefulDefaultActions", of=POLICY, into="FirewallPolicy"),
        **same(
            "RuleOrder", of=f"{POLICY}.StatefulEngineOptions", into="FirewallPolicy.StatefulEngineOptions"
        ),
        "FirewallPolicy.StatelessRuleGroupReferences": Items(
            f"{POLICY}.StatelessRuleGroupReferences", same("ResourceArn!", "Priority")
        ),
        "FirewallPolicy.StatefulRuleGroupReferences": Items(
            f"{POLICY}.StatefulRuleGroupReferences", same("ResourceArn!", "Priority")
        ),
        "Runtime.FirewallPolicyStatus": "Described.FirewallPolicyResponse!.FirewallPolicyStatus",
        "Runtime.NumberOfAssociations": "Described.FirewallPolicyResponse!.NumberOfAssociations",
    },
    name="Name",
    tags="Described.FirewallPolicyResponse!.Tags",
    generation="Described.FirewallPolicyResponse!.FirewallPolicyId",
)
def policies(firewall: Client) -> Iterable[Document]:
    """What firewalls do with a packet."""
    return firewall.each("ListFirewallPolicies", "FirewallPolicies")


def _type(arn: str) -> str:
    """The kind of a group stands in its ARN, so stateful ones need not be asked for it."""
    return "STATEFUL" if ":stateful-rulegroup/" in arn else "STATELESS"


def _is_stateless(arn: str) -> bool:
    return _type(arn) == "STATELESS"


@collects(
    "AWS::NetworkFirewall::RuleGroup",
    id="Arn",
    calls=(
        Call("ListRuleGroups", listing=True, params={"Scope": "ACCOUNT", "MaxResults": 100}),
        *details(
            Call(
                "DescribeRuleGroup",
                into="Described",
                by={"RuleGroupArn": "Arn"},
                when=Using(_is_stateless, "Arn!"),
            ),
            Call("ListTagsForResource", into="Tagging", by={"ResourceArn": "Arn"}),
            extra=True,
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "RuleGroupName": "Name!",
        "Type": Using(_type, "Arn!"),
        f"RuleGroup.{STATELESS}": Items(f"Described.RuleGroup!.{STATELESS}", same("Priority!")),
    },
    name="Name",
    tags="Tagging.Tags!",
)
def rule_groups(firewall: Client) -> Iterable[Document]:
    """The account's own groups of rules; only stateless ones are looked into."""
    return firewall.each("ListRuleGroups", "RuleGroups")
