"""Once a day: what is not kept any more goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cloudward.server.task import Task
from cloudward.store import channels, jobs

SLOT = "short"
MAILS = timedelta(days=2)
"""Longer than any of their caps."""
JOBS = timedelta(days=30)
"""So long jobs that ended are kept."""


def run(task: Task) -> Mapping[str, Any]:
    """Remove snapshots and jobs that are old."""
    removed = task.store.maintain(task.clock())
    with task.store.database.write() as connection:
        forgotten = jobs.forget(connection, task.clock() - JOBS)
        channels.forget_mails(connection, task.clock() - MAILS)
    return {"snapshots": removed.snapshots, "bytes": removed.bytes, "jobs": forgotten}
