"""The whole pipe on CloudTrail: files read in a child, events kept, entities, rules, baselines, grouping.

60 rules as in `benchmarks.sigma` with the baselines that come with cloudward, then all detections that come
with it, which a quarter of these events hit; that has no goal. An estate of a few accounts works for days
that are learnt first; what is measured is the day after, with identities that nobody saw before and calls
that they never made. Speeds are events a CPU second of this process and its children together, in one run
with matching alone.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson

from benchmarks.sigma import written
from benchmarks.sigma_cloudtrail import event, rule
from benchmarks.sigma_rules import Maker
from cloudward.connect.events.reading import read
from cloudward.detect import Detections, load
from cloudward.detect.behaviour.baselines import Baselines
from cloudward.detect.run import Run, Summary
from cloudward.rules.completion import sealer
from cloudward.store import Store
from cloudward.store.alerts import Alerts
from cloudward.store.baselines import Kept
from cloudward.store.events import Events, Stored, Writer

T = TypeVar("T")

PIPE, MATCHING = 20_000, 70_000
SOURCE = "aws-cloudtrail"
DELIVERED = 1000
"""Events of a file."""
START, DAY = 1_795_000_000 // 86400 * 86400, 86400
REGIONS = ("eu-west-1", "eu-west-1", "eu-west-1", "us-east-1")
FOREIGN = 0.001
"""Events in a region where nobody of the account works."""


def logs(folder: Path, lines: Sequence[bytes]) -> None:
    """Files as CloudTrail delivers them."""
    for number in range(0, len(lines), DELIVERED):
        data = b'{"Records":[' + b",".join(lines[number : number + DELIVERED]) + b"]}"
        (folder / f"{number // DELIVERED:04}.json.gz").write_bytes(gzip.compress(data, 6))


class Estate:
    """Identities of a few accounts, each of which works in one of them."""

    def __init__(self, maker: Maker, accounts: int) -> None:
        self.maker = maker
        self.accounts = [f"{maker.random.randrange(10**12):012}" for _ in range(accounts)]
        self.homes = {name: maker.random.choice(self.accounts) for name in maker.names}

    def made(self, count: int, day: int, spread: float) -> Iterator[bytes]:
        """So many events of a day, `spread` seconds apart."""
        random = self.maker.random
        for number in range(count):
            at = time.gmtime(START + day * DAY + int(number * spread))
            document = event(self.maker)
            identity = document["userIdentity"]
            name = identity["sessionContext"]["sessionIssuer"]["userName"]
            account = self.homes[name]
            region = "ap-south-2" if random.random() < FOREIGN else random.choice(REGIONS)
            text = orjson.dumps(
                {
                    **document,
                    "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", at),
                    "awsRegion": region,
                }
            )
            yield text.replace(identity["accountId"].encode(), account.encode())


def inside() -> float:
    """CPU seconds of children that ended."""
    times = os.times()
    return times.children_user + times.children_system


class Clock:
    """CPU seconds by stage; a stage within another counts alone."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._stack: list[str] = []
        self._since = time.process_time()

    def _lap(self) -> None:
        now = time.process_time()
        if self._stack:
            self.seconds[self._stack[-1]] += now - self._since
        self._since = now

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._lap()
        self._stack.append(name)
        try:
            yield
        finally:
            self._lap()
            self._stack.pop()


def staged(run: Any, clock: Clock) -> None:
    """Have the parts of a run tell how long they take."""
    for name, stage in (
        ("_matched", "matching"),
        ("_verdicts", "baselines"),
        ("_sealed", "keeping"),
        ("_grouped", "grouping"),
        ("_keep", "database"),
    ):
        setattr(run, name, _timed(getattr(run, name), stage, clock))


def _timed(work: Callable[..., Any], stage: str, clock: Clock) -> Callable[..., Any]:
    def timed(*given: Any) -> Any:
        with clock.stage(stage):
            found = work(*given)
            return list(found) if isinstance(found, Iterator) else found

    return timed


class TimedWriter(Writer):
    clock: Clock

    def add(self, source: str, events: Iterable[Stored], aside: str = "") -> None:
        with self.clock.stage("keeping"):
            super().add(source, events)

    def flush(self) -> None:
        with self.clock.stage("keeping"):
            super().flush()


class TimedEvents(Events):
    clock: Clock

    def writer(self) -> Writer:
        made = TimedWriter(self._folder, self._files)
        made.clock = self.clock
        return made


