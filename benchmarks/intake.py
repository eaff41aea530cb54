"""Events that come in over HTTP: 5,000 a second in packed batches of 500, for a minute.

    python -m benchmarks.intake [seconds] [events a second]

The server, its evaluating process and what sends run on the same processors. It prints what was acknowledged,
stored and evaluated, and how long after the last acknowledgement the last event was evaluated.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex

import httpx
import orjson
import zstandard

from benchmarks.load import server
from benchmarks.sigma_cloudtrail import event
from benchmarks.sigma_rules import Maker
from cloudward.server.auth.guard import digest
from cloudward.server.routes.tokens import NewToken, minted
from cloudward.store import Store, batches, bindings, tokens, users
from cloudward.store.alerts import Alerts
from cloudward.store.events import Events
from cloudward.store.spool import Spool

SOURCE = "aws-cloudtrail"
SIZE, KINDS, SENDERS = 500, 5000, 4
WARM = 2.0
"""Seconds before it counts: the evaluating process begins with the first batch."""
GOAL = 10.0
"""Seconds of lag at the end."""


def bound(store: Store) -> str:
    """A token that brings events of CloudTrail."""
    with store.database.write() as connection:
        user = users.new("bench", "bench")
        users.keep(connection, user, "bench")
        bindings.keep(connection, bindings.new(user.id, "owner", "", "bench"), "bench")
        token, text = minted(user.id, NewToken(name="bench", role="sender", source=SOURCE))
        tokens.keep(connection, token, digest(text), "bench")
    return text


class Generator:
    """Batches of events that nobody saw before: of many kinds, each with an id and a moment of its own."""

    def __init__(self) -> None:
        maker = Maker(7)
        made = ({**event(maker)} for _ in range(KINDS))
        self._rest = [orjson.dumps(_without(each))[1:] for each in made]
        self._packer, self._number = zstandard.ZstdCompressor(), 0

    def batch(self) -> bytes:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()).encode()
        lines = []
        for _ in range(SIZE):
            self._number += 1
            rest = self._rest[self._number % KINDS]
            lines.append(b'{"eventID":"%012d","eventTime":"%s",%s' % (self._number, moment, rest))
        return self._packer.compress(b"\n".join(lines))


def _without(each: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in each.items() if name not in ("eventID", "eventTime")}


def spent(process: int) -> tuple[float, float]:
    """CPU seconds of a process, and of those that it began."""
    own, others = _seconds(process), 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process:
            others += _seconds(int(folder.name))
    return own, others


def _seconds(process: int) -> float:
    """With those of its children that ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def sent(
    address: str, token: str, generator: Generator, seconds: float, rate: int
) -> tuple[list[float], int, float]:
    """Send at a rate: how long the acknowledged calls took, how many were refused, and how late the last one
    was sent."""
    took, refused, late = list[float](), 0, 0.0
    headers = {"authorization": f"Bearer {token}", "content-encoding": "zstd"}
    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(SENDERS) as senders:

        def post(data: bytes) -> float | None:
            begun = time.perf_counter()
            answer = client.post(f"{address}/api/v1/intake", content=data, headers=headers)
            return time.perf_counter() - begun if answer.status_code == 202 else None

        calls: list[Future[float | None]] = []
        begun = time.monotonic()
        for number in range(int(seconds * rate / SIZE)):
            due = begun + number * SIZE / rate
            time.sleep(max(0.0, due - time.monotonic()))
            calls.append(senders.submit(post, generator.batch()))
            late = time.monotonic() - due
        for call in calls:
            answer = call.result()
            took += [answer] if answer is not None else []
            refused += answer is None
    return sorted(took), refused, late


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    rate = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    print(f"load before: {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as place, Store.open(Path(place) / token_hex(4)) as store:
        token, spool = bound(store), Spool(store.folder, store.files)
        with server(store.folder) as serving:
            process, address = serving.pid, serving.address
            generator = Generator()
            sent(address, token, generator, WARM, rate)
            _waits(spool)
            before = spent(process)
            took, refused, late = sent(address, token, generator, seconds, rate)
            ended = time.monotonic()
            _waits(spool)
            lag = time.monotonic() - ended
            own, others = (now - then for now, then in zip(spent(process), before, strict=True))
        with store.database.read() as connection:
            evaluated = sum(each.events for each in batches.heard(connection))
        stored = len({each.id for each in Events(store.folder, store.files).read(SOURCE)})
        alerts = len(Alerts(store.database).every())
    warm = int(WARM * rate / SIZE) * SIZE
    count = len(took) * SIZE
    stored, evaluated = stored - warm, evaluated - warm
    half, most = 1000 * took[len(took) // 2], 1000 * took[len(took) * 95 // 100]
    print(f"sent {rate:,} events/s for {seconds:.0f} s; the last batch {late:.1f} s late, {refused} refused")
    print(f"acknowledged {count:,}  stored {stored:,}  evaluated {evaluated:,}  alerts {alerts:,}")
    print(f"a call: {half:.0f} ms median, {most:.0f} ms in 95 of 100")
    print(f"server {own:.1f} CPU s, evaluating {others:.1f} CPU s: {count / others:,.0f} events a CPU second")
    print(f"lag at the end {lag:.1f} s (goal {GOAL:.0f}); load after: {os.getloadavg()[0]:.1f}")
    if not count == stored == evaluated:
        sys.exit("what was acknowledged is not what was stored and evaluated")


def _waits(spool: Spool) -> None:
    """Until everything is evaluated."""
    while spool.waiting():
        time.sleep(0.05)


if __name__ == "__main__":
    main()
