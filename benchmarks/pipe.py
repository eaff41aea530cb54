"""The whole pipe on CloudTrail: files read in a child, events kept, entities, rules, grouping, alerts kept.

60 rules as in `benchmarks.sigma`, then the detections that come with cloudward. Speeds are events a CPU
second of this process and its children together, in one run with matching alone.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from benchmarks.sigma import written
from benchmarks.sigma_cloudtrail import event, rule
from benchmarks.sigma_rules import Maker
from cloudward.connect.events.reading import read
from cloudward.detect import Detections, load
from cloudward.detect.run import Run, Summary
from cloudward.rules.completion import sealer
from cloudward.store import Store
from cloudward.store.alerts import Alerts
from cloudward.store.events import Events

PIPE, MATCHING = 20_000, 70_000
SOURCE = "aws-cloudtrail"
DELIVERED = 1000
"""Events of a file."""


def logs(folder: Path, lines: Sequence[bytes]) -> None:
    """Files as CloudTrail delivers them."""
    for number in range(0, len(lines), DELIVERED):
        data = b'{"Records":[' + b",".join(lines[number : number + DELIVERED]) + b"]}"
        (folder / f"{number // DELIVERED:04}.json.gz").write_bytes(gzip.compress(data, 6))


def made(maker: Maker, count: int) -> Iterator[bytes]:
    """Events of one day, ten a second."""
    for number in range(count):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_795_000_000 + number // 10))
        yield orjson.dumps({**event(maker), "eventTime": at})


def spent() -> float:
    """CPU seconds of this process and of its children that ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def piped(detections: Detections, folder: Path) -> tuple[float, Summary]:
    """The CPU seconds of a run into a new store, and what it saw."""
    with tempfile.TemporaryDirectory() as place, Store.open(Path(place)) as store:
        run = Run(detections, Alerts(store.database), sealer(store.key), Events(store.folder, store.files))
        begun = spent()
        summary = run.over(read([folder]))
        return spent() - begun, summary


def matching(detections: Detections, lines: Sequence[bytes]) -> float:
    """CPU seconds of parsing and matching."""
    begun = spent()
    for _ in detections.match(map(orjson.loads, lines), SOURCE):
        pass
    return spent() - begun


def measured(title: str, detections: Detections, lines: Sequence[bytes], folder: Path, rounds: int) -> float:
    """Print the rates; gives that of the pipe."""
    matching(detections, lines[:1000])
    alone = min(matching(detections, lines) for _ in range(rounds))
    best, summary = min((piped(detections, folder) for _ in range(rounds)), key=lambda each: each[0])
    assert summary.events[SOURCE] == len(lines), summary
    print(
        f"{len(detections.of(SOURCE))} {title} on {len(lines):,} events, {summary.hits:,} hits, "
        f"{summary.new:,} alerts: matching {len(lines) / alone:,.0f} a CPU second (goal {MATCHING:,}), "
        f"the whole pipe {len(lines) / best:,.0f} (goal {PIPE:,})"
    )
    return len(lines) / best


def main() -> int:
    """1 when a rate is below its goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--rules", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        rules, files = Path(place, "rules"), Path(place, "files")
        rules.mkdir()
        files.mkdir()
        maker = Maker(asked.seed)
        written([rule(maker) for _ in range(asked.rules)], rules)
        lines = list(made(maker, asked.events))
        logs(files, lines)
        rate = measured("rules", load(rules, built_in=False), lines, files, asked.rounds)
        measured("detections of our own", load(), lines, files, asked.rounds)
    return 0 if rate >= PIPE else 1


if __name__ == "__main__":
    sys.exit(main())
