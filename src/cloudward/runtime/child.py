"""What runs in the child of `isolated`: first the limits, then the work."""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
from typing import Any

from cloudward.runtime.confine import confine

ERROR = 0xFFFFFFFF
"""In place of a frame's length: what follows is the error that ended the child."""


def main(bounds: str, kind: str, name: str, arguments: list[str]) -> None:
    """Run a module, or call a function whose arguments come on standard input."""
    cpu, memory, readable = json.loads(bounds)
    sys.argv = [name, *arguments]
    confine(cpu, memory, [*readable, *(text for text in arguments if os.path.exists(text))])  # noqa: PTH110
    try:
        if kind == "call":
            _call(name)
        else:
            runpy.run_module(name, run_name="__main__", alter_sys=True)
    except MemoryError:
        _report("it needs too much memory")
    except Exception as error:  # noqa: BLE001 - the parent says it in one line
        _report(f"the child process broke on it ({type(error).__name__})")


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
