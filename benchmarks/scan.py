"""A scan of one fake account beside Prowler's and Custodian's: calls, client CPU, peak memory.

One moto server, one estate (../shared/bench/seed_aws_estate.py), the same five services in one region,
each client a process of its own, one after the other. Calls are counted where they arrive.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from benchmarks import peers

SHARED = Path(__file__).parents[2] / "shared" / "bench"
SERVICES = ("s3", "ec2", "iam", "kms", "rds")
REGION = "us-east-1"
GOALS = {"calls": 0.45, "cpu": 0.25, "memory": 0.30}
"""Ours against Prowler's, at most."""


@dataclass(frozen=True)
class Cost:
    """What one client took."""

    name: str
    calls: int
    by_service: Counter[str]
    cpu: float
    """Seconds of user and system time of the process and its children."""
    memory: float
    """MiB at the peak."""
    wall: float
    ended: int


class Account:
    """A moto server in a process of its own, and the requests that it has had."""

    def __init__(self, folder: Path, latency: float = 0.0, dark: str = "") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = folder / "requests.log"
        self.address = f"http://127.0.0.1:{self.port}"
        server = [sys.executable, str(Path(__file__).with_name("counting.py")), str(self.port), str(self.log)]
        server += [str(latency), dark]
        self.process = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                urlopen(f"{self.address}/moto-api/", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)

    def environment(self, home: Path) -> dict[str, str]:
        """For a client: this cloud, these credentials, nothing of the user's."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def requests(self, since: int) -> Counter[str]:
        """Requests by service since a place in the log."""
        with self.log.open() as log:
            log.seek(since)
            return Counter(line.strip() for line in log if "moto-api" not in line)

    def place(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0


@contextmanager
def account(folder: Path, latency: float = 0.0, dark: str = "") -> Iterator[Account]:
    """With a latency every request takes so long; the account `dark` refuses who scans."""
    running = Account(folder, latency, dark)
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait()


def measured(name: str, cloud: Account, home: Path, command: Sequence[str | Path]) -> Cost:
    """Run a client to its end and take its measure."""
    place, begun = cloud.place(), time.monotonic()
    with (home / f"{name}.out").open("wb") as out:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=out, stderr=out, cwd=home, env=cloud.environment(home)
        )
        _, status, usage = os.wait4(process.pid, 0)
    calls = cloud.requests(place)
    return Cost(
        name,
        calls.total(),
        calls,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        time.monotonic() - begun,
        os.waitstatus_to_exitcode(status),
    )


def clients(home: Path, scale: float) -> Iterator[tuple[str, list[str | Path]]]:
    """Name and command of each client."""
    ours = Path(sys.executable).with_name("cloudward")
    services = [part for service in SERVICES for part in ("--service", service)]
    yield "cloudward", [ours, "scan", "aws", "--store", home / "store", "--region", REGION, *services]
    custodian = peers.binaries("c7n") / "custodian"
    yield "custodian", [custodian, "run", "-s", home / "c7n", "--region", REGION, SHARED / "c7n.yml"]
    prowler = peers.binaries("prowler") / "prowler"
    yield "prowler", [prowler, "aws", "-s", *SERVICES, "-f", REGION, "-M", "csv", "-o", home, "-b", "-z"]


def main() -> None:
    """Print the costs and the ratios; nothing is decided by them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is about 1,100 resources")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cloudward-bench-"))
    try:
        with account(folder) as cloud:
            seed = [sys.executable, str(SHARED / "seed_aws_estate.py"), str(asked.scale), cloud.address]
            subprocess.run(seed, check=True, cwd=folder, stdout=subprocess.DEVNULL)
            seeded = json.loads((folder / "seed.json").read_text())
            costs = [measured(name, cloud, folder, command) for name, command in clients(folder, asked.scale)]
        report(seeded, costs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report(seeded: dict[str, float], costs: Sequence[Cost]) -> None:
    print(f"\nScan of {', '.join(SERVICES)} in {REGION}; {seeded['total']} things made in the estate")
    print(f"{'':<12}{'calls':>8}{'CPU s':>8}{'peak MiB':>10}{'wall s':>8}{'exit':>6}")
    for cost in costs:
        print(
            f"{cost.name:<12}{cost.calls:>8,}{cost.cpu:>8.1f}{cost.memory:>10.0f}{cost.wall:>8.1f}{cost.ended:>6}"
        )
    ours, prowler = costs[0], next(cost for cost in costs if cost.name == "prowler")
    ratios = {
        "calls": ours.calls / prowler.calls,
        "cpu": ours.cpu / prowler.cpu,
        "memory": ours.memory / prowler.memory,
    }
    for name, ratio in ratios.items():
        print(f"cloudward / prowler  {name:<8}{ratio:>6.0%}   goal at most {GOALS[name]:.0%}")
    print("calls by service:")
    for cost in costs:
        print(
            f"  {cost.name:<12}"
            + ", ".join(f"{name} {count:,}" for name, count in cost.by_service.most_common())
        )


if __name__ == "__main__":
    main()
