"""A scan of many accounts in 3 regions: time, calls, peak memory, and an account in which all is denied.

    python -m benchmarks.accounts --accounts 50     # the size that the goal names; some 40,000 calls

One moto server plays all accounts and takes a moment for each request, as a cloud does. The scan takes a
role in each account; one account refuses everything, as a service control policy would make it. What is
read of one account alone is measured first.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3

from benchmarks import populate
from benchmarks.scan import Account, account, measured

REGIONS = ("us-east-1", "eu-west-1", "eu-central-1")
GLOBAL = ("iam",)
REGIONAL = ("kms", "sqs")
AT_ONCE = 8
"""Accounts that are filled at the same time."""
MEMORY = 1536
"""MiB that a scan may take at the most."""
OURS = Path(sys.executable).with_name("cloudward")


def main() -> None:
    """Print the figures; ends with 1 when the memory or the dark account is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=10)
    parser.add_argument(
        "--count", type=int, default=2, help="resources of each kind in each account and region"
    )
    parser.add_argument("--service", action="append", default=[], help="scan this one only; may be repeated")
    parser.add_argument("--latency", type=float, default=0.03, help="seconds that each request takes")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cloudward-bench-"))
    ids = [f"{100_000_000_000 + number}" for number in range(asked.accounts)]
    try:
        with account(folder, dark=ids[-1], latency=asked.latency) as cloud:
            print(
                f"making {asked.count} of each kind in {len(ids)} accounts x {len(REGIONS)} regions",
                flush=True,
            )
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(partial(seed, cloud, count=asked.count), ids))
            raise SystemExit(not report(cloud, folder, ids, asked.service))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seed(cloud: Account, id: str, count: int) -> None:
    """Some resources in each region of an account."""
    for region in REGIONS:
        client = clients(cloud, id, region)
        for name in (*REGIONAL, *(GLOBAL if region == REGIONS[0] else ())):
            populate.BY_ITSELF[name](client, count)


def clients(cloud: Account, id: str, region: str) -> Any:
    """Clients of somebody in the account; the server is told to hurry."""
    sts = boto3.client("sts", "us-east-1", endpoint_url=cloud.address, **TESTING)
    role = f"arn:aws:iam::{id}:role/builder"
    given = sts.assume_role(RoleArn=role, RoleSessionName="builder")["Credentials"]
    session = boto3.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name=region
    )
    return cache(lambda service: session.client(service, endpoint_url=cloud.address))


TESTING = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


def report(cloud: Account, folder: Path, ids: Sequence[str], services: Sequence[str]) -> bool:
    """Scan one, then all; True when all is as it should be."""
    store = ["--store", folder / "store"]
    made = [
        OURS,
        "connectors",
        "add",
        "aws",
        "all",
        "--role",
        "cloudward",
        "--accounts",
        ",".join(ids),
        *store,
    ]
    measured("connector", cloud, folder, made)
    regions = [part for region in REGIONS for part in ("--region", region)]
    regions += [part for service in services for part in ("--service", service)]
    scan = [OURS, "scan", "aws", "--connector", "all", "--fail-on", "never", *regions, *store]
    one = measured("one", cloud, folder, [*scan, "--account", ids[0]])
    all = measured("all", cloud, folder, scan)
    (folder / "summary.txt").write_bytes((folder / "all.out").read_bytes())
    print(f"\n{'':<14}{'calls':>8}{'CPU s':>8}{'wall s':>8}{'peak MiB':>10}{'exit':>6}")
    for name, cost in (("one account", one), (f"{len(ids)} accounts", all)):
        print(
            f"{name:<14}{cost.calls:>8,}{cost.cpu:>8.1f}{cost.wall:>8.1f}{cost.memory:>10.0f}{cost.ended:>6}"
        )
    print(f"one after the other it would be {one.wall * len(ids):,.0f} s")
    print("\n".join(f"  | {line}" for line in (folder / "summary.txt").read_text().splitlines()[-24:]))
    found = inventory(cloud, folder)
    held = {found.get(id, 0) for id in ids[:-1]}
    dark = found.get(ids[-1], 0)
    print(f"resources in each account that answers: {held}; places of the one that denies everything: {dark}")
    print(f"peak memory {all.memory:.0f} MiB   goal at most {MEMORY}")
    return all.memory <= MEMORY and len(held) == 1 and 0 not in held and all.ended == 3


def inventory(cloud: Account, folder: Path) -> dict[str, int]:
    """Resources by account."""
    sql = "SELECT scope, count(*) AS n FROM resources GROUP BY scope"
    measured("counted", cloud, folder, [OURS, "query", sql, "--output", "json", "--store", folder / "store"])
    items = json.loads((folder / "counted.out").read_text())["items"]
    return {item["scope"]: item["n"] for item in items}


if __name__ == "__main__":
    main()
