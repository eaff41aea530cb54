"""Incidents by the truth of seeds that they were not tuned on: `python -m benchmarks.incidents [--tuning]`.

A made-up company under attack (`benchmarks.campaigns`): its logs are read, its alerts found and correlated as
the product does it. Beside it the baseline: alerts of one principal, each within an hour of the one before,
three or more. The figures are explained in `benchmarks.campaigns.scores`.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterable
from datetime import timedelta

from benchmarks.campaigns import HELD_OUT, NOISE, TUNING
from benchmarks.campaigns.alerts import Found, found
from benchmarks.campaigns.scores import Score
from cloudward.model import Alert
from cloudward.respond.incidents.correlate import correlate

GOALS = {1: {"pair_f1": 0.85, "recall": 0.90, "precision": 0.80}, 4: {"precision": 0.60}}
HOUR = timedelta(hours=1)
SIZE = 3


def ours(alerts: Iterable[Alert]) -> list[list[str]]:
    return [[each.id for each in group.alerts] for group in correlate(alerts)]


def baseline(alerts: Iterable[Alert]) -> list[list[str]]:
    groups: list[list[Alert]] = []
    latest: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda each: (each.first, each.id)):
        group = latest.get(alert.principal)
        if group and alert.first - group[-1].first <= HOUR:
            group.append(alert)
        else:
            latest[alert.principal] = [alert]
            groups.append(latest[alert.principal])
    return [[each.id for each in group] for group in groups if len(group) >= SIZE]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuning", action="store_true", help="on the seeds that it was tuned on")
    seeds = TUNING if parser.parse_args().tuning else HELD_OUT
    good = True
    for noise in NOISE:
        rows = [found(seed, noise) for seed in seeds]
        good &= _told(noise, rows, seeds)
    sys.exit(0 if good else 1)


def _told(noise: int, rows: list[Found], seeds: tuple[int, ...]) -> bool:
    mine, theirs, count, unseen = Score(), Score(), 0, 0
    spent = 0.0
    for row in rows:
        began = time.process_time()
        incidents = ours(row.alerts)
        spent += time.process_time() - began
        mixed = random.Random(noise).sample(row.alerts, len(row.alerts))
        assert ours(mixed) == incidents, "the order of arrival matters"
        mine.add(row.truth, incidents)
        theirs.add(row.truth, baseline(row.alerts))
        count += len(row.alerts)
        unseen += len(row.unseen)
    print(f"noise {noise}x, seeds {', '.join(map(str, seeds))}: {count:,} alerts, "
          f"{count / spent:,.0f} a CPU second; {unseen} campaigns raised no alert")  # fmt: skip
    print(f"  cloudward                       {mine}")
    print(f"  same principal within an hour   {theirs}")
    missed = [name for name, goal in GOALS.get(noise, {}).items() if getattr(mine, name) < goal]
    if noise in GOALS:
        goals = ", ".join(f"{name} {goal:.2f}" for name, goal in GOALS[noise].items())
        print(f"  goals: {goals}: {'missed: ' + ', '.join(missed) if missed else 'met'}", flush=True)
    return not missed


if __name__ == "__main__":
    main()