def piped(detections: Detections, folder: Path, learnt: Path | None) -> tuple[float, Summary, Counter[str]]:
    """The CPU seconds of a run into a store that has learnt, what it saw, and the seconds of each stage."""
    with tempfile.TemporaryDirectory() as place:
        if learnt is not None:
            shutil.copytree(learnt, place, dirs_exist_ok=True)
        with Store.open(Path(place)) as store:
            events, clock = TimedEvents(store.folder, store.files), Clock()
            events.clock = clock
            run = Run(detections, Alerts(store.database), sealer(store.key), events)
            own, children = time.process_time(), inside()
            with clock.stage("reading"):
                if learnt is not None:
                    with clock.stage("baselines"):
                        run.baselines = Baselines(detections, Kept(store.database))
                        run.baselines.save = _timed(run.baselines.save, "baselines kept", clock)  # type: ignore[method-assign]
                staged(run, clock)
                summary = run.over(read([folder]))
            clock.seconds["unpacking, in the child"] = inside() - children
            taken = time.process_time() - own + inside() - children
            return taken, summary, clock.seconds


def taught(detections: Detections, folder: Path, into: Path) -> None:
    """A store that has learnt what is usual."""
    with Store.open(into) as store:
        baselines = Baselines(detections, Kept(store.database))
        run = Run(detections, Alerts(store.database), sealer(store.key), baselines=baselines)
        run.over(read([folder]))


def matching(detections: Detections, lines: Sequence[bytes]) -> float:
    """CPU seconds of parsing and matching."""
    begun = time.process_time()
    for _ in detections.match(map(orjson.loads, lines), SOURCE):
        pass
    return time.process_time() - begun


def best(rounds: int, work: Callable[[], T], cost: Callable[[T], float]) -> T:
    return min((work() for _ in range(rounds)), key=cost)


class Input:
    """What is learnt from, and what is measured."""

    def __init__(self, place: Path, estate: Estate, asked: argparse.Namespace) -> None:
        self.before, self.files, self.place = place / "before", place / "files", place
        self.before.mkdir()
        self.files.mkdir()
        lines = [
            line for day in range(asked.days) for line in estate.made(asked.daily, day, DAY / asked.daily)
        ]
        logs(self.before, lines)
        self.lines = list(estate.made(asked.events, asked.days, 0.1))
        logs(self.files, self.lines)


def measured(
    title: str, detections: Detections, given: Input, rounds: int, goals: tuple[int, int] | None = None
) -> float:
    """Print the rates of matching and of the pipe; gives that of the pipe with baselines."""
    count, (alone_goal, pipe_goal) = len(given.lines), goals or (None, None)
    store = given.place / title
    taught(detections, given.before, store)
    matching(detections, given.lines[:1000])
    alone = best(rounds, lambda: matching(detections, given.lines), lambda each: each)
    print(f"{len(detections.of(SOURCE))} {title}, {count:,} events of {_size(given.lines)} bytes")
    print(f"  {'matching':<28}{rated(count / alone, alone_goal)}")
    for name, learnt in (("without baselines", None), ("with baselines", store)):
        taken, summary, stages = best(
            rounds,
            lambda learnt=learnt: piped(detections, given.files, learnt),  # type: ignore[misc]
            lambda each: each[0],
        )
        assert summary.events[SOURCE] == count, summary
        found = f"{summary.hits:,} hits, {summary.new:,} alerts"
        print(f"  {'the pipe ' + name:<28}{rated(count / taken, pipe_goal)}; {found}")
    whole = sum(stages.values())
    for stage, seconds in stages.most_common():
        print(f"    {stage:<24} {seconds / whole:>6.1%}  {seconds / count * 1e6:>5.1f} us an event")
    return count / taken


def rated(figure: float, least: int | None) -> str:
    said = f"{figure:>8,.0f} events a CPU second"
    return said if least is None else f"{said} (goal {least:,}: {'met' if figure >= least else 'NOT met'})"


def _size(lines: Sequence[bytes]) -> str:
    return f"{sum(map(len, lines)) / len(lines):,.0f}"


def main() -> int:
    """1 when the pipe of the rules is below its goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--rules", type=int, default=60)
    parser.add_argument("--accounts", type=int, default=8)
    parser.add_argument("--days", type=int, default=10, help="days that are learnt before")
    parser.add_argument("--daily", type=int, default=4_000, help="events of each of them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        rules = Path(place, "rules")
        rules.mkdir()
        maker = Maker(asked.seed)
        written([rule(maker) for _ in range(asked.rules)], rules)
        given = Input(Path(place), Estate(maker, asked.accounts), asked)
        ours = load()
        learning = {each.id: each for each in ours.of(SOURCE) if each.behaviour is not None}
        few = Detections({**load(rules, built_in=False).all, **learning})
        rate = measured("rules and baselines", few, given, asked.rounds, (MATCHING, PIPE))
        measured("detections of our own", ours, given, asked.rounds)
    return 0 if rate >= PIPE else 1


if __name__ == "__main__":
    sys.exit(main())
