"""Evaluates the batches of events that wait, in a process of its own.

`python -m cloudward.server.evaluating STORE` is that process; one holds the spool at a time. What a round of
batches gives is written in this order: events, alerts, what is told of them; then, in one transaction, that
the batches are done, what came, and how far correlations are. A process that is killed before repeats the
round: events and alerts are the same ones, so nothing doubles.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from cloudward.assess.plans import switched_off
from cloudward.connect.events import Event, Rejected, Unparsed
from cloudward.connect.events.addresses import Addresses
from cloudward.connect.events.binding import Binding
from cloudward.connect.events.reading import Part, read_parts
from cloudward.detect import Detections, load
from cloudward.detect.behaviour.baselines import Baselines
from cloudward.detect.indicators.lookup import Indicators
from cloudward.detect.run import Run, Summary
from cloudward.detect.state import State, own
from cloudward.errors import StoreError
from cloudward.pack import Pack
from cloudward.pack import load as load_pack
from cloudward.respond import incidents, news
from cloudward.rules.completion import sealer
from cloudward.server.auth.reach import below, tree
from cloudward.server.watch import Lines
from cloudward.store import Store, batches
from cloudward.store.alerts import Alerts
from cloudward.store.baselines import Kept
from cloudward.store.batches import Done, Heard
from cloudward.store.encoding import micros, moment
from cloudward.store.events import Events
from cloudward.store.incidents import Incidents
from cloudward.store.indicators import IndicatorList
from cloudward.store.spool import FOLDER, Batch, Spool, digest
from cloudward.store.turns import Turns

LOG = logging.getLogger("cloudward.events")
ROUND = 4 << 20
"""Bytes of batches, packed, that are evaluated together."""
MOST = 200
"""Batches that are."""
PAUSE = 1.0
"""Seconds from the beginning of a round to that of the next: little that comes is gathered."""
LATE = 3600
"""Seconds that an event may be late for a correlation."""
RENEWED = 60
"""Seconds after which indicators and plans are read anew."""
JOINED = 30
"""Seconds between two looks for incidents."""
PATIENCE = 20
"""Seconds that a process has to end its round."""
BACKOFF = 30.0
"""Seconds at most before one that broke is begun again."""

Item = Event | Unparsed | Rejected


class Evaluator:
    """Evaluates what waits in the spool of a store. One at a time: `held` says whether this one may."""

    def __init__(self, store: Store, detections: Detections) -> None:
        self._store = store
        self.spool = Spool(store.folder, store.files)
        events = Events(store.folder, store.files)
        alerts = Alerts(store.database)
        self._alerts = alerts
        turns = Turns(store.folder, store.files, "the evaluation of events that are sent")
        self._run = Run(
            detections,
            alerts,
            sealer(store.key),
            events,
            late=LATE,
            remembers=False,
            baselines=Baselines(detections, Kept(store.database)),
            addresses=Addresses(store.folder),
            turns=turns,
        )
        self._renewed, self._joined = 0.0, time.monotonic()
        self._changed = True
        self._state = State(store, self.spool.folder, f"spool/{own(store, self.spool.folder)}")
        self._state.restore(self._run)

    def round(self) -> int:
        """Evaluate the oldest batches, of one token; how many events they held."""
        self._join()
        waiting = self._fresh(self.spool.waiting())
        if not waiting:
            return 0
        chosen = [each for each in waiting if each.token == waiting[0].token]
        chosen = [*_first(chosen)]
        self._renew()
        counts, binding = Counts(), self._binding(chosen[0])
        files = [Part(each.path, _name(each)) for each in chosen]
        found = binding.judged(read_parts(files, binding.forced, binding.place))
        summary = self._run.over(counts.counted(found))
        self._tell(summary)
        self._done(chosen, counts, summary)
        return sum(summary.events.values())

    def _join(self) -> None:
        """Join alerts to incidents, when some came since and that was not done lately; people are told."""
        if not self._changed or time.monotonic() - self._joined < JOINED:
            return
        self._joined, self._changed, now = time.monotonic(), False, datetime.now(UTC)
        kept = incidents.update(self._store, self._pack, now)
        ids = [*kept.new, *kept.opened]
        found, _ = Incidents(self._store.database).page({"id": ids}) if ids else ([], 0)
        news.incidents(self._store, found, now)

    @cached_property
    def _pack(self) -> Pack:
        return load_pack()

    def _renew(self) -> None:
        """Take up indicators that came since, and plans that were switched."""
        if not self._renewed or time.monotonic() - self._renewed > RENEWED:
            self._run.off = switched_off(self._store)
            self._run.indicators = Indicators(IndicatorList(self._store.database).every())
            self._renewed = time.monotonic()

    def _fresh(self, waiting: list[Batch]) -> list[Batch]:
        """Without what is evaluated already: its process was killed before it could remove it."""
        with self._store.database.read() as connection:
            done = batches.digests(connection, [each.key for each in waiting[:1000]])
        for each in waiting[:1000]:
            if each.key in done:
                self.spool.remove(each)
        return [each for each in waiting[:1000] if each.key not in done]

    def _binding(self, batch: Batch) -> Binding:
        bound = self.spool.bound(batch.token)
        if not bound.scope:
            return Binding(bound.source, account=bound.account)
        with self._store.database.read() as connection:
            inside = below(tree(connection), {bound.scope})
        return Binding(bound.source, bound.scope, bound.account, {*inside, bound.scope})

    def _tell(self, summary: Summary) -> None:
        self._changed = self._changed or bool(summary.new or summary.grown)
        if summary.alerts:
            news.alerts(self._store, self._alerts.named(summary.alerts), datetime.now(UTC))

    def _done(self, chosen: list[Batch], counts: Counts, summary: Summary) -> None:
        now = datetime.now(UTC)
        done = [counts.done(each, now) for each in chosen]
        state = self._state.save(self._run)
        with self._store.database.write(alone=False) as connection:
            batches.keep(connection, done)
            for heard in counts.heard(summary, chosen[-1], now):
                batches.hear(connection, heard)
            self._state.reached(connection, state, {}, now)
        for each in chosen:
            self.spool.remove(each)
        self._state.clean(state)


class Counts:
    """What batches held, by the names of their files."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.unparsed: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self._others: dict[str, Counter[str]] = {}

    def counted(self, found: Iterable[Item]) -> Iterator[Item]:
        """The same, counted."""
        for each in found:
            if isinstance(each, Event):
                self.events[each.file] += 1
            elif isinstance(each, Rejected):
                self.rejected[each.event.file] += 1
                self._of(each.event.source)["rejected"] += 1
            else:
                self.unparsed[each.file] += 1
                self._of(each.source)["unparsed"] += 1
            yield each

    def _of(self, source: str) -> Counter[str]:
        return self._others.setdefault(source, Counter())

    def done(self, batch: Batch, now: datetime) -> Done:
        name = _name(batch)
        return Done(
            batch.key,
            batch.token,
            digest(batch.path.read_bytes()),
            batch.at // 1000,
            micros(now),
            self.events[name],
            self.unparsed[name],
            self.rejected[name],
        )

    def heard(self, summary: Summary, last: Batch, now: datetime) -> Iterator[Heard]:
        """What came of each source."""
        received = moment(last.at // 1000)
        for source in {*summary.events, *self._others}:
            other, events = self._others.get(source, Counter()), summary.events[source]
            first, latest = (summary.first, summary.last) if events else (None, None)
            yield Heard(
                source,
                last.token,
                received,
                now,
                events,
                other["unparsed"],
                other["rejected"],
                first,
                latest,
            )


def _first(chosen: list[Batch]) -> Iterator[Batch]:
    size = 0
    for number, each in enumerate(chosen):
        size += each.size
        if number and (size > ROUND or number >= MOST):
            return
        yield each


def _name(batch: Batch) -> str:
    """What people see of where an event came from."""
    return f"intake/{batch.token}/{batch.key}"


def follow(store: Store, stop: threading.Event) -> None:
    """Evaluate what comes until it is told to end; waits while another process does so."""
    folder = store.folder / FOLDER
    store.files.folder(folder)
    while (lock := store.files.lock(folder / "lock")) is None:
        if stop.wait(1):
            return
    with lock:
        evaluator = Evaluator(store, load())
        while not stop.is_set():
            begun = time.monotonic()
            try:
                evaluator.round()
            except StoreError as error:
                LOG.error("batches of events cannot be evaluated: %s", error)  # noqa: TRY400
                raise SystemExit(1) from error
            stop.wait(max(0.0, PAUSE - (time.monotonic() - begun)))


@contextmanager
def evaluating(store: Store) -> Iterator[None]:
    """Have batches evaluated for as long as the block runs; the process begins with the first of them."""
    stop = threading.Event()
    thread = threading.Thread(target=_supervise, args=(store, stop), name="cloudward-events", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE + 5)


def _supervise(store: Store, stop: threading.Event) -> None:
    spool, wait = Spool(store.folder, store.files), 1.0
    while not stop.is_set():
        try:
            waits = spool.backlog(0).batches
        except StoreError as error:
            LOG.error("%s", error)  # noqa: TRY400 the sentence is all there is
            waits = 0
        if not waits:
            stop.wait(0.5)
            continue
        begun = time.monotonic()
        code = _lived(store, stop)
        if stop.is_set():
            return
        wait = 1.0 if time.monotonic() - begun > 60 else min(2 * wait, BACKOFF)
        LOG.error("what evaluates events ended with %s; it begins again", code)
        stop.wait(wait)


def _lived(store: Store, stop: threading.Event) -> int:
    """Run the process until it ends or has to. It ends too when nobody holds its input any more."""
    words = [sys.executable, "-m", __name__, str(store.folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True) as process:
        while process.poll() is None and not stop.wait(0.2):
            pass
        assert process.stdin is not None
        process.stdin.close()
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def main() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    stop = threading.Event()

    def watch() -> None:
        sys.stdin.buffer.read()
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    with Store.open(Path(sys.argv[1])) as store:
        follow(store, stop)


if __name__ == "__main__":
    main()
