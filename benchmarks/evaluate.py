"""Evaluation beside Cloud Custodian's filters, on the same facts and questions, in one run.

First documents that are parsed already: questions answered a CPU second, flat and nested documents apart.
Both sides must give the same answers. Then our whole way from bytes: parsing, completion and all policies
of content for the types of the mix.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from benchmarks import mix, peers
from benchmarks.mix import CUSTODIAN, FLAT, PAIRS, SHARES, Sample
from cloudward.model import Provider, Resource, Status
from cloudward.pack import load
from cloudward.rules.compiler import compile_rules
from cloudward.rules.completion import complete, sealer
from cloudward.rules.parse import parse
from cloudward.rules.rule import Row, Rule

ROUND = 0.2
GOAL, DOCUMENTS_A_SECOND, HUNDRED = 10.0, 15_000, 0.040
SEAL = sealer(b"benchmark")
TYPES = load().types


class Alone:
    """A world in which nothing else was read."""

    def __init__(self) -> None:
        self.view = Row({"id": mix.ACCOUNT, "partition": "aws"})
        self.view.id = self.view.name = mix.ACCOUNT
        self.view.unread = {}

    def all(self, type: str, scope: str) -> Sequence[Row]:
        return []

    def here(self, type: str, scope: str, region: str | None) -> Sequence[Row]:
        return []

    def everywhere(self, type: str, scope: str) -> Sequence[Row]:
        return []

    def related(
        self, type: str, scope: str, field: str, value: Any, region: str | None = None
    ) -> Sequence[Row]:
        return []

    def account(self, scope: str) -> Row:
        return self.view

    def region(self, scope: str, region: str | None) -> Row:
        return self.view


@dataclass(frozen=True)
class Side:
    """What one side took for one type, and its answers: a list per question, a boolean per document."""

    seconds: float
    answers: list[list[bool]]


def made(type: str, document: dict[str, Any]) -> Resource:
    """A resource as it leaves a connector: completed."""
    properties, unread = complete(TYPES[type], document, seal=SEAL)
    return Resource("id", type, Provider.AWS, mix.ACCOUNT, mix.REGION, "name", properties, {}, unread)


def fastest(rounds: int, work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of the work in the fastest round, and what it gave. A round is at least `ROUND` long."""
    begun = time.process_time()
    gave = work()
    times = 1 + int(ROUND / max(time.process_time() - begun, 1e-4))
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - begun) / times)
    return best, gave


def ours(samples: Mapping[str, list[Sample]], now: datetime, rounds: int) -> dict[str, Side]:
    """Our side."""
    world, sides = Alone(), {}
    for type, found in samples.items():
        rules = [Rule(pair.ours, type, parse(pair.ours, "mix", 1)) for pair in PAIRS if pair.type == type]
        evaluator = compile_rules(TYPES[type], rules, [{}] * len(rules))
        resources = [made(type, sample.ours) for sample in found]
        seconds, answers = fastest(rounds, lambda: [evaluator(each, world, now) for each in resources])  # noqa: B023
        statuses = [[answer[place][0] for answer in answers] for place in range(len(rules))]
        unclear = {status for row in statuses for status in row} - {Status.HEALTHY, Status.UNHEALTHY}
        assert not unclear, f"{type}: {unclear}"
        sides[type] = Side(seconds, [[status is Status.UNHEALTHY for status in row] for row in statuses])
    return sides


def theirs(samples: Mapping[str, list[Sample]], rounds: int) -> dict[str, Side]:
    """Custodian's side, in a process of its own."""
    groups = [
        {
            "resource": CUSTODIAN[type],
            "filters": [pair.theirs for pair in PAIRS if pair.type == type],
            "documents": [sample.theirs for sample in found],
        }
        for type, found in samples.items()
    ]
    python, script = peers.binaries("c7n") / "python", Path(__file__).with_name("custodian.py")
    asked = json.dumps({"rounds": rounds, "round": ROUND, "groups": groups})
    done = subprocess.run([python, script], input=asked, stdout=subprocess.PIPE, text=True, check=True)
    answers = json.loads(done.stdout)["groups"]
    return {type: Side(each["seconds"], each["matched"]) for type, each in zip(samples, answers, strict=True)}


