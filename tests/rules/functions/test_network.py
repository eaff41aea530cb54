from __future__ import annotations

from typing import Any

import pytest

from cloudward.rules.functions.addresses import public_address
from cloudward.rules.functions.azure import azure_is_internet, azure_rule_reaches
from cloudward.rules.functions.network import is_internet, reaches


@pytest.mark.parametrize(
    ("rule", "internet"),
    [
        ({"CidrIp": "0.0.0.0/0"}, True),
        ({"CidrIp": " 0.0.0.0/0 "}, True),
        ({"CidrIp": "0.0.0.0/0.0.0.0"}, True),
        ({"CidrIp": "10.1.2.3/0"}, True),
        ({"CidrIp": None, "CidrIpv6": "::/0"}, True),
        ({"CidrIpv6": "0:0:0:0:0:0:0:0/0"}, True),
        ({"CidrIpv6": "0000::/0"}, True),
        ({"CidrBlock": "0.0.0.0/0", "Egress": False}, True),
        ({"CidrBlock": None, "Ipv6CidrBlock": "::/0"}, True),
        ({"CidrIp": "0.0.0.0/1"}, False),
        ({"CidrIp": "128.0.0.0/1"}, False),
        ({"CidrIpv6": "::/1"}, False),
        ({"CidrIpv6": "2000::/3"}, False),
        ({"CidrIp": "0.0.0.0/32"}, False),
        ({"CidrIp": "0.0.0.0"}, False),
        ({"CidrIp": "10.0.0.0/8"}, False),
        ({"SourcePrefixListId": "pl-1", "CidrIp": None, "CidrIpv6": None}, False),
        ({"SourceSecurityGroupId": "sg-1"}, False),
        ({}, False),
    ],
)
def test_the_whole_internet_in_any_spelling(rule: dict[str, Any], internet: bool) -> None:
    assert is_internet(rule) is internet


@pytest.mark.parametrize("rule", [{"CidrIp": "everyone"}, {"CidrIp": "0.0.0.0/33"}, {"CidrIp": 0}])
def test_what_is_no_range_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        is_internet(rule)


@pytest.mark.parametrize(
    ("rule", "protocol", "port", "reached"),
    [
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}, "tcp", 22, True),
        ({"IpProtocol": "tcp", "FromPort": 20, "ToPort": 22}, "tcp", 22, True),
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 30}, "tcp", 22, True),
        ({"IpProtocol": "tcp", "FromPort": 23, "ToPort": 30}, "tcp", 22, False),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 21}, "tcp", 22, False),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}, "tcp", 22, True),
        ({"IpProtocol": "6", "FromPort": 22, "ToPort": 22}, "tcp", 22, True),
        ({"IpProtocol": 6, "FromPort": 22, "ToPort": 22}, "TCP", 22, True),
        ({"IpProtocol": "TCP", "FromPort": 22, "ToPort": 22}, "6", 22, True),
        ({"IpProtocol": "udp", "FromPort": 22, "ToPort": 22}, "tcp", 22, False),
        ({"IpProtocol": "17", "FromPort": 53, "ToPort": 53}, "udp", 53, True),
        ({"IpProtocol": "-1", "FromPort": None, "ToPort": None}, "tcp", 22, True),
        ({"IpProtocol": "-1", "FromPort": 80, "ToPort": 80}, "tcp", 22, True),
        ({"IpProtocol": -1}, "udp", 53, True),
        ({"IpProtocol": "all"}, "udp", 53, True),
        ({"IpProtocol": "tcp", "FromPort": None, "ToPort": None}, "tcp", 22, True),
        ({"IpProtocol": "tcp", "FromPort": -1, "ToPort": -1}, "tcp", 22, True),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, "tcp", 22, False),
        ({"IpProtocol": "58"}, "icmpv6", 0, True),
        ({"IpProtocol": "50"}, "tcp", 22, False),
        ({"Protocol": 6, "PortRange": {"From": 22, "To": 22}}, "tcp", 22, True),
        ({"Protocol": 6, "PortRange": {"From": 80, "To": 443}}, "tcp", 22, False),
        ({"Protocol": 6, "PortRange": {"From": None, "To": None}}, "tcp", 22, True),
        ({"Protocol": -1, "PortRange": {"From": None, "To": None}}, "tcp", 3389, True),
        ({"Protocol": 17, "PortRange": {"From": 22, "To": 22}}, "tcp", 22, False),
    ],
)
def test_a_rule_reaches_a_port(rule: dict[str, Any], protocol: str, port: int, reached: bool) -> None:
    assert reaches(rule, protocol, port) is reached


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"IpProtocol": "quick"},
        {"IpProtocol": None},
        {"IpProtocol": "tcp", "FromPort": "22"},
        {"Protocol": True},
    ],
)
def test_what_is_no_rule_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        reaches(rule, "tcp", 22)


