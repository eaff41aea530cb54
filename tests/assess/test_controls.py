from __future__ import annotations

from collections import Counter

from cloudward.pack import load

MAXIMA = {
    "enable-mfa": 10,
    "secure-management-ports": 8,
    "apply-system-updates": 6,
    "remediate-vulnerabilities": 6,
    "remediate-security-configurations": 4,
    "manage-access-and-permissions": 4,
    "enable-encryption-at-rest": 4,
    "encrypt-data-in-transit": 4,
    "restrict-unauthorized-network-access": 4,
    "apply-adaptive-application-control": 3,
    "protect-applications-against-ddos-attacks": 2,
    "enable-endpoint-protection": 2,
    "enable-auditing-and-logging": 1,
    "enable-enhanced-security-features": 0,
    "implement-security-best-practices": 0,
}


def test_the_controls_are_those_of_the_published_score() -> None:
    assert {control.id: control.max for control in load().controls} == MAXIMA
    assert sum(MAXIMA.values()) == 58


def test_every_policy_counts_in_exactly_one_control() -> None:
    pack = load()
    counted = Counter(policy for control in pack.controls for policy in control.policies)
    missing = [id for id in pack.policies if not counted[id]]
    assert not missing, f"name them in a file of content/controls: {missing}"
    assert not [id for id, times in counted.items() if times > 1]


def test_what_is_severe_is_scored_unless_it_asks_for_a_product() -> None:
    pack = load()
    practices = next(each for each in pack.controls if each.id == "implement-security-best-practices")
    assert "high" not in {pack.policies[id].severity.value for id in practices.policies}
