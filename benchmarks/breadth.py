"""A scan of an account with every service populated: calls per resource and per region, CPU by service.

One moto server; `benchmarks.populate` makes the resources in one region, a second region stays empty. Calls
are counted where they arrive. The CPU of a service is that of its units, collected one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import boto3

from benchmarks.populate import ACCOUNT, plant
from benchmarks.scan import REGION, Account, account, measured

FURTHER = "eu-west-1"
GOALS = {"per resource": 3.0, "per region": 60, "share": 0.20}


def main() -> None:
    """Print the calls and shares; nothing is decided by them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="resources of each service, about")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cloudward-bench-"))
    try:
        with account(folder) as cloud:
            for name, why in plant(clients(cloud), asked.count).items():
                print(f"moto made no {name}: {why}")
            calls(cloud, folder)
            shares(cloud, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clients(cloud: Account) -> Any:
    """Clients of the account in its one populated region."""
    session: Any = boto3.Session("testing", "testing", region_name=REGION)

    @cache
    def client(service: str) -> Any:
        made = session.client(service, endpoint_url=cloud.address)
        made.meta.events.register("before-call.s3-control", _at_one_host)
        return made

    return client


def _at_one_host(params: dict[str, Any], **_: Any) -> None:
    """S3 Control's endpoint rules put the account before the host, which this server does not have."""
    params["url"] = params["url"].replace(f"//{ACCOUNT}.", "//", 1)


def calls(cloud: Account, folder: Path) -> None:
    """Scan one region, then two."""
    ours = Path(sys.executable).with_name("cloudward")
    scan = [ours, "scan", "aws", "--allow-incomplete", "--output", "json"]
    one = measured("one", cloud, folder, [*scan, "--store", folder / "one", "--region", REGION])
    both = ["--region", REGION, "--region", FURTHER]
    two = measured("two", cloud, folder, [*scan, "--store", folder / "two", *both])
    listed = [str(ours), "inventory", "--store", str(folder / "one"), "--output", "json"]
    resources = total(folder, listed, cloud)
    print(f"\n{resources:,} resources, {one.calls:,} calls in one region")
    print(f"{one.cpu:.1f} s CPU, at most {one.memory:.0f} MiB")
    print(f"calls per resource        {one.calls / resources:>6.2f}   goal at most {GOALS['per resource']}")
    fixed = two.by_service - one.by_service
    print(f"calls per further region  {fixed.total():>6}   goal at most {GOALS['per region']}")
    print("  " + ", ".join(f"{name} {count}" for name, count in fixed.most_common()))


def total(folder: Path, command: list[str], cloud: Account) -> int:
    """How many resources the scan found."""
    measured("inventory", cloud, folder, command)
    return sum(each["count"] for each in json.loads((folder / "inventory.out").read_text())["items"])


def shares(cloud: Account, folder: Path) -> None:
    """The CPU of each service's units."""
    os.environ.update(cloud.environment(folder))
    from cloudward.connect.aws.connector import Aws
    from cloudward.pack import load
    from cloudward.rules.completion import sealer

    aws = Aws(load().types, sealer(b"benchmark"), regions=[REGION], max_rate=10_000)
    spent: Counter[str] = Counter()
    made: Counter[str] = Counter()
    for unit in aws.units():
        begun = time.process_time()
        made[unit.service] += sum(1 for _ in aws.collect(unit))
        spent[unit.service] += round((time.process_time() - begun) * 1e6)
    aws.close()
    print(
        f"\nCPU of collecting by service, of {spent.total() / 1e6:.1f} s; goal at most {GOALS['share']:.0%}"
    )
    for name, micros in spent.most_common(12):
        print(f"  {name:<20}{micros / spent.total():>5.0%}  {micros / 1e6:>6.2f} s  {made[name]:>6,} rows")


if __name__ == "__main__":
    main()
