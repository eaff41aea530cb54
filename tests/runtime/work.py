"""What children are asked to do in tests: some of it is what hostile input would try."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import Any


def double(value: Any) -> Any:
    return [value, value]


def fail() -> None:
    raise ValueError("a secret")


def read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")[:20]
    except OSError as error:
        return f"refused: {error.errno}"


def write(path: str) -> str:
    try:
        Path(path).write_text("x" * 100)
    except OSError as error:
        return f"refused: {error.errno}"
    return "written"


def connect(port: int) -> str:
    try:
        with socket.create_connection(("127.0.0.1", port), 2):
            return "connected"
    except OSError as error:
        return f"refused: {error.errno}"


def run() -> str:
    try:
        return str(os.spawnv(os.P_WAIT, "/bin/sh", ["sh", "-c", "echo x > /tmp/cloudward-child-was-here"]))
    except OSError as error:
        return f"refused: {error.errno}"


def environment() -> dict[str, str]:
    return dict(os.environ)


def spin() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(1000)


def grow() -> int:
    return len(bytearray(100 << 30))


def die() -> None:
    os.abort()


def leave() -> None:
    sys.exit(3)


def loud() -> list[bytes]:
    sys.stderr.write("on standard error")
    return [b"x" * (3 << 20)]
