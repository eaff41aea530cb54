"""Work on hostile input in a child: bounded processor time, memory and patience, no network, no writing.

What comes back is frames or plain data in msgpack, never pickle: a child that was taken over can only
lie about what it read.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from cloudward.errors import InputError
from cloudward.runtime.child import ERROR

R = TypeVar("R")

BOOT = (
    "import sys, json; paths, bounds, kind, name, *rest = sys.argv[1:]; sys.path[:] = json.loads(paths); "
    "from cloudward.runtime.child import main; main(bounds, kind, name, rest)"
)
FRAME = 256 << 20
"""No frame is larger."""
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds of processor time, bytes of address space, seconds that the child may let us wait in all."""

    cpu: int = 60
    memory: int = 4 << 30
    wait: float = 120

    @classmethod
    def of(cls, size: int) -> Limits:
        """For input of so many bytes: a minute, and a second for each MiB."""
        return cls(60 + size // MIB, 4 << 30, 120 + size / MIB)


def frames(
    module: str,
    *arguments: str,
    size: int = 0,
    limits: Limits | None = None,
    data: bytes = b"",
    readable: Sequence[str] = (),
) -> Generator[bytearray, None, None]:
    """Run a module of ours and give the frames that it writes to standard output.

    A frame is four bytes of length, most significant first, and that many bytes; length 0 ends. A child
    that ends otherwise, or is stopped at a limit, is an `InputError` in one line. It may read the files
    that its arguments and `readable` name; `data` is its standard input.
    """
    yield from _Child("module", module, arguments, limits or Limits.of(size), data, readable).frames()


def call(function: Callable[..., R], *arguments: Any, limits: Limits | None = None) -> R:
    """What a function of ours gives in a child. Arguments and result are plain data."""
    name = f"{function.__module__}:{function.__qualname__}"
    child = _Child("call", name, (), limits or Limits(), msgspec.msgpack.encode(arguments), ())
    result: R = msgspec.msgpack.decode(b"".join(child.frames()))
    return result


class _Child:
    def __init__(
        self,
        kind: str,
        name: str,
        arguments: Sequence[str],
        limits: Limits,
        data: bytes,
        readable: Sequence[str],
    ) -> None:
        self._limits, self._waited = limits, 0.0
        bounds = json.dumps([limits.cpu, limits.memory, list(readable)])
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", BOOT, json.dumps(sys.path), bounds, kind, name, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        with suppress(BrokenPipeError):
            self._process.stdin.write(data)
        with suppress(BrokenPipeError):
            self._process.stdin.close()

    def frames(self) -> Generator[bytearray, None, None]:
        try:
            while length := int.from_bytes(self._read(4), "big"):
                if length == ERROR:
                    raise InputError(
                        self._read(int.from_bytes(self._read(4), "big")).decode("utf-8", "replace")
                    )
                yield self._read(length)
        finally:
            self._end()

    def _read(self, length: int) -> bytearray:
        if length > FRAME:
            raise InputError("the child process gave something that is no answer")
        data = bytearray(length)
        rest = memoryview(data)
        while rest:
            count = self._piece(rest)
            if not count:
                raise InputError(self._reason())
            rest = rest[count:]
        return data

    def _piece(self, into: memoryview) -> int:
        """How many bytes there were; 0 at the end."""
        start = time.monotonic()
        ready, _, _ = select.select([self._output], [], [], max(0.0, self._limits.wait - self._waited))
        self._waited += time.monotonic() - start
        if not ready:
            raise InputError(f"it takes more than {self._limits.wait:.0f} seconds")
        return os.readv(self._output, [into])

    def _reason(self) -> str:
        """Why the child is gone."""
        code = self._process.wait()
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return f"it takes more than {self._limits.cpu} seconds of processor time"
        if code < 0:
            return f"the child process broke on it ({signal.Signals(-code).name})"
        return "the child process ended before it was done"

    def _end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
