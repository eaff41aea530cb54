"""Exports of Azure Resource Graph, from the file to the verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cloudward
from tests.estates.verdicts import cases

ROOT = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"


def account(**properties: Any) -> dict[str, Any]:
    return {"properties": {"supportsHttpsTrafficOnly": True, **properties}}


ACCOUNTS: dict[str, dict[str, Any]] = {
    "bare": account(),
    "http": account(supportsHttpsTrafficOnly=False),
    "blobs-closed": account(allowBlobPublicAccess=False),
    "blobs-open": account(allowBlobPublicAccess=True),
    "deny": account(networkAcls={"defaultAction": "Deny", "bypass": "AzureServices"}),
    "allow": account(networkAcls={"defaultAction": "Allow"}),
    "off": account(publicNetworkAccess="Disabled", networkAcls={"defaultAction": "Allow"}),
    "tls10": account(minimumTlsVersion="TLS1_0"),
    "tls12": account(minimumTlsVersion="TLS1_2"),
    "tls13": account(minimumTlsVersion="TLS1_3"),
    "own-key": account(encryption={"keySource": "Microsoft.Keyvault"}),
    "their-key": account(encryption={"keySource": "Microsoft.Storage"}),
    "twice": account(encryption={"requireInfrastructureEncryption": True}),
    "LOWER": {"type": "microsoft.storage/storageaccounts", **account(allowBlobPublicAccess=True)},
}


def rule(priority: int, ports: str, source: str = "*", access: str = "Allow", **more: Any) -> dict[str, Any]:
    settings = {
        "priority": priority,
        "access": access,
        "direction": "Inbound",
        "protocol": "Tcp",
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": ports,
    }
    return {"name": f"r{priority}", "properties": {**settings, **more}}


GROUPS: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "ssh": [rule(100, "22")],
    "ssh-internet": [rule(100, "22", "Internet")],
    "ssh-zero": [rule(100, "22", "0.0.0.0/0")],
    "ssh-v6": [rule(100, "22", "::/0")],
    "ssh-case": [rule(100, "22", "INTERNET", "allow", direction="inbound", protocol="TCP")],
    "ssh-range": [rule(100, "20-30")],
    "ssh-list": [rule(100, "", destinationPortRanges=["80", "22-22"])],
    "ssh-sources": [rule(100, "22", "", sourceAddressPrefixes=["10.0.0.0/8", "0.0.0.0/0"])],
    "ssh-network": [rule(100, "22", "VirtualNetwork")],
    "ssh-balancer": [rule(100, "22", "AzureLoadBalancer")],
    "ssh-office": [rule(100, "22", "203.0.113.0/24")],
    "ssh-out": [rule(100, "22", direction="Outbound")],
    "ssh-udp": [rule(100, "22", protocol="Udp")],
    "ssh-denied-before": [rule(100, "22", access="Deny"), rule(200, "22")],
    "ssh-denied-after": [rule(100, "22"), rule(200, "22", access="Deny")],
    "any": [rule(100, "*", protocol="*")],
    "rdp": [rule(100, "3389")],
    "http": [rule(100, "80")],
    "dns": [rule(100, "53", protocol="Udp")],
}


def _export() -> list[dict[str, Any]]:
    storage = [
        {
            "id": f"{ROOT}/Microsoft.Storage/storageAccounts/{name}",
            "name": name,
            "location": "westeurope",
            "type": "Microsoft.Storage/storageAccounts",
            **document,
        }
        for name, document in ACCOUNTS.items()
    ]
    groups = [
        {
            "id": f"{ROOT}/Microsoft.Network/networkSecurityGroups/{name}",
            "name": name,
            "location": "westeurope",
            "type": "microsoft.network/networksecuritygroups",
            "properties": {"securityRules": rules},
        }
        for name, rules in GROUPS.items()
    ]
    kept = {"enabled": True, "days": 7}
    policies = {
        "both": {"deleteRetentionPolicy": kept, "containerDeleteRetentionPolicy": kept},
        "blobs": {"deleteRetentionPolicy": kept, "containerDeleteRetentionPolicy": {"enabled": False}},
    }
    blobs = [
        {
            "id": f"{ROOT}/Microsoft.Storage/storageAccounts/{name}/blobServices/default",
            "name": "default",
            "type": "Microsoft.Storage/storageAccounts/blobServices",
            "properties": properties,
        }
        for name, properties in policies.items()
    ]
    return [*storage, *groups, *blobs]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    path = tmp_path_factory.mktemp("azure") / "export.json"
    path.write_text(json.dumps({"data": _export(), "count": len(_export())}))
    return _scanned(path)


def _scanned(path: Path) -> dict[tuple[str, str], str]:
    found = cloudward.scan_file(path).assessments
    return {
        (a.policy.id, a.resource.id.lower().removeprefix(f"{ROOT}/".lower()).split("/", 2)[2]): a.status.value
        for a in found
    }


_OPEN = [
    "ssh",
    "ssh-internet",
    "ssh-zero",
    "ssh-v6",
    "ssh-case",
    "ssh-range",
    "ssh-list",
    "ssh-sources",
    "ssh-denied-after",
    "any",
]
_SHUT = [
    "none",
    "ssh-network",
    "ssh-balancer",
    "ssh-office",
    "ssh-out",
    "ssh-udp",
    "ssh-denied-before",
    "rdp",
]


@pytest.mark.parametrize(
    ("policy", "name", "status"),
    [
        *cases("azure-storage-https-only", healthy=["bare"], unhealthy=["http"]),
        *cases(
            "azure-storage-anonymous-access",
            healthy=["blobs-closed"],
            unhealthy=["blobs-open", "lower", "bare"],
        ),
        *cases(
            "azure-storage-network-default-deny",
            healthy=["deny"],
            unhealthy=["allow", "bare"],
            not_applicable=["off"],
        ),
        *cases("azure-storage-tls-version", healthy=["tls12", "tls13"], unhealthy=["tls10", "bare"]),
        *cases("azure-storage-customer-managed-key", healthy=["own-key"], unhealthy=["their-key"]),
        *cases("azure-storage-infrastructure-encryption", healthy=["twice"], unhealthy=["own-key"]),
        *cases(
            "azure-storage-soft-delete",
            healthy=["both/blobservices/default"],
            unhealthy=["blobs/blobservices/default"],
        ),
        *cases("azure-network-open-ssh", healthy=_SHUT, unhealthy=_OPEN),
        *cases("azure-network-open-rdp", healthy=["ssh", "none"], unhealthy=["rdp", "any"]),
        *cases("azure-network-open-http", healthy=["ssh", "none"], unhealthy=["http", "any"]),
        *cases("azure-network-open-udp", healthy=["ssh-udp", "http"], unhealthy=["dns", "any"]),
    ],
)
def test_each_is_judged_as_it_was_made(
    verdicts: dict[tuple[str, str], str], policy: str, name: str, status: str
) -> None:
    assert verdicts[policy, name] == status


def test_nothing_is_unknown(verdicts: dict[tuple[str, str], str]) -> None:
    assert [key for key, status in verdicts.items() if status == "unknown"] == []
