"""A scan, in a process of its own: the server stays quick, and the scan can be ended without ending it.

The payload names a `connector`, or has the `options` of `assess.asked`. A scan that was interrupted goes on
where it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cloudward.assess.asked import Options
from cloudward.server.child import ask
from cloudward.server.task import Task

SLOT = "long"


def run(task: Task) -> Mapping[str, Any] | None:
    """Scan, and give what was found in numbers."""
    asked = {
        "folder": str(task.store.folder),
        "url": task.store.database.url,
        "options": asdict(options(task)),
        "since": task.job.created_at.timestamp(),
        "job": task.job.id,
    }
    return ask(task, "cloudward.server.scanning", asked)


def options(task: Task) -> Options:
    """What is scanned: as the payload says, with the server's own content."""
    payload = task.job.payload
    if "options" in payload:
        return Options.kept(payload["options"])
    connector = task.store.connector(payload["connector"])
    folders = [str(folder) for folder in task.content]
    return Options(target=connector.provider.value, connector=connector.name, content=folders)
