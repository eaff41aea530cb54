"""Making a file of what somebody may see: in a process of its own, anew where it was interrupted.

The payload has the `address` of the direct export, and the `user` who asked for it, perhaps by a `token`.
What he may see is asked when the job runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudward.server.child import ask
from cloudward.server.task import Task

SLOT = "file"


def run(task: Task) -> Mapping[str, Any]:
    """Make the file, and give its name, size and hash."""
    asked = {
        **task.job.payload,
        "folder": str(task.store.folder),
        "url": task.store.database.url,
        "content": [str(folder) for folder in task.content],
        "job": task.job.id,
        "attempt": task.job.attempts,
    }
    return ask(task, "cloudward.server.exporting", asked)
