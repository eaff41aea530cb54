"""Baselines: 10,000, 100,000 and 1,000,000 distinct principals; what is held is bounded, the rest counted.

Each has its own process. A core of 100 identities works on 10 days, then the others come, one event each, as
a flood does; at the end the core must still be known. Speeds are events a CPU second, baselines alone.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cloudward.detect import load
from cloudward.detect.behaviour.baselines import KEYS, Baselines
from cloudward.detect.behaviour.kinds import DAY
from cloudward.store import Store
from cloudward.store.baselines import Kept

SIZES = (10_000, 100_000, 1_000_000)
SOURCE, START, CORE, DAYS = "aws-cloudtrail", 20_000, 100, 10
MEMORY = 1_000
"""MiB that a process may have at most."""


def event(who: str, number: int, region: str = "eu-west-1") -> dict[str, Any]:
    return {
        "eventSource": "s3.amazonaws.com",
        "eventName": f"Call{number % 20}",
        "awsRegion": region,
        "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::111122223333:user/{who}"},
        "cloudward": {"addresses": [{"country": "FR", "network": "AS64500 Example"}]},
    }


def events(principals: int) -> Iterator[tuple[float, dict[str, Any]]]:
    """When, and what."""
    for day in range(DAYS):
        for number in range(CORE * 10):
            yield (START + day) * DAY + number, event(f"core{number % CORE}", number)
    for number in range(principals):
        yield (START + DAYS) * DAY + number / 100, event(f"u{number}", number)


def one(principals: int) -> None:
    """One size, in this process."""
    detections = load()
    ids = [each.id for each in detections.of(SOURCE) if each.behaviour and not each.on]
    ids = [id for id in ids if "console" not in id and "secret" not in id]
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        kept = Kept(store.database)
        baselines = Baselines(detections, kept)
        count, most, cpu = 0, 0, time.process_time()
        for count, (at, document) in enumerate(events(principals), 1):
            baselines.feed(ids, document, SOURCE, at, str(count))
            most = max(most, baselines.size)
        cpu = time.process_time() - cpu
        evicted = sum(each.evicted for each in baselines.counts.values())
        strange = event("core0", 0, "ap-south-2")
        known = baselines.feed(ids, strange, SOURCE, (START + DAYS + 1.0) * DAY, "strange")
        begun = time.process_time()
        baselines.save()
        saving = time.process_time() - begun
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = sum(path.stat().st_size for path in Path(folder).iterdir() if path.is_file()) / 2**20
    print(
        f"{principals:>9,} principals, {len(ids)} detections: {count / cpu:>8,.0f} events/CPU s, "
        f"at most {most:,} of {KEYS:,} keys, {evicted:,} evicted, {memory:,.0f} MiB, "
        f"saved in {saving:.1f} CPU s to {size:,.0f} MiB, the core is {'known' if known else 'FORGOTTEN'}"
    )
    if most > KEYS or memory > MEMORY or not known:
        raise SystemExit("the bound does not hold")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one(int(sys.argv[1]))
    else:
        for each in SIZES:
            subprocess.run([sys.executable, "-m", "benchmarks.behaviour", str(each)], check=True)
