"""Servers on this machine that take what channels send, and remember it."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    signed: list[str] = field(default_factory=list)
    """What came with each AUTH."""
    records: list[bytes] = field(default_factory=list)


@contextmanager
def web(tls: ssl.SSLContext | None = None) -> Iterator[Heard]:
    """A server for HTTP, or for HTTPS."""
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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with _running(server, heard):
        yield heard


@contextmanager
def mail(tls: ssl.SSLContext | None = None, at_once: bool = False) -> Iterator[Heard]:
    """A mail server (RFC 5321): it takes mails, or refuses some recipients.

    With `tls` it speaks TLS after STARTTLS (RFC 3207), or from the first byte, and lets people sign in there.
    """
    heard = Heard()
    handler = type("Handler", (_Mail,), {"heard": heard, "tls": tls, "at_once": at_once})
    with _running(_Streams(("127.0.0.1", 0), handler), heard):
        yield heard


class _Mail(socketserver.StreamRequestHandler):
    """A conversation with a mail server."""

    heard: Heard
    tls: ssl.SSLContext | None
    at_once: bool

    def handle(self) -> None:
        if self.at_once:
            self.secure()
        self.say("220 here")
        self.sender, self.recipients = "", list[str]()
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            self.say(self.answer(verb.upper(), rest))
            if verb.upper() == "STARTTLS":
                self.secure()
            if verb.upper() == "QUIT":
                return

    def answer(self, verb: str, rest: str) -> str:
        address = rest.partition("<")[2].partition(">")[0]
        if verb == "EHLO":
            inside = isinstance(self.connection, ssl.SSLSocket)
            return f"250-here\r\n250 {'AUTH PLAIN' if inside else 'STARTTLS' if self.tls else 'HELP'}"
        if verb == "AUTH":
            self.heard.signed.append(rest)
            return "235 well"
        if verb == "MAIL":
            self.sender, self.recipients = address, []
        if verb == "RCPT":
            if address in self.heard.refused:
                return self.heard.refused[address]
            self.recipients.append(address)
        if verb == "DATA":
            self.say("354 go on")
            self.heard.mails.append((self.sender, self.recipients, self.text()))
        return {"QUIT": "221 bye", "STARTTLS": "220 go on"}.get(verb, "250 well")

    def secure(self) -> None:
        assert self.tls is not None
        self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def text(self) -> bytes:
        text = b""
        while (line := self.rfile.readline()) != b".\r\n":
            text += line.removeprefix(b".")
        return text

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Streams(socketserver.ThreadingTCPServer):
    """Who breaks off is no fault of the server."""

    def handle_error(self, *_: object) -> None: ...


@contextmanager
def proxy(to: int) -> Iterator[Heard]:
    """A proxy (CONNECT of RFC 9110): it leads every call to one port of this machine, and notes where to."""
    heard = Heard()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b"".join(iter(self.rfile.readline, b"\r\n"))
            heard.records.append(head.split()[1])
            with socket.create_connection(("127.0.0.1", to)) as other:
                self.wfile.write(b"HTTP/1.1 200 go on\r\n\r\n")
                back = threading.Thread(target=_copied, args=(other, self.connection))
                back.start()
                _copied(self.connection, other)
                back.join()

    with _running(_Streams(("127.0.0.1", 0), Handler), heard):
        yield heard


def _copied(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def log(protocol: str, tls: ssl.SSLContext | None = None) -> Iterator[Heard]:
    """A log server: each datagram, or each counted record of a stream, which may be of TLS."""
    heard = Heard()

    class Stream(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if tls:
                self.connection = tls.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
            while True:
                count = b""
                while (char := self.rfile.read(1)) not in (b" ", b""):
                    count += char
                if not count:
                    return
                heard.records.append(self.rfile.read(int(count)))

        def finish(self) -> None:
            super().finish()
            self.connection.close()

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            heard.records.append(self.request[0])

    server: Any = (
        _Streams(("127.0.0.1", 0), Stream)
        if protocol != "udp"
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