@pytest.mark.parametrize(
    ("rule", "internet"),
    [
        ({"sourceAddressPrefix": "*"}, True),
        ({"sourceAddressPrefix": "Internet"}, True),
        ({"sourceAddressPrefix": "INTERNET"}, True),
        ({"sourceAddressPrefix": "Any"}, True),
        ({"sourceAddressPrefix": "0.0.0.0/0"}, True),
        ({"sourceAddressPrefix": "::/0"}, True),
        ({"sourceAddressPrefix": None, "sourceAddressPrefixes": ["10.0.0.0/8", "0.0.0.0/0"]}, True),
        ({"properties": {"sourceAddressPrefix": "*"}, "name": "ssh"}, True),
        ({"sourceAddressPrefix": "VirtualNetwork"}, False),
        ({"sourceAddressPrefix": "AzureLoadBalancer"}, False),
        ({"sourceAddressPrefix": "AzureCloud.westeurope"}, False),
        ({"sourceAddressPrefix": "203.0.113.0/24"}, False),
        ({"sourceAddressPrefix": "203.0.113.7"}, False),
        ({"sourceAddressPrefix": "0.0.0.0/1", "sourceAddressPrefixes": ["128.0.0.0/1"]}, False),
        ({"sourceAddressPrefix": None, "sourceAddressPrefixes": []}, False),
        ({"sourceApplicationSecurityGroups": [{"id": "x"}]}, False),
    ],
)
def test_an_azure_rule_from_everywhere(rule: dict[str, Any], internet: bool) -> None:
    assert azure_is_internet(rule) is internet


@pytest.mark.parametrize(
    ("rule", "reached"),
    [
        ({"protocol": "Tcp", "destinationPortRange": "22"}, True),
        ({"protocol": "TCP", "destinationPortRange": "22"}, True),
        ({"protocol": "*", "destinationPortRange": "*"}, True),
        ({"protocol": "Tcp", "destinationPortRange": "20-30"}, True),
        ({"protocol": "Tcp", "destinationPortRange": "", "destinationPortRanges": ["80", "22"]}, True),
        (
            {"protocol": "Tcp", "destinationPortRange": None, "destinationPortRanges": ["1-21", "23-99"]},
            False,
        ),
        ({"protocol": "Tcp", "destinationPortRange": "220"}, False),
        ({"protocol": "Udp", "destinationPortRange": "22"}, False),
        ({"protocol": "Icmp", "destinationPortRange": "*"}, False),
        ({"properties": {"protocol": "Tcp", "destinationPortRange": "0-65535"}}, True),
        ({"protocol": "Tcp"}, False),
    ],
)
def test_an_azure_rule_reaches_a_port(rule: dict[str, Any], reached: bool) -> None:
    assert azure_rule_reaches(rule, "Tcp", 22) is reached


@pytest.mark.parametrize(
    "rule", [{}, {"protocol": "Tcp", "destinationPortRange": "ssh"}, {"properties": None}]
)
def test_what_is_no_azure_rule_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        azure_rule_reaches(rule, "Tcp", 22)


@pytest.mark.parametrize(
    ("cidr", "public"),
    [
        ("8.8.8.8", True),
        ("8.8.8.0/24", True),
        ("0.0.0.0/0", True),
        ("::/0", True),
        ("10.0.0.0/7", True),
        ("2600:1f00::/24", True),
        ("10.0.0.0/8", False),
        ("10.1.2.3", False),
        ("172.31.0.0/16", False),
        ("172.32.0.0/16", True),
        ("192.168.1.1/32", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("fd00::/8", False),
        ("fe80::1", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
    ],
)
def test_addresses_of_the_internet(cidr: str, public: bool) -> None:
    assert public_address(cidr) is public
