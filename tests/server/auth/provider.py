"""A real identity provider on this machine, as a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2 as httpx

PEOPLE = [
    {
        "sub": "s-ann",
        "email": "ann@acme.example",
        "preferred_username": "ann",
        "groups": ["sec", "dev"],
        "acr": "phr",
        "amr": ["hwk", "user"],
    },
    {"sub": "s-admin", "email": "admin@acme.example", "preferred_username": "admin", "groups": ["sec"]},
    {"sub": "s-eve", "email": "ann@acme.example", "preferred_username": "eve", "groups": ["guests"]},
]


@contextmanager
def provider() -> Iterator[str]:
    """Its issuer. It knows `PEOPLE`, and asks for no password."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    for each in PEOPLE:
        words += ["--user-claims", json.dumps(each)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                httpx.get(f"{url}/.well-known/openid-configuration", timeout=5)
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield httpx.get(f"{url}/.well-known/openid-configuration").json()["issuer"]
        process.terminate()
