"""An endpoint in front of one that plays AWS: it counts, and it breaks when it is told to."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from moto.server import ThreadedMotoServer

EXPIRED = (
    b"<Response><Errors><Error><Code>ExpiredToken</Code><Message>The security token is expired</Message>"
    b"</Error></Errors><Error><Code>ExpiredToken</Code><Message>The security token is expired</Message>"
    b"</Error><RequestID>1</RequestID></Response>"
)


@dataclass
class Front:
    """`broken` says of the number of a request and its service whether it is refused."""

    url: str = ""
    broken: Callable[[int, str], bool] = lambda _number, _service: False
    answer: bytes = EXPIRED
    asked: list[str] = field(default_factory=list)
    hangs: threading.Event | None = None
    """Where it is set, requests that are broken wait for it and get nothing."""


@contextmanager
def front() -> Iterator[Front]:
    """moto as a server, and what stands in front of it."""
    moto = ThreadedMotoServer(port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    door = Front()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(door, f"http://{host}:{port}"))
    door.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield door
    finally:
        server.shutdown()
        server.server_close()
        reset = urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST")
        urllib.request.urlopen(reset, timeout=10).close()  # its accounts are those of the whole process
        moto.stop()


def _handler(door: Front, behind: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            service = self.headers.get("Authorization", "////").split("/")[3]
            door.asked.append(service)
            if not door.broken(len(door.asked), service):
                self._answer(*self._ask(body))
            elif door.hangs is None:
                self._answer(403, "text/xml", door.answer)
            else:
                door.hangs.wait(60)
                self.close_connection = True

        do_POST = do_PUT = do_HEAD = do_GET

        def _ask(self, body: bytes | None) -> tuple[int, str, bytes]:
            kept = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            request = urllib.request.Request(behind + self.path, body, kept, method=self.command)
            try:
                with urllib.request.urlopen(request, timeout=30) as reply:
                    return reply.status, reply.headers.get("Content-Type", ""), reply.read()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.headers.get("Content-Type", ""), error.read()

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
