"""Workers: threads that take jobs from the queue, for as long as the process lives.

`with working(store): ...` is all that a server needs. A job that breaks is tried again, later and later; one
whose worker dies is given back when its lease ends.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from cloudward.errors import CloudwardError, StoreError
from cloudward.registry import modules
from cloudward.server import jobs as kinds
from cloudward.server.outgoing import Allowed
from cloudward.server.task import AgainError, FinalError, Kind, StoppedError, Task, Why
from cloudward.store import Store, jobs, schedules
from cloudward.store.jobs import LEASE, Held, Job, State

LOG = logging.getLogger("cloudward.jobs")
SLOTS = {"long": 2, "short": 2, "file": 1}
"""So many jobs at once."""
POLL = 1.0
"""Seconds between looks at the queue."""
BEAT = 5.0
"""Seconds between two signs of life: so long at most a job runs on when somebody cancels it."""
FIRST_RETRY, LAST_RETRY = 30.0, 3600.0
"""Seconds; each retry waits twice as long as the one before."""
PATIENCE = 20.0
"""Seconds that jobs have to end when the process does."""


def every_kind() -> dict[str, Kind]:
    """The kinds of jobs by name."""
    return {module.__name__.rpartition(".")[2]: cast("Kind", module) for module in modules(kinds.__name__)}


class Workers:
    """Takes jobs and works on them in threads."""

    def __init__(
        self,
        store: Store,
        content: Sequence[Path] = (),
        *,
        addresses: Sequence[str] = (),
        slots: Mapping[str, int] = SLOTS,
        lease: timedelta = LEASE,
        poll: float = POLL,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._store, self._content, self._slots = store, content, slots
        self._allowed = Allowed(addresses)
        self._lease, self._poll, self._clock = lease, poll, clock
        self.kinds = every_kind()
        self._began = clock()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._tasks: dict[Task, float] = {}
        """Each with the moment of its last sign of life."""
        self._threads: set[threading.Thread] = set()
        self._loops = [
            threading.Thread(target=loop, name=f"cloudward-{name}", daemon=True)
            for name, loop in (("jobs", self._take), ("beat", self._beat))
        ]

    def start(self) -> None:
        for loop in self._loops:
            loop.start()

    def stop(self, patience: float = PATIENCE) -> None:
        """Take nothing more; what runs is interrupted and given back, for whoever works next."""
        self._stop.set()
        end = time.monotonic() + patience
        self._loops[0].join(patience)
        for task in self._running():
            task.stop(Why.CLOSING)
        while (threads := self._alive()) and time.monotonic() < end:
            threads[0].join(0.1)
        self._loops[1].join(1)
        try:
            with self._store.database.write(alone=False) as connection:
                jobs.bye(connection, self.id)
        except StoreError as error:
            LOG.warning("%s", error)

    def _take(self) -> None:
        """Until the end: queue what is scheduled, and begin what is due."""
        while not self._stop.is_set():
            begun: list[str] = []
            try:
                self._schedule()
                begun = [slot for slot in self._slots if self._begin(slot)]
            except StoreError as error:
                LOG.error("cannot look for jobs: %s", error)  # noqa: TRY400 the sentence is all there is
                self._stop.wait(5 * self._poll)
            if not begun:
                self._stop.wait(self._poll)

    def _schedule(self) -> None:
        now = self._clock()
        with self._store.database.read() as connection:
            due = schedules.due(connection, now)
        if due:
            with self._store.database.write(alone=False) as connection:
                schedules.fire(connection, now)
        daily = f"maintenance/{now:%Y-%m-%d}"
        with self._store.database.read() as connection:
            known = jobs.known(connection, daily)
        if not known:
            with self._store.database.write(alone=False) as connection:
                jobs.add(
                    connection, "maintenance", {}, by="cloudward", now=now, lane="maintenance", key=daily
                )

    def _begin(self, slot: str) -> bool:
        """Begin a job that needs such a slot, when one is free; whether there was one."""
        names = [name for name, kind in self.kinds.items() if slot == kind.SLOT]
        used = Counter(self.kinds[task.job.kind].SLOT for task in self._running())
        now = self._clock()
        if used[slot] >= self._slots[slot]:
            return False
        with self._store.database.read() as connection:
            if not jobs.waiting(connection, now, names):
                return False
        with self._store.database.write(alone=False) as connection:
            job = jobs.claim(connection, self.id, now, self._lease, names)
        if job is None:
            return False
        task = Task(self._store, job, self._content, self._clock, self._allowed)
        thread = threading.Thread(target=self._work, args=(task,), name=f"cloudward-job-{job.id}")
        with self._lock:
            self._tasks[task] = time.monotonic()
            self._threads.add(thread)
        thread.start()
        return True

    def _work(self, task: Task) -> None:
        job = task.job
        LOG.info("%s %s begins, attempt %s", job.kind, job.id, job.attempts)
        try:
            ended = self._done(task)
        except StoreError as error:
            LOG.error("%s %s: its end cannot be written: %s", job.kind, job.id, error)  # noqa: TRY400
            ended = "given up"
        finally:
            with self._lock:
                self._tasks.pop(task, None)
                self._threads.discard(threading.current_thread())
        LOG.info("%s %s: %s", job.kind, job.id, ended)

    def _done(self, task: Task) -> str:
        """Run a job and write down how it ended; that in a word."""
        job = task.job
        try:
            result = self.kinds[job.kind].run(task)
        except StoppedError:
            return self._stopped(task)
        except AgainError as error:
            return self._again(job, str(error), error.seconds, error.counted)
        except (FinalError, CloudwardError) as error:
            if isinstance(error, StoreError):
                return self._again(job, _sentence(error))
            return self._finish(job, State.FAILED, problem=_sentence(error))
        except Exception as error:  # a fault of ours is kept with the job, and the log has the place
            LOG.exception("%s %s broke", job.kind, job.id)
            return self._again(job, f"{type(error).__name__}: {error}")
        return self._finish(job, State.DONE, result=result)

    def _stopped(self, task: Task) -> str:
        if task.why is Why.LOST:
            return "lost to another worker"
        if task.why is Why.CANCELLED:
            return self._finish(task.job, State.CANCELLED)
        with self._store.database.write(alone=False) as connection:
            jobs.release(connection, task.job, self._clock(), counted=False)
        return "given back"

    def _again(self, job: Job, problem: str, seconds: float | None = None, counted: bool = True) -> str:
        if counted and job.attempts >= job.tries:
            return self._finish(job, State.FAILED, problem=problem)
        if seconds is None:
            seconds = min(FIRST_RETRY * 2 ** (job.attempts - 1), LAST_RETRY)
        due = self._clock() + timedelta(seconds=seconds)
        with self._store.database.write(alone=False) as connection:
            jobs.release(connection, job, due, problem=problem, counted=counted)
        return f"again at {due:%H:%M:%S}: {problem}"

    def _finish(
        self, job: Job, state: State, result: Mapping[str, Any] | None = None, problem: str = ""
    ) -> str:
        with self._store.database.write(alone=False) as connection:
            mine = jobs.finish(connection, job, state, self._clock(), result=result, problem=problem)
        return f"{state}{': ' if problem else ''}{problem}" if mine else "lost to another worker"

    def _beat(self) -> None:
        """Until the last job ended: say that this worker and its jobs live."""
        seconds = min(BEAT, self._lease.total_seconds() / 4)
        while not (self._stop.is_set() and not self._running()):
            try:
                self._say_hello()
            except StoreError as error:
                LOG.error("cannot say that this worker lives: %s", error)  # noqa: TRY400
            for task in self._running():
                self._sign(task)
            time.sleep(seconds) if self._stop.is_set() else self._stop.wait(seconds)

    def _say_hello(self) -> None:
        mine = jobs.Worker(self.id, socket.gethostname(), os.getpid(), self._began, self._clock())
        with self._store.database.write(alone=False) as connection:
            jobs.hello(connection, mine)

    def _sign(self, task: Task) -> None:
        """A sign of life of one job. Without one for nearly the lease, it may be somebody else's by now."""
        try:
            with self._store.database.write(alone=False) as connection:
                held = jobs.beat(connection, task.job, self._clock(), self._lease, task.progress)
        except StoreError as error:
            LOG.error("%s %s: %s", task.job.kind, task.job.id, error)  # noqa: TRY400
            with self._lock:
                last = self._tasks.get(task, time.monotonic())
            held = Held.LOST if time.monotonic() - last > 0.8 * self._lease.total_seconds() else Held.YES
        else:
            with self._lock:
                if task in self._tasks:
                    self._tasks[task] = time.monotonic()
        if held is not Held.YES:
            task.stop(Why.LOST if held is Held.LOST else Why.CANCELLED)

    def _running(self) -> list[Task]:
        with self._lock:
            return list(self._tasks)

    def _alive(self) -> list[threading.Thread]:
        with self._lock:
            return list(self._threads)


@contextmanager
def working(store: Store, content: Sequence[Path] = (), **settings: Any) -> Iterator[Workers]:
    """Work on jobs for as long as the block runs."""
    workers = Workers(store, content, **settings)
    workers.start()
    try:
        yield workers
    finally:
        workers.stop()


def _sentence(error: Exception) -> str:
    hint = getattr(error, "hint", "")
    return f"{error}; {hint}" if hint else str(error)
