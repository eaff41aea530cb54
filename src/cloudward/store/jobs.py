"""Work that is done once and not lost: queued, leased by a worker, given back when the worker dies.

A worker holds a job for as long as it says so within the lease. Whoever lost the lease changes nothing
any more: each change names the owner and the attempt. Of jobs in one lane at most one runs, which an index
of the database guarantees.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from cloudward.errors import UsageError
from cloudward.store import tables as t
from cloudward.store.encoding import decode_json, encode_json, micros, moment

ATTEMPTS = 5
LEASE = timedelta(seconds=60)
LONGEST = 2000
"""Characters that are kept of what went wrong."""


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (State.DONE, State.FAILED, State.CANCELLED)


class Held(StrEnum):
    """What a worker hears when it says that it still works on a job."""

    YES = "yes"
    CANCEL = "cancel"  # somebody wants it to end
    LOST = "lost"  # it belongs to another worker by now


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work."""

    id: str
    kind: str
    lane: str
    """Jobs of one lane never run at the same time; empty: it has none."""
    payload: Mapping[str, Any]
    state: State
    attempts: int
    tries: int
    """So many attempts it has."""
    due: datetime
    """It does not run before."""
    created_by: str
    created_at: datetime
    started: datetime | None = None
    ended: datetime | None = None
    owner: str = ""
    expires: datetime | None = None
    """When the lease of its owner ends."""
    cancelling: bool = False
    progress: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    problem: str = ""
    """What went wrong the last time."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that works on jobs."""

    id: str
    host: str
    pid: int
    started: datetime
    seen: datetime


def add(
    connection: Connection,
    kind: str,
    payload: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    lane: str = "",
    key: str = "",
    tries: int = ATTEMPTS,
    due: datetime | None = None,
) -> Job:
    """Queue a job. With a `key` that was used before it is the job of then, and nothing is queued."""
    values = {
        "id": f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}",
        "kind": kind,
        "lane": lane or None,
        "idempotency": key or None,
        "payload": encode_json(payload).decode(),
        "state": State.QUEUED.value,
        "attempts": 0,
        "tries": tries,
        "due": micros(due or now),
        "created_by": by,
        "created_at": micros(now),
        "cancelling": False,
    }
    module = {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name]
    connection.execute(module.insert(t.jobs).values(**values).on_conflict_do_nothing())
    c = t.jobs.c
    found = connection.execute(select(t.jobs).where(c.idempotency == key if key else c.id == values["id"]))
    return _made(found.one())


def known(connection: Connection, key: str) -> bool:
    """Whether a job with this key was queued."""
    query = select(t.jobs.c.id).where(t.jobs.c.idempotency == key)
    return connection.execute(query).first() is not None


def waiting(connection: Connection, now: datetime, kinds: Collection[str] | None = None) -> bool:
    """Whether there is something to claim."""
    return connection.execute(_next(now, kinds)).first() is not None


def claim(
    connection: Connection,
    owner: str,
    now: datetime,
    lease: timedelta = LEASE,
    kinds: Collection[str] | None = None,
) -> Job | None:
    """Lease the next job that is due, also one whose worker died; None when there is nothing to do.

    On PostgreSQL a row that another worker is about to take is passed over; SQLite has one writer.
    """
    query = _next(now, kinds).with_for_update(skip_locked=True)
    while (row := connection.execute(query).first()) is not None:
        dead = row.state == State.RUNNING
        if row.cancelling:
            _end(connection, row.id, State.CANCELLED, now)
        elif dead and row.attempts >= row.tries:
            problem = f"its worker died {row.attempts} times; the last one was {row.owner}"
            _end(connection, row.id, State.FAILED, now, problem=problem)
        else:
            return _lease(connection, row, owner, now, lease)
    return None


def _next(now: datetime, kinds: Collection[str] | None) -> Any:
    """The next job to claim."""
    c, other, at = t.jobs.c, t.jobs.alias().c, micros(now)
    busy = select(other.lane).where(other.state == State.RUNNING, other.lane.is_not(None))
    queued = and_(c.state == State.QUEUED, c.due <= at, or_(c.lane.is_(None), c.lane.not_in(busy)))
    dead = and_(c.state == State.RUNNING, c.expires <= at)
    query = select(t.jobs).where(or_(queued, dead))
    if kinds is not None:
        query = query.where(c.kind.in_(kinds))
    return query.order_by(c.due, c.id).limit(1)


def _lease(connection: Connection, row: Row[Any], owner: str, now: datetime, lease: timedelta) -> Job | None:
    values = {
        "state": State.RUNNING.value,
        "attempts": row.attempts + 1,
        "owner": owner,
        "started": micros(now),
        "expires": micros(now + lease),
    }
    try:
        with connection.begin_nested():
            connection.execute(update(t.jobs).where(t.jobs.c.id == row.id).values(**values))
    except IntegrityError:  # another worker began a job of this lane in the same moment
        return None
    return one(connection, row.id)


def beat(
    connection: Connection,
    job: Job,
    now: datetime,
    lease: timedelta = LEASE,
    progress: Mapping[str, Any] | None = None,
) -> Held:
    """Say that the job is worked on still, and how far it is."""
    values: dict[str, Any] = {"expires": micros(now + lease)}
    if progress is not None:
        values["progress"] = encode_json(progress).decode()
    if not connection.execute(update(t.jobs).where(_mine(job)).values(**values)).rowcount:
        return Held.LOST
    wanted = connection.scalar(select(t.jobs.c.cancelling).where(t.jobs.c.id == job.id))
    return Held.CANCEL if wanted else Held.YES


