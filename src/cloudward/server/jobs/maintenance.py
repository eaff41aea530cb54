"""Once a day: what is not kept any more goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cloudward.server.task import Task
from cloudward.store import batches, channels, jobs, upkeep

SLOT = "short"
MAILS = timedelta(days=2)
"""Longer than any of their caps."""
BATCHES = timedelta(days=30)
"""So long a batch of events is known when it comes again."""


def run(task: Task) -> Mapping[str, Any]:
    """Remove snapshots and jobs that are old."""
    with task.store.database.read() as connection:
        kept = upkeep.retention(connection)
    removed = task.store.maintain(task.clock(), kept.snapshots)
    with task.store.database.write() as connection:
        forgotten = jobs.forget(connection, task.clock() - timedelta(days=kept.jobs))
        batches.forget(connection, task.clock() - BATCHES)
        channels.forget_mails(connection, task.clock() - MAILS)
    return {"snapshots": removed.snapshots, "bytes": removed.bytes, "jobs": forgotten}
