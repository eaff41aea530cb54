"""Runs of one store take turns where they change what they have in memory and others have too.

What is usual and what correlations know is read once and written back as it became. Two runs at a time would
overwrite each other; so each works for a turn, keeps what it changed before it ends, and reads it anew when
another one had a turn in between.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import IO

import msgspec

from cloudward.errors import HeldError
from cloudward.store.encoding import decode_json, encode_json
from cloudward.store.files import Files

FILE = "turn.lock"
PATIENCE = 120.0
"""Seconds that a run waits for the turn of another one; a turn is some seconds as a rule."""
POLL = 0.01
"""Seconds between two looks whether it ended."""


class Turns:
    """The turns of a process; make it before what it guards is read. `what` tells people whose they are."""

    def __init__(self, folder: Path, files: Files, what: str = "", patience: float = PATIENCE) -> None:
        self._path, self._files, self._patience = folder / FILE, files, patience
        owner = {
            "what": what or Path(sys.argv[0]).name,
            "process": os.getpid(),
            "machine": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self._own = encode_json({"turn": token_hex(8), **owner})
        self._last = self._before()

    @contextmanager
    def taken(self) -> Iterator[bool]:
        """A turn; whether another process had one since. A `HeldError` says whose it is when it does not
        end."""
        with self._wait() as lock:
            changed = self._last != lock.read()
            lock.seek(0)
            lock.truncate()
            lock.write(self._own)
            lock.flush()
            self._last = self._own
            yield changed

    def rest(self) -> None:
        """Between two turns with nothing in between: who waits has the next one."""
        time.sleep(2 * POLL)

    def _wait(self) -> IO[bytes]:
        end = time.monotonic() + self._patience
        while (lock := self._files.lock(self._path)) is None:
            if time.monotonic() > end:
                raise HeldError(f"{self._owner()} works on what was learnt", "wait until it has ended")
            time.sleep(POLL)
        return lock

    def _before(self) -> bytes:
        if not self._files.exists(self._path):
            return b""
        with self._files.open(self._path) as file:
            return file.read()

    def _owner(self) -> str:
        """Whose turn it is."""
        try:
            found = decode_json(self._before())
            return (
                f"{found['what']} (process {found['process']} on {found['machine']}, since {found['since']})"
            )
        except (msgspec.DecodeError, KeyError, TypeError):
            return "another process"
