"""Firewalls, their policies and groups of rules, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused

from .conftest import Scan

SERVICE = "network-firewall"
ARN = "arn:aws:network-firewall:us-east-1:123456789012"
FIREWALL = "AWS::NetworkFirewall::Firewall"


def firewall(replay: Replay) -> Replay:
    described = {
        "FirewallName": "edge",
        "FirewallArn": f"{ARN}:firewall/edge",
        "FirewallPolicyArn": f"{ARN}:firewall-policy/strict",
        "FirewallId": "1",
        "VpcId": "vpc-1",
        "SubnetMappings": [{"SubnetId": "subnet-1"}, {"SubnetId": "subnet-2"}],
        "DeleteProtection": True,
        "Tags": [{"Key": "team", "Value": "red"}],
    }
    listed = {"FirewallName": "edge", "FirewallArn": f"{ARN}:firewall/edge"}
    replay.record(SERVICE, "ListFirewalls", {"Firewalls": [listed]})
    return replay.record(SERVICE, "DescribeFirewall", {"Firewall": described, "FirewallStatus": {}})


def test_firewall_has_the_names_of_templates_and_says_what_it_logs(replay: Replay, scan: Scan) -> None:
    kinds = [{"LogType": kind, "LogDestinationType": "S3"} for kind in ("FLOW", "ALERT")]
    logging = {"LoggingConfiguration": {"LogDestinationConfigs": kinds}}
    firewall(replay).record(SERVICE, "DescribeLoggingConfiguration", logging)
    found = scan(replay, services=[SERVICE]).one(FIREWALL)
    assert (found.id, found.tags, found.unread) == (f"{ARN}:firewall/edge", {"team": "red"}, {})
    p = found.properties
    assert [each["SubnetId"] for each in p["SubnetMappings"]] == ["subnet-1", "subnet-2"]
    assert (p["VpcId"], p["DeleteProtection"], p["SubnetChangeProtection"]) == ("vpc-1", True, False)
    assert p["Runtime"]["LogTypes"] == ["ALERT", "FLOW"]


def test_firewall_that_does_not_log_has_no_kinds(replay: Replay, scan: Scan) -> None:
    firewall(replay).record(SERVICE, "DescribeLoggingConfiguration", {"LoggingConfiguration": {}})
    assert scan(replay, services=[SERVICE]).one(FIREWALL).properties["Runtime"]["LogTypes"] == []


def test_denied_logging_is_not_off(replay: Replay, scan: Scan) -> None:
    firewall(replay).record(SERVICE, "DescribeLoggingConfiguration", refused("AccessDeniedException"))
    found = scan(replay, services=[SERVICE]).one(FIREWALL)
    assert found.unread["Runtime.LogTypes"].call == "network-firewall:DescribeLoggingConfiguration"
    assert "LogTypes" not in found.properties["Runtime"]


def test_policy_says_what_it_does_by_default(replay: Replay, scan: Scan) -> None:
    policy = {
        "StatelessDefaultActions": ["aws:forward_to_sfe"],
        "StatelessFragmentDefaultActions": ["aws:pass"],
        "StatefulRuleGroupReferences": [{"ResourceArn": f"{ARN}:stateful-rulegroup/web"}],
    }
    answer = {"FirewallPolicy": policy, "FirewallPolicyResponse": {"FirewallPolicyId": "1", "Tags": []}}
    listed = {"Name": "strict", "Arn": f"{ARN}:firewall-policy/strict"}
    replay.record(SERVICE, "ListFirewallPolicies", {"FirewallPolicies": [listed]})
    replay.record(SERVICE, "DescribeFirewallPolicy", answer)
    found = scan(replay, services=[SERVICE]).one("AWS::NetworkFirewall::FirewallPolicy")
    p = found.properties["FirewallPolicy"]
    assert (found.name, found.unread) == ("strict", {})
    assert (p["StatelessDefaultActions"], p["StatelessFragmentDefaultActions"]) == (
        ["aws:forward_to_sfe"],
        ["aws:pass"],
    )
    assert (len(p["StatefulRuleGroupReferences"]), p["StatelessRuleGroupReferences"]) == (1, [])


def test_only_stateless_groups_are_looked_into(replay: Replay, scan: Scan) -> None:
    groups = [
        {"Name": "web", "Arn": f"{ARN}:stateful-rulegroup/web"},
        {"Name": "ports", "Arn": f"{ARN}:stateless-rulegroup/ports"},
    ]
    rules = {"StatelessRulesAndCustomActions": {"StatelessRules": [{"Priority": 1}]}}
    described = {"RuleGroup": {"RulesSource": rules}, "RuleGroupResponse": {}}
    replay.record(SERVICE, "ListRuleGroups", {"RuleGroups": groups})
    replay.record(SERVICE, "DescribeRuleGroup", described)
    replay.record(SERVICE, "ListTagsForResource", {"Tags": [{"Key": "team", "Value": "red"}]}, forever=True)
    found = scan(replay, services=[SERVICE])
    web, ports = (found.one("AWS::NetworkFirewall::RuleGroup", name) for name in ("web", "ports"))
    assert (web.properties["Type"], ports.properties["Type"]) == ("STATEFUL", "STATELESS")
    assert ports.properties["RuleGroup"]["RulesSource"] == {
        "StatelessRulesAndCustomActions": {"StatelessRules": [{"Priority": 1}]}
    }
    assert web.tags == ports.tags == {"team": "red"}
    assert replay.count()["DescribeRuleGroup"] == 1
