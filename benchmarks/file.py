"""A large export from a file through the whole of `cloudward scan`: memory and CPU, at a tenth and whole.

python -m benchmarks.file [documents] [scopes]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

LIMIT = 2048
"""MiB that no process of the scan may reach."""


def documents(number: int, scopes: int) -> Iterator[dict[str, Any]]:
    """Storage accounts and network security groups in turn, always the same, as Resource Graph gives them."""
    for index in range(number):
        seed = int.from_bytes(blake2b(index.to_bytes(8, "big"), digest_size=6).digest(), "big")
        scope = f"{index % scopes:08x}-0000-4000-8000-000000000000"
        make = _group if index % 3 == 0 else _account
        yield {
            "tenantId": "3f9e0c52-17d4-4a9b-8d41-9b5ad0a1c001",
            "subscriptionId": scope,
            "location": ("westeurope", "northeurope", "eastus")[seed % 3],
            "tags": {"team": f"team-{seed % 400}", "env": ("prod", "test")[seed % 2]},
            **make(f"/subscriptions/{scope}/resourceGroups/rg{seed % 40}/providers", index, seed),
        }


def _account(above: str, index: int, seed: int) -> dict[str, Any]:
    name = f"st{index:09d}"
    return {
        "id": f"{above}/Microsoft.Storage/storageAccounts/{name}",
        "name": name,
        "type": "microsoft.storage/storageaccounts",
        "kind": "StorageV2",
        "sku": {"name": "Standard_GRS", "tier": "Standard"},
        "properties": {
            "provisioningState": "Succeeded",
            "creationTime": "2024-03-11T09:12:44.1234567Z",
            "supportsHttpsTrafficOnly": seed % 10 > 0,
            "minimumTlsVersion": ("TLS1_2", "TLS1_2", "TLS1_0")[seed % 3],
            "allowBlobPublicAccess": seed % 5 == 0,
            "networkAcls": {
                "bypass": "AzureServices",
                "defaultAction": ("Allow", "Deny")[seed % 2],
                "ipRules": [{"value": f"198.51.100.{n}", "action": "Allow"} for n in range(seed % 4)],
                "virtualNetworkRules": [],
            },
            "encryption": {
                "keySource": ("Microsoft.Storage", "Microsoft.Keyvault")[seed % 2],
                "services": {kind: {"enabled": True, "keyType": "Account"} for kind in ("blob", "file")},
            },
            "primaryEndpoints": {
                kind: f"https://{name}.{kind}.core.windows.net/"
                for kind in ("blob", "file", "queue", "table")
            },
        },
    }


def _group(above: str, index: int, seed: int) -> dict[str, Any]:
    name = f"nsg{index:09d}"
    rules = [
        {
            "name": f"rule-{place}",
            "properties": {
                "priority": 100 + place,
                "access": ("Allow", "Deny")[(seed >> place) % 4 == 0],
                "direction": "Inbound",
                "protocol": ("Tcp", "*")[(seed >> place) % 2],
                "sourceAddressPrefix": ("10.0.0.0/8", "*", "198.51.100.0/24")[(seed >> place) % 3],
                "sourcePortRange": "*",
                "destinationAddressPrefix": "*",
                "destinationPortRange": ("443", "22", "3389", "1000-2000")[(seed >> place) % 4],
            },
        }
        for place in range(1 + seed % 6)
    ]
    return {
        "id": f"{above}/Microsoft.Network/networkSecurityGroups/{name}",
        "name": name,
        "type": "microsoft.network/networksecuritygroups",
        "properties": {"provisioningState": "Succeeded", "securityRules": rules},
    }


def scanned(folder: Path, number: int, scopes: int) -> None:
    """Write a file, scan it with the program, print what that took."""
    file = folder / f"{number}.ndjson"
    encode = msgspec.json.Encoder().encode
    with file.open("wb") as out:
        for document in documents(number, scopes):
            out.write(encode(document) + b"\n")
    ours = str(Path(sys.executable).with_name("cloudward"))
    store = folder / f"store-{number}"
    begun = time.monotonic()
    command = [ours, "scan", str(file), "--store", str(store), "--fail-on", "never"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        raise SystemExit(said)
    cpu, peak, wall = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, time.monotonic() - begun
    print(
        f"{number:>9,} documents, {file.stat().st_size >> 20:,} MiB, {scopes} scopes: {cpu:,.0f} CPU s "
        f"({number / cpu:,.0f} a second), peak {peak:,.0f} MiB (goal {LIMIT}), {wall:,.0f} s",
        flush=True,
    )
    file.unlink()


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    scopes = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    with tempfile.TemporaryDirectory(prefix="cloudward-bench-") as folder:
        for part in (number // 10, number):
            scanned(Path(folder), part, scopes)


if __name__ == "__main__":
    main()