def finish(
    connection: Connection,
    job: Job,
    state: State,
    now: datetime,
    *,
    result: Mapping[str, Any] | None = None,
    problem: str = "",
) -> bool:
    """Say how a job ended; False when it is somebody else's by now."""
    return _end(connection, job.id, state, now, _mine(job), result=result, problem=problem)


def release(
    connection: Connection, job: Job, due: datetime, *, problem: str = "", counted: bool = True
) -> bool:
    """Give a job back, to be tried again. What was not its own fault is not `counted` as an attempt."""
    values = {
        "state": State.QUEUED.value,
        "owner": None,
        "expires": None,
        "due": micros(due),
        "attempts": job.attempts if counted else job.attempts - 1,
        "problem": problem[:LONGEST] or None,
    }
    return bool(connection.execute(update(t.jobs).where(_mine(job)).values(**values)).rowcount)


def cancel(connection: Connection, id: str, now: datetime) -> Job:
    """End a job that waits; ask the worker of one that runs to end it. One that has ended is refused."""
    job = one(connection, id)
    if job.state in ENDED:
        raise UsageError(f"job {id} has ended already: it is {job.state}")
    if job.state is State.QUEUED and _end(
        connection, id, State.CANCELLED, now, and_(t.jobs.c.id == id, t.jobs.c.state == State.QUEUED)
    ):
        return one(connection, id)
    connection.execute(update(t.jobs).where(t.jobs.c.id == id).values(cancelling=True))
    return one(connection, id)


def again(connection: Connection, id: str, now: datetime) -> Job:
    """Queue a job that failed once more, with all of its attempts."""
    values = {"state": State.QUEUED.value, "attempts": 0, "due": micros(now), "ended": None}
    c = t.jobs.c
    if not connection.execute(
        update(t.jobs).where(c.id == id, c.state == State.FAILED).values(**values)
    ).rowcount:
        raise UsageError(f"job {id} has not failed")
    return one(connection, id)


def one(connection: Connection, id: str) -> Job:
    row = connection.execute(select(t.jobs).where(t.jobs.c.id == id)).first()
    if row is None:
        raise UsageError(f"there is no job {id!r}")
    return _made(row)


def every(
    connection: Connection,
    *,
    states: Collection[str] = (),
    kinds: Collection[str] = (),
    lane: str = "",
    id: str = "",
    limit: int | None = None,
    after: str = "",
) -> list[Job]:
    """The latest first; `after` is the id of the last one that was seen."""
    c = t.jobs.c
    query = select(t.jobs).order_by(c.id.desc()).limit(limit)
    if states:
        query = query.where(c.state.in_(states))
    if kinds:
        query = query.where(c.kind.in_(kinds))
    if lane:
        query = query.where(c.lane == lane)
    if id:
        query = query.where(c.id == id)
    if after:
        query = query.where(c.id < after)
    return [_made(row) for row in connection.execute(query)]


def forget(connection: Connection, before: datetime) -> int:
    """Remove jobs that ended before; how many."""
    c = t.jobs.c
    return connection.execute(delete(t.jobs).where(c.state.in_(ENDED), c.ended < micros(before))).rowcount


def hello(connection: Connection, worker: Worker) -> None:
    """Say that a worker is there."""
    c = t.workers.c
    if connection.execute(
        update(t.workers).where(c.id == worker.id).values(seen=micros(worker.seen))
    ).rowcount:
        return
    values = {"id": worker.id, "host": worker.host, "pid": worker.pid}
    at = {"started": micros(worker.started), "seen": micros(worker.seen)}
    connection.execute(insert(t.workers).values(**values, **at))


def bye(connection: Connection, id: str) -> None:
    """Say that a worker is gone."""
    connection.execute(delete(t.workers).where(t.workers.c.id == id))


def workers(connection: Connection) -> list[Worker]:
    """Those that did not say goodbye; one that died was `seen` long ago."""
    return [
        Worker(row.id, row.host, row.pid, moment(row.started), moment(row.seen))
        for row in connection.execute(select(t.workers).order_by(t.workers.c.started))
    ]


def _mine(job: Job) -> Any:
    c = t.jobs.c
    return and_(c.id == job.id, c.owner == job.owner, c.attempts == job.attempts, c.state == State.RUNNING)


def _end(
    connection: Connection,
    id: str,
    state: State,
    now: datetime,
    where: Any = None,
    *,
    result: Mapping[str, Any] | None = None,
    problem: str = "",
) -> bool:
    values = {
        "state": state.value,
        "ended": micros(now),
        "expires": None,
        "result": None if result is None else encode_json(result).decode(),
        "problem": problem[:LONGEST] or None,
    }
    condition = t.jobs.c.id == id if where is None else where
    return bool(connection.execute(update(t.jobs).where(condition).values(**values)).rowcount)


def _made(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        lane=row.lane or "",
        payload=decode_json(row.payload),
        state=State(row.state),
        attempts=row.attempts,
        tries=row.tries,
        due=moment(row.due),
        created_by=row.created_by,
        created_at=moment(row.created_at),
        started=None if row.started is None else moment(row.started),
        ended=None if row.ended is None else moment(row.ended),
        owner=row.owner or "",
        expires=None if row.expires is None else moment(row.expires),
        cancelling=bool(row.cancelling),
        progress=row.progress and decode_json(row.progress),
        result=row.result and decode_json(row.result),
        problem=row.problem or "",
    )
