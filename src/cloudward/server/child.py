"""The work of a job in a process of its own: the server stays quick, and the work can be ended without it.

What is asked is a line of JSON on the child's standard input. On its standard output it says how it goes, a
line each: `progress`, and at the end `result` or `problem`. Its standard input stays open: when whoever asked
dies, the child sees its end and dies too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from cloudward.errors import CloudwardError, HeldError, StoreError
from cloudward.server.task import AgainError, FinalError, StoppedError, Task

GRACE = 10.0
"""Seconds that a child that was interrupted has to end by itself."""
NICE = 10
"""A child has what processors are left by those who wait for a page."""
BUSY = 30.0
"""Seconds until the next try when somebody else does this very work."""


class BrokenError(Exception):
    """The child could not do its work, and may the next time."""


def ask(task: Task, module: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the `main` of a module has to show, run in a child."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"from {module} import main; main()"],
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


def _answer(task: Task, process: subprocess.Popen[str], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The last word of the child; until then it tells how far it is."""
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
        raise BrokenError(f"its process ended with {code} and said nothing")
    if answer["busy"]:
        raise AgainError(answer["problem"], BUSY, counted=False)
    if answer["again"]:
        raise BrokenError(answer["problem"])
    raise FinalError(answer["problem"])


def _end(process: subprocess.Popen[str]) -> None:
    """Interrupt, and after a while kill."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    timer = threading.Timer(GRACE, process.kill)
    timer.daemon = True
    timer.start()


def answer(work: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """In the child: do what standard input asks for, and say what came of it."""
    # Who starts a server in the background may have it ignore interrupts; a child is ended by one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.nice(NICE)
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_watch, daemon=True).start()
    try:
        say({"result": work(asked)})
    except KeyboardInterrupt:
        sys.exit(130)
    except CloudwardError as error:
        problem = f"{error}; {error.hint}" if error.hint else str(error)
        again, busy = isinstance(error, StoreError), isinstance(error, HeldError)
        say({"problem": problem, "again": again, "busy": busy})
        sys.exit(1)
    except Exception as error:
        say({"problem": f"{type(error).__name__}: {error}", "again": True, "busy": False})
        raise


def say(word: Mapping[str, Any]) -> None:
    """One line; nobody listens when there is none to hear it."""
    try:
        print(json.dumps(word), flush=True)  # noqa: T201 the channel to who asked
    except BrokenPipeError:
        os._exit(1)


def _watch() -> None:
    """End at once when whoever asked is gone: what it holds is let go with it."""
    # Not over the buffer, whose lock this thread would hold when the process ends by itself.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)
