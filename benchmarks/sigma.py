"""Sigma: 2,000 rules of the public mix over 50,000 events, beside one SELECT per rule in SQLite, in one run.

Then 60 rules on CloudTrail events, matching only. Speeds are events a CPU second, parsing included.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.sigma_rules import CENSUS, CENSUS_RULES, Maker, modifiers
from benchmarks.sigma_sql import found
from cloudward.detect import Detections, load
from cloudward.detect.correlator import Correlator
from cloudward.pack.mappings import source

RATE, RATIO, CLOUDTRAIL, LOADED = 10_000, 2.5, 70_000, 1.0


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds, and what it gave."""
    begun = time.process_time()
    gave = work()
    return time.process_time() - begun, gave


def written(rules: Sequence[dict[str, Any]], folder: Path) -> None:
    for place, rule in enumerate(rules):
        (folder / f"rule{place:04}.yml").write_text(orjson.dumps(rule).decode())


def matched(detections: Detections, name: str, events: Sequence[bytes]) -> set[tuple[int, str]]:
    return set(detections.match(map(orjson.loads, events), name))


def two_thousand(folder: Path, rules: int, events: int, seed: int) -> bool:
    maker = Maker(seed)
    made = maker.rules(rules)
    written(made, folder)
    by_source: dict[str, list[bytes]] = {}
    for name, event in maker.events(events, made):
        by_source.setdefault(name, []).append(event)
    count = sum(map(len, by_source.values()))
    size = sum(len(event) for each in by_source.values() for event in each) / count
    seen = modifiers(made)
    mix = ", ".join(
        f"{name} {seen[name]} ({round(of * len(made) / CENSUS_RULES)})" for name, of in CENSUS.items()
    )
    print(f"{len(made):,} rules, {count:,} events of {size:,.0f} bytes; modifiers, and in the census: {mix}")
    first, _ = timed(lambda: load(folder, built_in=False))
    again, detections = timed(lambda: load(folder, built_in=False))
    print(f"read for the first time {first:.2f} CPU s, from cache {again:.2f}, goal {LOADED:.0f}")
    compiled, _ = timed(lambda: [matched(detections, name, each[:1]) for name, each in by_source.items()])
    mine, hits = timed(lambda: {name: matched(detections, name, each) for name, each in by_source.items()})
    warm, _ = timed(lambda: {name: matched(detections, name, each) for name, each in by_source.items()})
    peer, theirs = timed(
        lambda: {name: found(each, detections.of(name), source(name)) for name, each in by_source.items()}
    )
    alerted = sum(len({place for place, _ in each}) for each in hits.values())
    print(f"index {compiled:.2f} CPU s; {alerted:,} events hit ({alerted / count:.1%})")
    rate, warm_rate, ratio = count / (mine + compiled), count / warm, peer / (mine + compiled)
    print(
        f"events a CPU second: {rate:,.0f} with index and code made on the way, {warm_rate:,.0f} after; "
        f"goal {RATE:,}"
    )
    print(f"SQLite, a SELECT per rule: {count / peer:,.0f}; ratio {ratio:.1f}x, goal {RATIO}")
    if hits != theirs:
        print(
            "the two do not find the same:", [(name, sorted(hits[name] ^ theirs[name])[:5]) for name in hits]
        )
    return hits == theirs


def cloudtrail(folder: Path, rules: int, events: int, seed: int) -> None:
    from benchmarks.sigma_cloudtrail import event, rule

    maker = Maker(seed)
    written([rule(maker) for _ in range(rules)], folder)
    lines = [orjson.dumps(event(maker)) for _ in range(events)]
    detections = load(folder, built_in=False)
    matched(detections, "aws-cloudtrail", lines[:1000])
    best, hits = min(
        (timed(lambda: matched(detections, "aws-cloudtrail", lines)) for _ in range(3)),
        key=lambda each: each[0],
    )
    parse = min(timed(lambda: deque(map(orjson.loads, lines), 0))[0] for _ in range(3))
    size = sum(map(len, lines)) / len(lines)
    print(
        f"{len(detections)} rules on {len(lines):,} CloudTrail events of {size:,.0f} bytes, "
        f"{len({place for place, _ in hits}):,} hit:"
    )
    print(
        f"{len(lines) / best:,.0f} events a CPU second, goal {CLOUDTRAIL:,} "
        f"(parsing alone {len(lines) / parse:,.0f})"
    )


def principals(folder: Path) -> None:
    """What a correlation keeps when more and more principals come, each seen three times."""
    text = (
        "title: many\nlogsource: {product: aws, service: cloudtrail}\nname: call\n"
        "detection: {s: {eventName: '*'}, condition: s}\n---\n"
        "title: often\ncorrelation: {type: event_count, rules: [call], group-by: [user], timespan: 1h, "
        "condition: {gte: 5}}\n"
    )
    (folder / "rules.yml").write_text(text)
    detections, place = load(folder, built_in=False), source("aws-cloudtrail")
    ids = [each.id for each in detections.detections]
    for count in (10**4, 10**5, 10**6):
        correlator = Correlator(detections)
        before = _resident()
        begun = time.process_time()
        for at in range(3 * count):
            event = {"eventName": "x", "user": f"user{at % count}"}
            for _ in correlator.feed(ids, event, place, at / 1000, f"e{at}"):
                pass
        rate = 3 * count / (time.process_time() - begun)
        evicted = sum(each.evicted for each in correlator.counts.values())
        print(
            f"{count:>9,} principals: {correlator.kept:,} kept (cap {correlator.most:,}), "
            f"{evicted:,} evicted, "
            f"{(_resident() - before) >> 20:,} MiB more, {rate:,.0f} events a CPU second"
        )


def _resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> int:
    """Print all; 1 when SQLite does not find the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=2000)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        same = two_thousand(Path(folder), asked.rules, asked.events, asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        cloudtrail(Path(folder), 60, min(asked.events, 30_000), asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        principals(Path(folder))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
