"""Once a day: what is not kept any more goes, and events lie in few files."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cloudward.server.task import Task
from cloudward.store import batches, channels, compaction, expiry, jobs, upkeep
from cloudward.store.exports import Exports
from cloudward.store.jobs import ENDED, Job, State

LOG = logging.getLogger("cloudward.events")
SLOT = "short"
MIB = 1 << 20
MAILS = timedelta(days=2)
"""Longer than any of their caps."""
BATCHES = timedelta(days=30)
"""So long a batch of events is known when it comes again."""


def run(task: Task) -> Mapping[str, Any]:
    """Remove snapshots, jobs, files of exports and events that are old, and merge files of events."""
    with task.store.database.read() as connection:
        kept = upkeep.retention(connection)
    removed = task.store.maintain(task.clock(), kept.snapshots)
    with task.store.database.write() as connection:
        forgotten = jobs.forget(connection, task.clock() - timedelta(days=kept.jobs))
        batches.forget(connection, task.clock() - BATCHES)
        channels.forget_mails(connection, task.clock() - MAILS)
        made = jobs.every(connection, kinds=["export"])
    since = task.clock() - timedelta(days=kept.exports)
    files = {each.id for each in made if _kept(each, since)}
    gone = Exports(task.store.folder, task.store.files).sweep(files)
    expired = expiry.expire(task.store, task.clock(), kept.events)
    if expired.files:
        LOG.info("%d files of events were old: %.1f MiB less", expired.files, expired.bytes / MIB)
    merged = compaction.compact(task.store.folder, task.store.files, task.clock(), task.check)
    if merged:
        LOG.info(
            "%d files of events became %d, %.1f MiB became %.1f",
            merged.files,
            merged.files_after,
            merged.bytes / MIB,
            merged.bytes_after / MIB,
        )
    return {
        "snapshots": removed.snapshots,
        "bytes": removed.bytes,
        "jobs": forgotten,
        "files": gone,
        "event_files": merged.files - merged.files_after,
        "events_expired": expired.files,
    }


def _kept(export: Job, since: datetime) -> bool:
    """Whether the file of an export, or what is there of it, stays."""
    if export.state not in ENDED:
        return True
    return export.state is State.DONE and export.ended is not None and export.ended > since
