"""Serving: the whole server over a store, on a socket, until it is told to end."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import TextIO

import anyio.to_thread
import uvicorn
from fastapi import FastAPI

from cloudward.errors import UsageError
from cloudward.pack import Pack
from cloudward.server import assets
from cloudward.server.app import build
from cloudward.server.auth.guard import Guard, Options
from cloudward.server.auth.setup import install
from cloudward.server.content import Renewal
from cloudward.server.state import State
from cloudward.server.watch import Lines
from cloudward.store import Store

THREADS = 12
"""Calls that are worked on at once; each has a connection to the database, with a cache of its own."""
GRACE = 10
"""Seconds that calls have to end when the server does."""
KEEP = 75
"""Seconds that a connection without a call stays open: longer than proxies keep theirs to us, who would else
send a call into one that is closing."""


LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""By these names alone is a server called that is for this machine: a page of elsewhere whose name was made
to lead here is not served."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server listens, and what stands before it."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: Path | None = None
    key: Path | None = None
    proxies: Sequence[str] = ()
    """Addresses of proxies that end TLS; none: there is no proxy."""
    url: str = ""
    """What people type to come here; empty: where it listens."""
    links_anywhere: bool = False
    """The one-time link of the terminal may be opened from another machine."""
    addresses: Sequence[str] = ()
    """What is called although it is loopback or private: networks, addresses, names."""

    @property
    def options(self) -> Options:
        """What the guard needs to know of it."""
        secure = bool(self.certificate or self.proxies)
        alone = _loopback(self.host) and not self.proxies and not self.url
        hosts = LOOPBACK | {self.host} if alone else frozenset()
        return Options(self.url.rstrip("/"), secure, self.links_anywhere, hosts, tuple(self.addresses))

    def address(self, port: int) -> str:
        """What people type to come here, when it listens on this port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.url.rstrip("/") or f"{'https' if self.certificate else 'http'}://{host}:{port}"

    def friendly(self, port: int) -> str:
        """The same by a name where it has one: browsers keep passkeys for names, never for an address."""
        return self.address(port).replace("//127.0.0.1:", "//localhost:").replace("//[::1]:", "//localhost:")

    def check(self) -> None:
        """Refuse to say passwords aloud: an address of a network needs TLS here or a proxy that has it."""
        if bool(self.certificate) != bool(self.key):
            raise UsageError("--tls-certificate and --tls-key belong together")
        for file in filter(None, (self.certificate, self.key)):
            if not file.is_file():
                raise UsageError(f"there is no file {file}")
        if not (self.certificate or self.proxies or _loopback(self.host)):
            raise UsageError(
                f"{self.host} can be reached from elsewhere, and nothing here encrypts what goes there",
                "give --tls-certificate and --tls-key, or --behind-proxy where a proxy has TLS",
            )


def application(store: Store, pack: Pack, place: Place) -> FastAPI:
    """The API and the portal over a store."""
    guard = Guard(store, place.options)
    app = build(State(store, pack, guard.authenticate))
    install(app, guard)
    app.router.lifespan_context = _lifespan
    assets.install(app, assets.Portal.load())
    return app


def serve(
    app: FastAPI,
    place: Place,
    listening: Callable[[str, str], None],
    meanwhile: Iterable[AbstractContextManager[object]] = (),
    log: TextIO = sys.stderr,
) -> None:
    """Answer calls until SIGINT or SIGTERM.

    `listening` is told the address once calls are taken, and the one for people's browsers. `meanwhile` is
    held as long as calls are answered: threads that work begin when the app is ready, the log has its form,
    and people have read where to go.
    """
    place.check()
    handler = logging.StreamHandler(log)
    handler.setFormatter(Lines())
    for name in ("cloudward", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO if name == "cloudward" else logging.WARNING)
    config = uvicorn.Config(
        app,
        host=place.host,
        port=place.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(place.proxies),
        forwarded_allow_ips=list(place.proxies),
        ssl_certfile=place.certificate,
        ssl_keyfile=place.key,
        timeout_keep_alive=KEEP,
        timeout_graceful_shutdown=GRACE,
    )
    with _bound(place) as bound, ExitStack() as stack:
        port = bound.getsockname()[1]
        listening(place.address(port), place.friendly(port))
        for each in meanwhile:
            stack.enter_context(each)
        _Server(config).run(sockets=[bound])


class _Server(uvicorn.Server):
    """To be told to end is how a server ends: what holds it goes on and closes what it opened."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (SIGINT, SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _bound(place: Place) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((place.host, place.port))
    except OSError as error:
        bound.close()
        text = f"cannot listen on {place.host} port {place.port}: {error.strerror}"
        raise UsageError(text, "give another --port; 0 takes a free one") from error
    bound.listen(2048)
    return bound


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    renewal = Renewal(app.state.served.content)
    renewal.start()
    yield
    renewal.stop()
    app.state.guard.close()
