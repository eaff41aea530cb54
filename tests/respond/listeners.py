"""Servers on this machine that take what channels send, and remember it."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Heard:
    """What came in."""

    port: int = 0
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Path, headers and body of each call."""
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    """What the next calls get; then 200."""
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    """Sender, recipients and text of each mail."""
    refused: dict[str, str] = field(default_factory=dict)
    """Recipient -> what the server has against him."""
    records: list[bytes] = field(default_factory=list)


@contextmanager
def web() -> Iterator[Heard]:
    """A server for HTTP."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.calls.append((self.path, dict(self.headers), body))
            status, answer = heard.answers.pop(0) if heard.answers else (200, b"ok")
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler), heard):
        yield heard


@contextmanager
def mail() -> Iterator[Heard]:
    """A mail server (RFC 5321): it takes mails, or refuses some recipients."""
    heard = Heard()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            sender, recipients = "", list[str]()
            while line := self.rfile.readline().decode().strip():
                verb, _, rest = line.partition(" ")
                verb = verb.upper()
                address = rest.partition("<")[2].partition(">")[0]
                if verb == "MAIL":
                    sender, recipients = address, []
                if verb == "RCPT":
                    if address in heard.refused:
                        self.say(heard.refused[address])
                        continue
                    recipients.append(address)
                if verb == "DATA":
                    self.say("354 go on")
                    heard.mails.append((sender, recipients, self.text()))
                self.say("221 bye" if verb == "QUIT" else "250 well")
                if verb == "QUIT":
                    return

        def text(self) -> bytes:
            text = b""
            while (line := self.rfile.readline()) != b".\r\n":
                text += line.removeprefix(b".")
            return text

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with _running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler), heard):
        yield heard


@contextmanager
def log(protocol: str) -> Iterator[Heard]:
    """A log server: each datagram, or each counted record of a stream."""
    heard = Heard()

    class Stream(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while True:
                count = b""
                while (char := self.rfile.read(1)) not in (b" ", b""):
                    count += char
                if not count:
                    return
                heard.records.append(self.rfile.read(int(count)))

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            heard.records.append(self.request[0])

    server: Any = (
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Stream)
        if protocol == "tcp"
        else socketserver.ThreadingUDPServer(("127.0.0.1", 0), Datagram)
    )
    with _running(server, heard):
        yield heard


@contextmanager
def _running(server: Any, heard: Heard) -> Iterator[None]:
    heard.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def nobody() -> int:
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
