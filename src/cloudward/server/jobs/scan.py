"""A scan, in a process of its own: the server stays quick, and the scan can be ended without ending it.

The payload names a `connector`, or has the `options` of `assess.asked`. A scan that was interrupted goes on
where it stopped.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from cloudward.assess.asked import Options
from cloudward.server.task import AgainError, FinalError, StoppedError, Task

SLOT = "long"
GRACE = 10.0
"""Seconds that an interrupted scan has to end by itself."""
PROGRAM = "from cloudward.server.scanning import main; main()"
BUSY = 30.0
"""Seconds until the next try when somebody else runs this very scan."""


def run(task: Task) -> Mapping[str, Any] | None:
    """Scan, and give what was found in numbers."""
    asked = {
        "folder": str(task.store.folder),
        "url": task.store.database.url,
        "options": asdict(options(task)),
        "since": task.job.created_at.timestamp(),
        "job": task.job.id,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        task.on_stop(lambda: _end(process))
        answer = _answer(task, process, asked)
    if task.why is not None and "result" not in answer:
        raise StoppedError
    return _outcome(answer, process.returncode)


def options(task: Task) -> Options:
    """What is scanned: as the payload says, with the server's own content."""
    payload = task.job.payload
    if "options" in payload:
        return Options.kept(payload["options"])
    connector = task.store.connector(payload["connector"])
    folders = [str(folder) for folder in task.content]
    return Options(target=connector.provider.value, connector=connector.name, content=folders)


def _answer(task: Task, process: subprocess.Popen[str], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The last word of the child; until then it tells how far it is. What it is asked goes in over its
    standard input, which stays open: when this process dies, the child sees its end and dies too."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
    last: dict[str, Any] = {}
    for line in process.stdout:
        said = json.loads(line)
        if "progress" in said:
            task.progress = said["progress"]
        else:
            last = said
    with suppress(BrokenPipeError):
        process.stdin.close()
    process.wait()
    return last


def _outcome(answer: Mapping[str, Any], code: int) -> Mapping[str, Any]:
    if "result" in answer:
        result: Mapping[str, Any] = answer["result"]
        return result
    if not answer:
        raise BrokenError(f"the scan's process ended with {code} and said nothing")
    if answer["busy"]:
        raise AgainError(answer["problem"], BUSY, counted=False)
    if answer["again"]:
        raise BrokenError(answer["problem"])
    raise FinalError(answer["problem"])


class BrokenError(Exception):
    """The child could not do its work, and may the next time."""


def _end(process: subprocess.Popen[str]) -> None:
    """Interrupt, and after a while kill."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    timer = threading.Timer(GRACE, process.kill)
    timer.daemon = True
    timer.start()
