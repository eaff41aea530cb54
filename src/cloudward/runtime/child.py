"""What runs in the child of `isolated`: first the limits, then the work."""

from __future__ import annotations

import ctypes
import importlib
import os
import resource
import runpy
import sys
from contextlib import suppress
from typing import Any

from cloudward.runtime.isolated import ERROR

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SIGKILL = 9


def main(arguments: list[str]) -> None:
    """`CPU MEMORY module NAME ARGUMENTS...` or `CPU MEMORY call MODULE:FUNCTION`."""
    cpu, memory, kind, name, *rest = arguments
    confine(int(cpu), int(memory))
    try:
        if kind == "call":
            _call(name)
        else:
            sys.argv = [name, *rest]
            runpy.run_module(name, run_name="__main__", alter_sys=True)
    except MemoryError:
        _report("it needs too much memory to read")
    except Exception as error:  # noqa: BLE001 - the parent says it in one line
        _report(f"the parser broke on it ({type(error).__name__})")


def confine(cpu: int, memory: int) -> None:
    """Limits that this process cannot lift again; what the platform does not offer is left out."""
    process = ctypes.CDLL(None, use_errno=True)
    process.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    process.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    process.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    for kind, limit in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


def _call(name: str) -> None:
    import msgspec

    module, _, function = name.partition(":")
    target: Any = importlib.import_module(module)
    for part in function.split("."):
        target = getattr(target, part)
    result = msgspec.msgpack.encode(target(*msgspec.msgpack.decode(sys.stdin.buffer.read())))
    out = sys.stdout.buffer
    out.write(len(result).to_bytes(4, "big") + result + bytes(4))
    out.flush()


def _report(message: str) -> None:
    text = message.encode()
    sys.stdout.buffer.flush()
    os.write(1, ERROR.to_bytes(4, "big") + len(text).to_bytes(4, "big") + text)