def disagreements(mine: Mapping[str, Side], peer: Mapping[str, Side]) -> list[str]:
    """Where the two sides do not say the same."""
    found = []
    for type, side in mine.items():
        pairs = [pair for pair in PAIRS if pair.type == type]
        for pair, a, b in zip(pairs, side.answers, peer[type].answers, strict=True):
            differ = [place for place, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
            if differ:
                found.append(f"{type}: {pair.ours}: {len(differ)} of {len(a)}, first at {differ[0]}")
    return found


def report(mine: Mapping[str, Side], peer: Mapping[str, Side]) -> None:
    """Questions answered a CPU second, and the ratio."""
    print(f"{'':<24}{'documents':>11}{'questions':>11}{'cloudward':>13}{'custodian':>13}{'ratio':>9}")
    for type, side in mine.items():
        line(type, [(side, peer[type])])
    line("flat", [(side, peer[type]) for type, side in mine.items() if type in FLAT])
    line("nested", [(side, peer[type]) for type, side in mine.items() if type not in FLAT])
    line("all", [(side, peer[type]) for type, side in mine.items()])


def line(name: str, sides: Sequence[tuple[Side, Side]]) -> None:
    documents = sum(len(mine.answers[0]) for mine, _ in sides)
    questions = sum(len(mine.answers) * len(mine.answers[0]) for mine, _ in sides)
    mine, peer = (questions / sum(side.seconds for side in each) for each in zip(*sides, strict=True))
    goal = f"   goal {GOAL:.0f}" if name in ("flat", "nested", "all") else ""
    print(f"{name:<24}{documents:>11,}{questions:>11,}{mine:>13,.0f}{peer:>13,.0f}{mine / peer:>8.1f}x{goal}")


def whole_way(samples: Sequence[Sample], now: datetime, rounds: int) -> None:
    """From bytes to answers: parsing, completion and all policies of content."""
    pack, world = load(), Alone()
    evaluators = {}
    for type in SHARES:
        rules = pack.rules(type)
        params = [
            {name: each.default for name, each in pack.policies[rule.policy].params.items()} for rule in rules
        ]
        evaluators[type] = compile_rules(TYPES[type], rules, params)
    lines = [(sample.type, orjson.dumps(sample.ours)) for sample in samples]

    def run(some: Sequence[tuple[str, bytes]]) -> None:
        for type, text in some:
            evaluators[type](made(type, orjson.loads(text)), world, now)

    seconds, _ = fastest(rounds, lambda: run(lines))
    hundred, _ = fastest(rounds, lambda: run(lines[:100]))
    size = sum(len(text) for _, text in lines) / len(lines)
    policies = sum(len(evaluators[type].rules) for type, _ in lines) / len(lines)
    print(f"parsed, completed, all policies of content ({size:,.0f} bytes and {policies:.1f} policies each):")
    print(f"{len(lines) / seconds:,.0f} documents a CPU second, goal {DOCUMENTS_A_SECOND:,}")
    print(f"100 documents after compilation: {hundred * 1000:.1f} ms, goal {HUNDRED * 1000:.0f}")


def main() -> int:
    """Print both; 1 when the two sides do not agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    samples = list(mix.documents(asked.documents))
    by_type = {type: [sample for sample in samples if sample.type == type] for type in SHARES}
    now = datetime.now(UTC)
    mine, peer = ours(by_type, now, asked.rounds), theirs(by_type, asked.rounds)
    print(f"\nQuestions answered a CPU second; Custodian is c7n {peers.version('c7n', 'c7n')}")
    report(mine, peer)
    whole_way(samples, now, asked.rounds)
    differ = disagreements(mine, peer)
    print("\n".join(differ) or "both sides gave the same answers")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
